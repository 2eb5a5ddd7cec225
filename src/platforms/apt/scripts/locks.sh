# Names who holds the locks of apt and dpkg. Part of other scripts: it has no beginning of its own.
#
# /proc/locks knows it without our having to try for a lock. From within a chroot with process ids of its own, the
# machine's /proc stands at /dev/outer-proc. A file is known there by the device of its file system and its inode: roots
# that are overlays of one base share inodes, and stat's own device is another one on overlays and btrfs.
locks() {
  proc=/proc
  [ -r /dev/outer-proc/locks ] && proc=/dev/outer-proc
  stat -c '%i	%m	%n' "$ROOT/var/lib/dpkg/lock-frontend" "$ROOT/var/lib/dpkg/lock" "$ROOT/var/lib/apt/lists/lock" \
    "$ROOT/var/cache/apt/archives/lock" 2>/dev/null |
    awk '
      BEGIN {
        while ((getline line < "/proc/self/mountinfo") > 0) {
          split(line, field, " ")
          split(field[3], number, ":")
          device[field[5]] = sprintf("%02x:%02x", number[1], number[2])
        }
      }
      NR == FNR { split($0, part, "\t"); file[device[part[2]] ":" part[1]] = part[3]; next }
      $2 != "->" && $6 in file { print file[$6] "\t" $5 }' - $proc/locks 2>/dev/null |
    while IFS='	' read -r file pid; do
      printf '%s\t%s\t%s\n' "${file#"$ROOT"}" "$pid" "$(tr '\000-\037' ' ' 2>/dev/null <"$proc/$pid/cmdline" | head -c 200)"
    done
}
