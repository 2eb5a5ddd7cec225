# Tells who holds the locks of apt and dpkg. With locks.sh in front. Set by the caller: NONCE, ROOT (as for probe.sh).
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
printf '\n@@%s locks\n' "$NONCE"
locks
printf '\n@@%s end 0\n' "$NONCE"
exit 0
