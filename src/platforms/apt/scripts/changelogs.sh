# Fetches the archives of available updates into a temporary folder and prints their changelogs. Changes nothing on the
# machine; works as a plain user.
#
# With outside.sh in front. Set by the caller: NONCE, ROOT (as for probe.sh), WANTED: a source a line,
# SOURCE VERSION NAME:ARCH=VERSION…, the packages in the order in which they are to be tried.
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 022

section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

T=$(mktemp -d "${TMPDIR:-/tmp}/kintsugi-changelogs.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The newest 256 KiB reach back for years. A package without one of its own (its folder is a link to another's) has none here.
changelog_of() {
  for path in "changelog.Debian.gz" "changelog.gz" "changelog.Debian" "changelog"; do
    dpkg-deb --fsys-tarfile "$1" | tar -xOf - "./usr/share/doc/$2/$path" >"$T/changelog" 2>/dev/null
    [ -s "$T/changelog" ] || continue
    case $path in *.gz) gzip -dc <"$T/changelog" 2>/dev/null ;; *) cat "$T/changelog" ;; esac | head -c 262144
    return 0
  done
  return 1
}

one_source() {
  source=$1 version=$2
  shift 2
  for package in "$@"; do
    rm -f "$T"/*.deb
    (cd "$T" && apt-get -qq $CACHE -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Acquire::Retries=1 download "$package" >/dev/null 2>"$T/err") || continue
    name=${package%%:*}
    for deb in "$T"/*.deb; do
      changelog_of "$deb" "$name" >"$T/text" || continue
      section "changelog $source $version"; cat "$T/text"; ended 0
      return 0
    done
  done
  section "none $source $version"; head -c 500 "$T/err"; ended 1
}

changelogs() {
  CACHE="-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=$T/pkgcache.bin -o Acquire::Languages=none"
  offline_setup
  printf '%s\n' "$WANTED" >"$T/wanted"
  while read -r line; do
    # shellcheck disable=SC2086 # names and versions without white space, as the caller checked
    [ -z "$line" ] || one_source $line
  done <"$T/wanted"
  section done; ended 0
}
changelogs </dev/null
exit 0
