# Gathers the inventory of a Linux machine with dpkg and prints it in sections. Reads only. Works in dash, with nothing
# but dpkg and the essential packages.
#
# Set by the caller: NONCE (marks the sections), WANTED (words: applications network details custom). Lines that look
# for files follow this text.
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset GREP_OPTIONS
umask 077

section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }
wants() { case " $WANTED " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

if wants applications; then
  section applications
  dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${Section}\t${source:Package}\t${source:Version}\t${Homepage}\t${Maintainer}\t${binary:Summary}\n'
  ended $?
  # When dpkg last wrote the list of a package's files is when it was installed.
  section installed
  find /var/lib/dpkg/info -maxdepth 1 -name '*.list' -printf '%f\t%T@\n'
  ended $?
fi

if wants network; then
  section links
  for d in /sys/class/net/*; do
    [ -e "$d/address" ] && printf '%s\t%s\n' "${d##*/}" "$(cat "$d/address")"
  done
  ended 0
  # iproute2 is not in every base system; the kernel tells the same in more places.
  if command -v ip >/dev/null 2>&1; then
    section addresses
    ip -o addr show
    ended $?
  fi
  for f in route if_inet6 fib_trie; do
    section "$f"
    cat "/proc/net/$f" 2>/dev/null
    ended $?
  done
  section resolvers
  sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf 2>/dev/null
  ended 0
fi

if wants details; then
  section cpuinfo
  head -c 1000000 /proc/cpuinfo
  ended $?
  section kernel
  uname -r
  ended $?
fi

if wants custom; then
  section custom
  for f in "/var/lib/amazon/ssm/$AWS_SSM_INSTANCE_ID/inventory/custom"/*.json; do
    [ -f "$f" ] || continue
    printf '%s\t' "${f##*/}"
    head -c 3200000 "$f" | base64 -w0
    echo
  done
  ended 0
fi
