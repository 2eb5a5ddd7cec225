# Looks at a machine with dpkg and apt and prints what it finds, in sections. Reads only: its one write is apt's own
# package cache in a temporary folder that goes away again. Works as a plain user, in dash, with nothing but dpkg, apt
# and the essential packages.
#
# Set by the caller: NONCE (marks the sections, so that no text of the machine can pass for a marker), ROOT (a root
# filesystem to look at from outside, or empty), VERB (apt-get's upgrade verb with its options, one for scan, dry run
# and install), FULL (1: the verb may remove packages).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 077

section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

facts() {
  printf 'probe=1\nuid=%s\nnow=%s\nhostname=%s\n' "$(id -u)" "$(date +%s)" "$(uname -n)"
  printf 'kernel=%s\nmachine=%s\n' "$(uname -r)" "$(uname -m)"
  printf 'kernel_build=%s\n' "$(head -c 512 /proc/version 2>/dev/null | tr -d '\n')"
  printf 'boot_id=%s\n' "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
  printf 'boot_time=%s\n' "$(sed -n 's/^btime //p' /proc/stat 2>/dev/null)"
  container=
  [ -e /run/systemd/container ] && container=$(head -c 64 /run/systemd/container | tr -d '\n')
  [ -e /.dockerenv ] && container=docker
  [ -e /run/.containerenv ] && container=podman
  printf 'container=%s\n' "$container"
  printf 'journal_entries=%s\n' "$(ls "$ROOT/var/lib/dpkg/updates" 2>/dev/null | grep -c '^[0-9]')"
  if [ -e "$ROOT/run/reboot-required" ] || [ -e "$ROOT/var/run/reboot-required" ]; then echo reboot_required=1; fi
  if grep -q 'libc[.-].*(deleted)' /proc/1/maps 2>/dev/null; then echo libc_deleted=1; fi
  for f in "$ROOT"/var/lib/dpkg/info/libc6.list "$ROOT"/var/lib/dpkg/info/libc6:*.list; do
    [ -e "$f" ] && printf 'libc_installed=%s\n' "$(stat -c %Y "$f")"
  done
  for f in /sys/kernel/livepatch/*/enabled; do
    [ -e "$f" ] && [ "$(cat "$f")" = 1 ] && printf 'livepatch=%s\n' "$(basename "$(dirname "$f")")"
  done
  if [ -e "$ROOT/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer" ] &&
    grep -qs '^ *APT::Periodic::Unattended-Upgrade *"[1-9a]' "$ROOT"/etc/apt/apt.conf.d/*; then
    echo other_patcher=unattended-upgrades
  fi
}

# The moments that tell the age of the package lists. `partial` changes with every apt-get update, failed ones too;
# the stamp only with a successful one, where the machine has the hook that writes it.
lists_age() {
  for f in lists/partial periodic/update-success-stamp; do
    [ -e "$ROOT/var/lib/apt/$f" ] && printf '%s\t%s\n' "$f" "$(stat -c %Y "$ROOT/var/lib/apt/$f")"
  done
  [ -e "$ROOT/var/lib/kintsugi/refreshed" ] && printf 'kintsugi\t%s\n' "$(stat -c %Y "$ROOT/var/lib/kintsugi/refreshed")"
  for f in "$ROOT"/var/lib/apt/lists/*Release; do
    [ -f "$f" ] || continue
    printf 'release\t%s\t%s\n' "${f##*/}" "$(sed -n '/^SHA256:/q;/^MD5Sum:/q;s/^Date: *//p' "$f" | head -n 1)"
    until=$(sed -n '/^SHA256:/q;/^MD5Sum:/q;s/^Valid-Until: *//p' "$f" | head -n 1)
    [ -z "$until" ] || printf 'valid-until\t%s\t%s\n' "${f##*/}" "$until"
  done
}

# /proc/locks knows who holds a lock without our having to try for it.
locks() {
  for f in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock; do
    inode=$(stat -c %i "$ROOT$f" 2>/dev/null) || continue
    pid=$(awk -v i=":$inode" '$2 != "->" && index($6, i) == length($6) - length(i) + 1 { print $5; exit }' /proc/locks 2>/dev/null)
    [ -n "$pid" ] && printf '%s\t%s\t%s\n' "$f" "$pid" "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | head -c 200)"
  done
}

# Where the machine already has a package cache, a copy of it saves building one; apt checks that it is current.
apt_cache_setup() {
  CACHE="-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache="
  T=$(mktemp -d "${TMPDIR:-/tmp}/kintsugi-probe.XXXXXX" 2>/dev/null) || T=
  [ -n "$T" ] || return 0
  trap 'rm -rf "$T"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  free=$(df -Pk "$T" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -gt 300000 ] || return 0
  CACHE="-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=$T/pkgcache.bin"
  if [ -r "$ROOT/var/cache/apt/pkgcache.bin" ]; then
    cp "$ROOT/var/cache/apt/pkgcache.bin" "$T/pkgcache.bin" 2>/dev/null || rm -f "$T/pkgcache.bin"
  else
    # Translations say nothing about versions and take a third of the time to read.
    CACHE="$CACHE -o Acquire::Languages=none"
  fi
}

# A root filesystem looked at from outside: its configuration files are not read, for they can name programs to run.
offline_setup() {
  [ -n "$ROOT" ] || return 0
  arch=$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f '${Architecture}' dpkg 2>/dev/null)
  case $arch in '' | *[!a-z0-9-]*) arch=$(dpkg --print-architecture) ;; esac
  {
    printf 'Dir "%s/";\nDir::State::status "%s/var/lib/dpkg/status";\n' "$ROOT" "$ROOT"
    printf 'Dir::Etc::main "/dev/null";\nDir::Etc::parts "/dev/null";\nAPT::Architecture "%s";\n' "$arch"
    printf 'APT::Architectures { "%s"; };\n' "$arch"
    sed -n 's/^\([a-z0-9-]*\)$/APT::Architectures:: "\1";/p' "$ROOT/var/lib/dpkg/arch" 2>/dev/null | grep -v "\"$arch\""
  } >"$T/apt.conf"
  export APT_CONFIG="$T/apt.conf"
}

packages() {
  dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f \
    '${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\t${Priority}\t${Section}\t${Installed-Size}\n'
}

# Names with an update or that an update pulls in: the only ones whose index entries are worth reading.
changing() {
  native=$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f '${Architecture}' dpkg 2>/dev/null)
  awk '/^[^ ]/ { name = $0; sub(/:$/, "", name) }
    /^  Installed: / { installed = $2 }
    /^  Candidate: / && $2 != installed && $2 != "(none)" && installed != "(none)" { print name }' "$T/policy"
  awk -v native="$native" '{
    n = split($2, part, "_"); sub(/\.deb$/, "", part[3])
    if (n == 3) print part[3] == "all" || part[3] == native ? part[1] : part[1] ":" part[3]
  }' "$T/upgrade"
}

kintsugi_record() {
  cat "$ROOT/var/lib/kintsugi/installed" 2>/dev/null | tail -n 5000
}

# Runs of ours that have no end: their machine died, or somebody killed them.
kintsugi_runs() {
  for d in "$ROOT"/var/lib/kintsugi/runs/*/; do
    [ -f "$d/journal" ] && [ ! -f "$d/result" ] || continue
    pid=$(cat "$d/pid" 2>/dev/null)
    alive=0
    case $pid in '' | *[!0-9]*) ;; *) grep -qs kintsugi "/proc/$pid/cmdline" && alive=1 ;; esac
    printf '%s\t%s\t%s\n' "$(basename "$d")" "$alive" "$(tail -n 1 "$d/journal")"
  done
}

probe() {
  section facts; facts; ended $?
  section os-release; head -c 8192 "$ROOT/etc/os-release" 2>/dev/null || head -c 8192 "$ROOT/usr/lib/os-release" 2>/dev/null; ended $?
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1 || [ ! -f "$ROOT/var/lib/dpkg/status" ]; then
    section no-apt; ended 127
    return
  fi
  apt_cache_setup
  if [ -z "$T" ]; then section no-temporary-folder; ended 1; return; fi
  offline_setup
  section packages; packages 2>"$T/err"; code=$?; ended $code
  section packages-errors; head -c 4000 "$T/err"; ended 0
  section locks; locks; ended 0
  section lists; lists_age; ended 0
  section reboot-packages; sort -u "$ROOT/run/reboot-required.pkgs" 2>/dev/null | head -n 200; ended 0
  section kintsugi-installed; kintsugi_record; ended 0
  section kintsugi-runs; kintsugi_runs; ended 0
  section sources
  apt-get indextargets --no-release-info --format '$(SITE)	$(RELEASE)	$(COMPONENT)	$(ARCHITECTURE)	$(FILENAME)' 'Created-By: Packages' 2>"$T/err"
  ended $?
  section sources-errors; head -c 4000 "$T/err"; ended 0
  section targets
  apt-get indextargets --format '$(DESCRIPTION)	$(RELEASE)	$(ORIGIN)	$(LABEL)	$(SUITE)	$(CODENAME)	$(COMPONENT)	$(SITE)	$(TRUSTED)	$(FILENAME)' 'Created-By: Packages' 2>/dev/null
  ended $?
  dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f '${db:Status-Abbrev} ${binary:Package}\n' 2>/dev/null |
    sed -n 's/^[^ ][iUFHWt][^ ]* \{1,\}\([a-z0-9][a-z0-9+.:-]*\)$/\1/p' >"$T/names"
  # shellcheck disable=SC2086 # CACHE and VERB are words of our own
  xargs apt-cache $CACHE policy <"$T/names" >"$T/policy" 2>"$T/err"
  code=$?
  section policy; cat "$T/policy"; ended $code
  section policy-errors; head -c 4000 "$T/err"; ended 0
  # --print-uris asks the resolver the same question as -s, without the slow rehearsal of dpkg's steps.
  # An archive folder that does not exist makes it name every archive, downloaded or not.
  # shellcheck disable=SC2086
  apt-get $CACHE -qq --print-uris -o Dir::Cache::archives=/nonexistent $VERB >"$T/upgrade" 2>"$T/err" </dev/null
  code=$?
  section upgrade; cat "$T/upgrade"; ended $code
  section upgrade-errors; head -c 4000 "$T/err"; ended 0
  if [ "${FULL:-0}" = 1 ]; then
    # shellcheck disable=SC2086
    section removals; apt-get $CACHE -qq -s $VERB 2>/dev/null </dev/null | grep '^Remv '; ended 0
  fi
  changing | sort -u >"$T/changing"
  section show
  if [ -s "$T/changing" ]; then
    # shellcheck disable=SC2086
    xargs apt-cache $CACHE show --no-all-versions <"$T/changing" 2>/dev/null |
      grep -E '^(Package|Architecture|Version|Source|Priority|Section|Installed-Size|Size|Phased-Update-Percentage):|^$'
  fi
  ended 0
  section done; ended 0
}
probe </dev/null
exit 0
