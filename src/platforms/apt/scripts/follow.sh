# Tells how a run of install.sh is getting on: new lines of its journal and log, whether it is still alive, its result.
#
# Set by the caller: NONCE, RUN_ID, SKIP_JOURNAL and SKIP_LOG (bytes already read), LOG_LIMIT (bytes of log in one answer),
# WAIT (seconds to wait for the end before answering: where asking is dear, one long question is better than many).
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN=/var/lib/kintsugi/runs/$RUN_ID
section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

# Another code than 75 is no answer: a lock that may not be read, or that is not there.
held() {
  flock -n -s -E 75 /var/lib/kintsugi/lock true 2>/dev/null
  [ $? = 75 ]
}

# Where to read a file up to: its size, or what was read already. The texts of a run need not be UTF-8, so that whoever
# reads them cannot count their bytes.
upto() {
  size=$(stat -c %s "$1" 2>/dev/null)
  [ "${size:-0}" -gt "$2" ] && echo "$size" || echo "$2"
}

follow() {
  waited=0
  while [ "$waited" -lt "$WAIT" ] && [ ! -e "$RUN/result" ]; do
    # Nobody holds the lock any more, and it has begun: it died, or its result is about to be there.
    if [ -s "$RUN/journal" ] && ! held; then break; fi
    sleep 1
    waited=$((waited + 1))
  done
  # The lock is asked before the result: a run that ends in between is then seen as alive once more, never as dead.
  alive=0
  [ ! -e /var/lib/kintsugi/lock ] || ! held || alive=1
  section alive; echo "$alive"; ended 0
  section result; cat "$RUN/result" 2>/dev/null; ended 0
  journal=$(upto "$RUN/journal" "$SKIP_JOURNAL")
  log=$(upto "$RUN/log" "$SKIP_LOG")
  [ "$log" -le $((SKIP_LOG + LOG_LIMIT)) ] || log=$((SKIP_LOG + LOG_LIMIT))
  section journal; tail -c "+$((SKIP_JOURNAL + 1))" "$RUN/journal" 2>/dev/null | head -c $((journal - SKIP_JOURNAL)); ended 0
  section log; tail -c "+$((SKIP_LOG + 1))" "$RUN/log" 2>/dev/null | head -c $((log - SKIP_LOG)); ended 0
  section position; echo "$journal $log"; ended 0
  section done; ended 0
}
follow </dev/null
exit 0
