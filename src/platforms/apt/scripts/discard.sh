# Removes the archives that prepare.sh fetched for a run that will not be. Needs root.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ -e /var/lib/kintsugi/lock ] || exit 0
exec 9>>/var/lib/kintsugi/lock
# Whoever holds it has archives of his own there, and removes them himself.
if flock -w 2 9; then rm -rf /var/cache/kintsugi; fi
exit 0
