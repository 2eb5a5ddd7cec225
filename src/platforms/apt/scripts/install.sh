# Installs a plan: exact versions, in steps, each of which leaves the system consistent. Started detached from whoever
# asked, so that a broken connection or a closed terminal never ends dpkg in the middle; it stops only between steps,
# when the file `stop` is there. Everything it does is stamped in its journal before it is done.
#
# Set by the caller: RUN_ID, OPTIONS (of the install verb), CONFFILES (dpkg options), LOCK_TIMEOUT (seconds),
# PLAN (STEP<tab>NAME<tab>ARCH<tab>VERSION<tab>CHOSEN, one a line; CHOSEN is 0 for what only comes as a dependency).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
# Maintainer scripts make files; whoever asks may be no root, and must be able to read the journal.
umask 022
HOME_DIR=/var/lib/kintsugi
RUN=$HOME_DIR/runs/$RUN_ID
ARCHIVES=/var/cache/kintsugi/archives

journal() {
  printf '%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>"$RUN/journal"
  sync "$RUN/journal" 2>/dev/null
}

finish() {
  journal "end $1"
  rm -rf "${ARCHIVES%/*}"
  printf '%s\n' "$1" >"$RUN/result.new"
  sync "$RUN/result.new" 2>/dev/null
  mv -f "$RUN/result.new" "$RUN/result"
  exit 0
}

# Names that are not installed all the way, or a journal of dpkg's own that it did not get to close.
unfinished() {
  dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^.[UFHWt].* //p;s/^..R *//p'
  ls /var/lib/dpkg/updates | grep '^[0-9]'
}

# Of these, what apt cannot work beside: half of a package, or dpkg's journal. What is unpacked and does not configure
# is whole: apt goes on with other packages.
torn() {
  dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^.H. *//p;s/^..R *//p'
  ls /var/lib/dpkg/updates | grep '^[0-9]'
}

repair() {
  [ -n "$(unfinished)" ] || return 0
  journal "repair begin $(unfinished | tr '\n' ' ')"
  waited=0
  while :; do
    # shellcheck disable=SC2086 # CONFFILES are words of our own
    dpkg $CONFFILES --configure -a 9>&- >"$RUN/repair.log" 2>&1
    code=$?
    cat "$RUN/repair.log"
    grep -q 'lock.* locked by another process' "$RUN/repair.log" || break
    [ "$waited" -lt "$LOCK_TIMEOUT" ] || finish "locked repair: $(head -n 1 "$RUN/repair.log" | head -c 300)"
    sleep 2
    waited=$((waited + 2))
  done
  journal "repair end $code"
  [ "$code" = 0 ] && [ -z "$(unfinished)" ]
}

installed_version() { dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$1:$2" 2>/dev/null | sed -n 's/^.i. //p'; }

# What of a step is still to do: a run that takes up an interrupted one finds some of it done.
pending() {
  printf '%s\n' "$PLAN" | while read -r step name arch version chosen; do
    [ "$step" = "$1" ] && [ "$chosen" = 1 ] || continue
    [ "$(installed_version "$name" "$arch")" = "$version" ] || printf '%s:%s=%s\n' "$name" "$arch" "$version"
  done
}

# Every package that a step would touch must stand in the plan with this very architecture and version. apt names a
# removal by its architecture only where that is a foreign one.
drift() {
  awk -v plan="$RUN/plan" -v native="$(dpkg --print-architecture)" '
    BEGIN { FS = "\t"; while ((getline line < plan) > 0) { split(line, f, "\t"); planned[f[2] ":" f[3] "=" f[4]] = 1 } FS = " " }
    /^Inst / {
      name = $2; sub(/:.*/, "", name)
      version = ""; for (i = 3; i <= NF; i++) if (substr($i, 1, 1) == "(") { version = substr($i, 2); break }
      arch = match($0, /\[[a-z0-9-]+\]\)/) ? substr($0, RSTART + 1, RLENGTH - 3) : ""
      if (!((name ":" arch "=" version) in planned)) print name ":" arch "=" version
    }
    /^(Remv|Purg) / {
      foreign = index($2, ":")
      if (foreign ? !(($2 "=-") in planned) : !(($2 ":" native "=-") in planned) && !(($2 ":all=-") in planned)) print "removal of " $2
    }' "$RUN/simulation"
}

# `apt-get install NAME` marks some packages as chosen by hand, which later keeps them from being cleaned up.
restore_auto_marks() {
  [ -s "$1/auto" ] || return 0
  apt-mark showauto 9>&- | sort >"$RUN/auto.now"
  sort "$1/auto" | comm -23 - "$RUN/auto.now" >"$RUN/auto.lost"
  # apt names the native architecture by no suffix, and a foreign one by its own. What a killed run left unconfigured is
  # there as well.
  dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n${db:Status-Abbrev} ${Package}:${Architecture}\n' |
    sed -n 's/^.[iUFHWt]. //p' | sort -u >"$RUN/present"
  lost=$(comm -12 "$RUN/auto.lost" "$RUN/present")
  [ -z "$lost" ] || printf '%s\n' "$lost" | xargs apt-mark auto 9>&- >/dev/null
}

# What stands here after a reboot was installed before it: pending reboot is told from this record.
record() {
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
  printf '%s\n' "$PLAN" | while read -r step name arch version chosen; do
    [ -n "$version" ] && [ "$(installed_version "$name" "$arch")" = "$version" ] || continue
    grep -qs "	$name	$arch	$version	.*	$RUN_ID\$" "$HOME_DIR/installed" && continue
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$boot" "$name" "$arch" "$version" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$RUN_ID" >>"$HOME_DIR/installed"
  done
}

step() {
  pending "$1" >"$RUN/pending"
  if [ ! -s "$RUN/pending" ]; then journal "step $1 nothing to do"; return 0; fi
  # shellcheck disable=SC2086
  xargs apt-get -q -s $OPTIONS install <"$RUN/pending" >"$RUN/simulation" 2>&1 9>&- || { cat "$RUN/simulation"; finish "failed step $1: apt refuses it"; }
  other=$(drift | tr '\n' ' ')
  [ -z "$other" ] || finish "drift step $1: $other"
  journal "step $1 begin $(tr '\n' ' ' <"$RUN/pending")"
  # shellcheck disable=SC2086
  xargs apt-get -q -y -o Dir::Cache::archives="$ARCHIVES" -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
    -o DPkg::Lock::Timeout="$LOCK_TIMEOUT" $DPKG_OPTIONS $OPTIONS install <"$RUN/pending" >"$RUN/step.log" 2>&1 9>&-
  code=$?
  cat "$RUN/step.log"
  journal "step $1 end $code"
  restore_auto_marks "$RUN"
  record
  [ "$code" != 0 ] || return 0
  lock=$(grep -m 1 -E '^E: (Could not get lock|Unable to (acquire|lock))' "$RUN/step.log" | head -c 300)
  [ -z "$lock" ] || finish "locked step $1: $lock"
  failed="$failed $1"
  # A package that failed must not keep the others from their fixes; a system that cannot be mended must.
  repair || [ -z "$(torn)" ] || finish "failed step $1: $(unfinished | tr '\n' ' ')"
}

main() {
  mkdir -p "$RUN"
  exec >>"$RUN/log" 2>&1
  exec 9>>"$HOME_DIR/lock"
  flock -w 5 9 || { journal 'refused: another run holds the lock'; printf 'busy another run patches it now\n' >"$RUN/result"; exit 0; }
  echo "$$" >"$RUN/pid"
  printf '%s\n' "$PLAN" >"$RUN/plan"
  journal "begin $(printf '%s\n' "$PLAN" | grep -c .) packages"
  mkdir -p "$ARCHIVES/partial" && chown _apt "$ARCHIVES/partial" 2>/dev/null
  DPKG_OPTIONS=
  for option in $CONFFILES; do DPKG_OPTIONS="$DPKG_OPTIONS -o Dpkg::Options::=$option"; done
  # An interrupted run left marks to set right; it has its end now.
  for old in "$HOME_DIR"/runs/*/; do
    [ "$old" != "$RUN/" ] && [ ! -e "$old/result" ] || continue
    journal "takes up $(basename "$old")"
    restore_auto_marks "$old"
    printf 'interrupted taken up by %s\n' "$RUN_ID" >"$old/result"
  done
  apt-mark showauto 9>&- >"$RUN/auto"
  repair || finish "repair-failed $(unfinished | tr '\n' ' ')"
  failed=
  for n in $(printf '%s\n' "$PLAN" | cut -f 1 | sort -nu); do
    [ -e "$RUN/stop" ] && finish "stopped before step $n"
    step "$n"
  done
  left=$(unfinished | tr '\n' ' ')
  [ -z "$failed" ] || finish "failed step$failed${left:+: $left}"
  finish ok
}
main </dev/null
