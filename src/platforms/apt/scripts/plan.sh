# Asks apt what installing a list of exact versions would do, and changes nothing. Works as a plain user.
#
# With outside.sh and cache.sh in front. Set by the caller: NONCE, ROOT (as for probe.sh), OPTIONS (of the install verb, the same
# words as the install itself uses), WANTED (NAME:ARCH=VERSION, one a line), EACH (1: ask for every wanted package alone,
# to find the one that makes the whole impossible).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 077

T=$(mktemp -d "${TMPDIR:-/tmp}/kintsugi-plan.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

simulate() {
  # One question must be one: xargs would make two of a long list, and fails instead with -x.
  # shellcheck disable=SC2086 # OPTIONS and CACHE are words of our own
  xargs -r -x -s 1000000 apt-get $CACHE -q -s $OPTIONS install 2>"$T/err" >"$T/out"
  code=$?
  section "$1"; grep -E '^(Inst|Remv|Purg) ' "$T/out"; ended $code
  section "$1-errors"; head -c 4000 "$T/err"; tail -n 20 "$T/out" | grep -vE '^(Inst|Remv|Purg|Conf) ' | head -c 4000; ended 0
}
section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

plan() {
  cache_setup
  offline_setup
  printf '%s\n' "$WANTED" >"$T/wanted"
  simulate all <"$T/wanted"
  if [ "$EACH" = 1 ]; then
    while read -r one; do
      [ -n "$one" ] || continue
      printf '%s\n' "$one" | simulate "one $one"
    done <"$T/wanted"
  fi
  # File systems by the paths that they have inside the root; one that begins above it holds all of it.
  section space
  df -Pk "$ROOT/" "$ROOT/usr" "$ROOT/var" "$ROOT/var/cache" "$ROOT/boot" 2>/dev/null |
    awk -v root="$ROOT" 'NR > 1 {
      mount = root == "" ? $6 : index($6 "/", root "/") == 1 ? substr($6, length(root) + 1) : ""
      print (mount == "" ? "/" : mount) "\t" $4 }' | sort -u
  ended 0
  section done; ended 0
}
plan </dev/null
exit 0
