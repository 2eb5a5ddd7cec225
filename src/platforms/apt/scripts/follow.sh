# Tells how a run of install.sh is getting on: new lines of its journal and log, whether it is still alive, its result.
#
# Set by the caller: NONCE, RUN_ID, SKIP_JOURNAL and SKIP_LOG (bytes already read), WAIT (seconds to wait for the end
# before answering: where asking is dear, one long question is better than many).
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN=/var/lib/kintsugi/runs/$RUN_ID
section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

follow() {
  waited=0
  while [ "$waited" -lt "$WAIT" ] && [ ! -e "$RUN/result" ]; do
    # Nobody holds the lock any more, and it has begun: it died, or its result is about to be there.
    if [ -s "$RUN/journal" ] && flock -n -s /var/lib/kintsugi/lock true; then break; fi
    sleep 1
    waited=$((waited + 1))
  done
  # The lock is asked before the result: a run that ends in between is then seen as alive once more, never as dead.
  alive=0
  if [ -e /var/lib/kintsugi/lock ]; then flock -n -s /var/lib/kintsugi/lock true || alive=1; fi
  section alive; echo "$alive"; ended 0
  section result; cat "$RUN/result" 2>/dev/null; ended 0
  section journal; tail -c "+$((SKIP_JOURNAL + 1))" "$RUN/journal" 2>/dev/null; ended 0
  section log; tail -c "+$((SKIP_LOG + 1))" "$RUN/log" 2>/dev/null | head -c 1000000; ended 0
  section done; ended 0
}
follow </dev/null
exit 0
