# Fetches the archives of a plan into a folder of our own and tells what an installation of them would run into:
# configuration files that would be asked about, and the space that they take in /boot. Installs nothing; may be
# ended anywhere and called again. Needs root.
#
# Set by the caller: NONCE, OPTIONS, WANTED (as for plan.sh), LOCK_TIMEOUT (seconds).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS TAR_OPTIONS
umask 022
HOME_DIR=/var/lib/kintsugi
ARCHIVES=/var/cache/kintsugi/archives

section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

# The archives of the plan: those that were fetched, and those that apt takes from where they lie, by file: sources.
archives() {
  for deb in "$ARCHIVES"/*.deb; do [ -e "$deb" ] && printf '%s\n' "$deb"; done
  # Asking apt takes a second on a slow machine.
  grep -qs 'file:' /etc/apt/sources.list /etc/apt/sources.list.d/* || return 0
  # shellcheck disable=SC2086 # OPTIONS are words of our own
  printf '%s\n' "$WANTED" |
    xargs -r -x -s 1000000 apt-get -qq --print-uris -o Dir::Cache::archives=/nonexistent $OPTIONS install 2>/dev/null 9>&- |
    sed -n "s/^'file:\(\/[^']*\.deb\)' .*/\1/p" | sed 's/%20/ /g;s/%2b/+/g;s/%3a/:/g;s/%7e/~/g;s/%25/%/g' |
    while IFS= read -r deb; do [ -e "$deb" ] && printf '%s\n' "$deb"; done
}

# dpkg asks about a configuration file when it was changed here and the new package brings another one than the old
# did, and not when somebody already put the new one in place (dpkg(1), --force-conf*).
conffiles() {
  while IFS= read -r deb; do
    name=$(dpkg-deb -f "$deb" Package) || continue
    dpkg-query -W -f '${Conffiles}\n' "$name" 2>/dev/null |
      sed -n 's/^ \(\/.*\) \([0-9a-f]\{32\}\)$/\2 \1/p' |
      while read -r recorded path; do
        now=$(md5sum <"$path" 2>/dev/null | cut -d ' ' -f 1)
        [ "$now" != "$recorded" ] || continue
        dpkg-deb -I "$deb" conffiles 2>/dev/null | grep -Fqx -- "$path" || continue
        new=$(dpkg-deb --fsys-tarfile "$deb" | tar -xOf - ".$path" 2>/dev/null | md5sum | cut -d ' ' -f 1)
        [ "$new" = "$recorded" ] || [ "$new" = "$now" ] || printf '%s\t%s\n' "$name" "$path"
      done
  done
}

# Bytes that the archives put into /boot, where it is a file system of its own; a kernel's initrd is made there later
# and is about as large as the largest that is there now.
boot_need() {
  [ -d /boot ] && [ "$(stat -c %d /boot)" != "$(stat -c %d /)" ] || return 0
  initrd=$(stat -c %s /boot/initrd.img-* 2>/dev/null | sort -n | tail -n 1)
  while IFS= read -r deb; do
    name=$(dpkg-deb -f "$deb" Package)
    files=$(dpkg-deb -c "$deb" | awk '$6 ~ /^\.\/boot\/./ { sum += $3 } END { print sum + 0 }')
    [ "$files" -gt 0 ] || continue
    case $name in linux-image-*) extra=${initrd:-0} ;; *) extra=0 ;; esac
    printf '%s\t%s\n' "$name" "$((files + extra))"
  done
}

prepare() {
  # A run that installs has its archives in the same folder.
  mkdir -p "$HOME_DIR" && exec 9>>"$HOME_DIR/lock"
  if ! flock -w 5 9; then section busy; ended 1; section done; ended 0; return; fi
  mkdir -p "$ARCHIVES/partial" && chown _apt "$ARCHIVES/partial" 2>/dev/null
  chmod 700 "$ARCHIVES/partial" 2>/dev/null
  rm -f "$ARCHIVES"/*.deb
  section download
  # shellcheck disable=SC2086
  said=$(printf '%s\n' "$WANTED" |
    xargs -r -x -s 1000000 apt-get -q -y -d -o Dir::Cache::archives="$ARCHIVES" -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
      -o DPkg::Lock::Timeout="$LOCK_TIMEOUT" $OPTIONS install 2>&1)
  code=$?
  printf '%s\n' "$said" | tail -n 40
  ended $code
  debs=$(archives)
  [ -z "$debs" ] || debs="$debs
"
  section conffiles; printf '%s' "$debs" | conffiles; ended 0
  section boot; printf '%s' "$debs" | boot_need; ended 0
  section space; df -Pk / /usr /var /boot 2>/dev/null | awk 'NR > 1 { print $6 "\t" $4 }' | sort -u; ended 0
  section done; ended 0
}
prepare </dev/null
exit 0
