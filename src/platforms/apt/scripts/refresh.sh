# Fetches the package lists as the machine's own configuration says. Needs root.
#
# Set by the caller: NONCE, LOCK_TIMEOUT (seconds).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 022
section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

refresh() {
  section update
  # apt answers 0 even when every source failed and old lists were kept; Error-Mode=any makes a failure a failure.
  said=$(apt-get -q -o Acquire::Retries=1 -o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout="$LOCK_TIMEOUT" update 2>&1)
  code=$?
  printf '%s\n' "$said" | tail -n 60
  ended $code
  if [ "$code" = 0 ]; then mkdir -p /var/lib/kintsugi && touch /var/lib/kintsugi/refreshed; fi
  section done; ended 0
}
refresh </dev/null
exit 0
