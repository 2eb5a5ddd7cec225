# Names who holds the locks of apt and dpkg. Part of other scripts: it has no beginning of its own.
#
# /proc/locks knows it without our having to try for a lock. From within a chroot with process ids of its own, the
# machine's /proc stands at /dev/outer-proc.
locks() {
  proc=/proc
  [ -r /dev/outer-proc/locks ] && proc=/dev/outer-proc
  stat -c '%i %n' "$ROOT/var/lib/dpkg/lock-frontend" "$ROOT/var/lib/dpkg/lock" "$ROOT/var/lib/apt/lists/lock" \
    "$ROOT/var/cache/apt/archives/lock" 2>/dev/null |
    awk 'NR == FNR { file[$1] = $2; next }
      $2 != "->" { n = split($6, id, ":"); if (id[n] in file) print file[id[n]] "\t" $5 }' - $proc/locks 2>/dev/null |
    while IFS='	' read -r file pid; do
      printf '%s\t%s\t%s\n' "${file#"$ROOT"}" "$pid" "$(tr '\000-\037' ' ' 2>/dev/null <"$proc/$pid/cmdline" | head -c 200)"
    done
}
