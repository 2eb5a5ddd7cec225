# Fetches the package lists as the machine's own configuration says. Needs root.
#
# Set by the caller: NONCE, LOCK_TIMEOUT (seconds).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 022
STAMP=/var/lib/kintsugi/refreshed
section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

# Where nothing is stamped, the age of the lists is told by a folder that changes with every try. It is noted before this
# one, so that a try that fails, or is killed, does not make old lists look new.
note_age() {
  [ ! -e "$STAMP" ] && [ ! -e /var/lib/apt/periodic/update-success-stamp ] || return 0
  mkdir -p "${STAMP%/*}" || return 0
  if [ -e /var/lib/apt/lists/partial ]; then touch -r /var/lib/apt/lists/partial "$STAMP"; else touch -d @0 "$STAMP"; fi
}

update() {
  # apt answers 0 even when every source failed and old lists were kept; Error-Mode=any makes a failure a failure.
  said=$(apt-get -q -o Acquire::Retries=1 -o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout="$LOCK_TIMEOUT" update 2>&1)
}

refresh() {
  section update
  note_age
  update
  code=$?
  # apt waits for the locks of dpkg, and not for the one of the lists, which apt-daily holds now and then.
  waited=0
  while [ "$code" != 0 ] && [ "$waited" -lt "$LOCK_TIMEOUT" ]; do
    case $said in *'Could not get lock /var/lib/apt/lists/lock'*) ;; *) break ;; esac
    sleep 1
    waited=$((waited + 1))
    update
    code=$?
  done
  printf '%s\n' "$said" | tail -n 60
  ended $code
  if [ "$code" = 0 ]; then mkdir -p "${STAMP%/*}" && touch "$STAMP"; fi
  section done; ended 0
}
refresh </dev/null
exit 0
