# Runs in the image that is booted for a test. N marks our lines, O is where they go.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
case $O in /dev/*) stty -F "$O" raw 115200 2>/dev/null ;; esac
exec 3>"$O" </dev/null
say() {
  printf '%s' "$N" >&3
  printf '\t%s' "$@" >&3
  printf '\n' >&3
}
short() { tr -c '[:print:]' ' ' | tail -c 300; }
say begin
timeout 600 systemctl is-system-running --wait >/dev/null 2>&1
say state "$(systemctl is-system-running 2>/dev/null)"
say kernel "$(uname -r)"
systemctl list-units --state=failed --plain --no-legend 2>/dev/null | while read -r name rest; do say failed "$name"; done

# A unit that starts after the boot, such as one of a socket or a timer, gets a few seconds.
unit() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    state=$(systemctl is-active "$2" 2>/dev/null)
    [ "$state" = active ] && break
    sleep 1
  done
  if [ "$state" = active ]; then say unit "$1" ok; else say unit "$1" no "it is ${state:-unknown}"; fi
}

port() {
  found=
  for try in 1 2 3 4 5 6 7 8 9 10; do
    # The second field is the local address, the fourth the state: 0A listens.
    found=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v p=":$3" 'index($2, p) == length($2) - 4 && $4 == "0A"' | head -n 1)
    [ -n "$found" ] && break
    sleep 1
  done
  if [ -n "$found" ]; then say port "$1" ok; else say port "$1" no 'nothing listens there'; fi
}

run() {
  timeout -k 5 "$3" /bin/sh -c "$4" >/run/kintsugi-command 2>&1 </dev/null 3>&-
  code=$?
  said=$(short </run/kintsugi-command)
  if [ "$code" = "$2" ]; then say command "$1" ok; else say command "$1" no "it ended with $code: $said"; fi
}
