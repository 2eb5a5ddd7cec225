# Looks at a machine with dpkg and apt and prints what it finds, in sections. Reads only: its one write is apt's own
# package cache in a temporary folder that goes away again. Works as a plain user, in dash, with nothing but dpkg, apt
# and the essential packages.
#
# With locks.sh, outside.sh and cache.sh in front. Set by the caller: NONCE (marks the sections, so that no text of the
# machine can pass for a marker), ROOT (a root filesystem to look at from outside, or empty), VERB (apt-get's upgrade verb
# with its options, one for scan, dry run and install), FULL (1: the verb may remove packages).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 077

section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

# Every process that a script starts costs a millisecond or two, so one awk stands here where three commands could.
facts() {
  printf 'probe=2\nuid=%s\nnow=%s\n' "$(id -u)" "$(date +%s)"
  uname -nrm | { read -r name release machine; printf 'hostname=%s\nkernel=%s\nmachine=%s\n' "$name" "$release" "$machine"; }
  if [ -r /proc/version ]; then read -r build </proc/version && printf 'kernel_build=%s\n' "$build"; fi
  if [ -r /proc/sys/kernel/random/boot_id ]; then read -r boot </proc/sys/kernel/random/boot_id && printf 'boot_id=%s\n' "$boot"; fi
  [ -r /proc/stat ] && sed -n 's/^btime /boot_time=/p' /proc/stat
  container=
  if [ -r /run/systemd/container ]; then read -r container </run/systemd/container; fi
  [ -e /.dockerenv ] && container=docker
  [ -e /run/.containerenv ] && container=podman
  printf 'container=%s\n' "$container"
  entries=0
  for f in "$ROOT"/var/lib/dpkg/updates/[0-9]*; do [ -e "$f" ] && entries=$((entries + 1)); done
  printf 'journal_entries=%s\n' "$entries"
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
  for f in var/lib/apt/lists/partial var/lib/apt/periodic/update-success-stamp var/lib/kintsugi/refreshed; do
    [ -e "$ROOT/$f" ] && printf '%s\t%s\n' "${f##*/}" "$(stat -c %Y "$ROOT/$f")"
  done
  awk 'FNR == 1 { n = split(FILENAME, path, "/"); file = path[n]; sums = 0 }
    /^(SHA256|MD5Sum):/ { sums = 1 }
    sums { next }
    sub(/^Date: */, "") { print "release\t" file "\t" $0 }
    sub(/^Architectures: */, "") { print "architectures\t" file "\t" $0 }
    sub(/^Valid-Until: */, "") { print "valid-until\t" file "\t" $0 }' "$ROOT"/var/lib/apt/lists/*Release 2>/dev/null
}

# Asks apt, its answer to a file. While somebody else installs, apt can lose its way between two files that change; then
# it is asked once more.
ask() {
  answer=$1
  shift
  "$@" >"$T/$answer" 2>"$T/err" && return 0
  code=$?
  grep -q 'Cache is out of sync' "$T/err" || return $code
  sleep 1
  "$@" >"$T/$answer" 2>"$T/err"
}

packages() {
  dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f \
    '${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\t${Priority}\t${Section}\t${Installed-Size}\n'
}

# Names with an update: the only ones whose index entries are worth reading.
changing() {
  awk '/^[^ ]/ { name = $0; sub(/:$/, "", name) }
    /^  Installed: / { installed = $2 }
    /^  Candidate: / && $2 != installed && $2 != "(none)" && installed != "(none)" { print name }' "$T/policy"
}

# New packages that the updates pull in.
arriving() {
  awk -v native="$NATIVE" 'NR == FNR { here[$0] = 1; next }
    { n = split($2, part, "_"); sub(/\.deb$/, "", part[3])
      name = part[3] == "all" || part[3] == native ? part[1] : part[1] ":" part[3]
      if (n == 3 && !(name in here) && name ~ /^[a-z0-9][a-z0-9+.:-]*$/) print name }' "$T/plain-names" "$T/upgrade"
}

show() {
  # shellcheck disable=SC2086 # CACHE are words of our own
  xargs -r apt-cache $CACHE show --no-all-versions 2>/dev/null |
    grep -E '^(Package|Architecture|Version|Source|Priority|Section|Installed-Size|Size|Phased-Update-Percentage):|^$'
}

kintsugi_record() {
  [ ! -e "$ROOT/var/lib/kintsugi/installed" ] || tail -n 5000 "$ROOT/var/lib/kintsugi/installed"
}

# Runs of ours that have no end: their machine died, or somebody killed them.
kintsugi_runs() {
  for d in "$ROOT"/var/lib/kintsugi/runs/*/; do
    [ -f "$d/journal" ] && [ ! -f "$d/result" ] || continue
    # Another code than 75 is no answer: a lock that may not be read, or that is not there.
    alive=0
    [ ! -e "$ROOT/var/lib/kintsugi/lock" ] || flock -n -s -E 75 "$ROOT/var/lib/kintsugi/lock" true 2>/dev/null
    [ $? != 75 ] || alive=1
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
  T=$(mktemp -d "${TMPDIR:-/tmp}/kintsugi-probe.XXXXXX" 2>/dev/null) || T=
  if [ -z "$T" ]; then section no-temporary-folder; ended 1; return; fi
  trap 'rm -rf "$T"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  cache_setup
  offline_setup
  packages >"$T/packages" 2>"$T/err"
  code=$?
  section packages; cat "$T/packages"; ended $code
  section packages-errors; head -c 4000 "$T/err"; ended 0
  section locks; locks; ended 0
  section lists; lists_age; ended 0
  section reboot-packages; [ ! -e "$ROOT/run/reboot-required.pkgs" ] || sort -u "$ROOT/run/reboot-required.pkgs" | head -n 200; ended 0
  section kintsugi-installed; kintsugi_record; ended 0
  section kintsugi-runs; kintsugi_runs; ended 0
  # Every call gets CACHE: apt as root would else write the package cache of the machine.
  # shellcheck disable=SC2086
  ask sources apt-get $CACHE indextargets --no-release-info --format '$(DESCRIPTION)	$(SITE)	$(RELEASE)	$(COMPONENT)	$(ARCHITECTURE)	$(FILENAME)' 'Created-By: Packages'
  code=$?
  section sources; cat "$T/sources"; ended $code
  section sources-errors; head -c 4000 "$T/err"; ended 0
  section list-files
  sed -n 's|.*	\(/.*\)/[^/]*$|\1|p' "$T/sources" | sort -u | while read -r d; do find -L "$d" -maxdepth 1 -type f -printf '%f\n'; done 2>/dev/null
  ended 0
  if grep -qsiE '(^|[[ ,])trusted *[=:]' "$ROOT"/etc/apt/sources.list "$ROOT"/etc/apt/sources.list.d/*; then
    # Slow, for apt reads all Release files for it; only where somebody overrides the signatures.
    section trusted; apt-get $CACHE indextargets --format '$(DESCRIPTION)	$(TRUSTED)' 'Created-By: Packages' 2>/dev/null; ended 0
  fi
  # Names as apt takes them: all of them with their architecture where dpkg needs it, without where it is the native one.
  NATIVE=$(awk -F '\t' '$1 == "dpkg" { print $2; exit }' "$T/packages")
  awk -F '\t' -v native="$NATIVE" -v names="$T/plain-names" '
    $1 ~ /^[a-z0-9][a-z0-9+.-]*$/ && $2 ~ /^[a-z0-9-]+$/ && $6 ~ /^.[iUFHWt]/ {
      plain = $2 == native || $2 == "all" ? $1 : $1 ":" $2; print plain; print plain >names }' "$T/packages" >"$T/names"
  [ -e "$T/plain-names" ] || : >"$T/plain-names"
  # shellcheck disable=SC2086 # CACHE and VERB are words of our own
  ask policy xargs -r -a "$T/names" apt-cache $CACHE policy
  code=$?
  section policy; cat "$T/policy"; ended $code
  section policy-errors; head -c 4000 "$T/err"; ended 0
  # The index entries are read while the resolver thinks: two processors finish sooner.
  {
    # shellcheck disable=SC2086
    apt-cache $CACHE policy >"$T/archives" 2>/dev/null
    echo $? >"$T/archives.code"
    changing | sort -u | show >"$T/show"
  } &
  # --print-uris asks the resolver the same question as -s, without the slow rehearsal of dpkg's steps.
  # An archive folder that does not exist makes it name every archive, downloaded or not. Where a pin wants an older
  # version it must still answer about the others; who reads the answer passes over the older one.
  # shellcheck disable=SC2086
  ask upgrade apt-get $CACHE -qq --print-uris -o Dir::Cache::archives=/nonexistent -o APT::Get::allow-downgrades=true $VERB
  code=$?
  section upgrade; cat "$T/upgrade"; ended $code
  section upgrade-errors; head -c 4000 "$T/err"; ended 0
  if [ "${FULL:-0}" = 1 ]; then
    # shellcheck disable=SC2086
    section removals; apt-get $CACHE -qq -s $VERB 2>/dev/null | grep -E '^(Remv|Purg) '; ended 0
  fi
  wait
  section archives; cat "$T/archives"; ended "$(cat "$T/archives.code")"
  arriving | sort -u >"$T/arriving"
  if [ -s "$T/arriving" ]; then
    # shellcheck disable=SC2086
    section policy-arriving; xargs -a "$T/arriving" apt-cache $CACHE policy 2>/dev/null; ended $?
  fi
  section show; cat "$T/show"; echo; show <"$T/arriving"; ended 0
  section done; ended 0
}
probe </dev/null
exit 0
