# Options by which apt builds its package cache once for all the questions of a script, and never writes the machine's own.
# Part of other scripts, which set ROOT, and T (a temporary folder that they remove).

# Where the machine already has a cache, apt checks whether it is current and else makes it anew from the second one,
# which holds the package lists and stays good when packages are installed: a tenth of the work of reading the lists. The
# cache of a root that is looked at from outside names its lists by other paths, and is a stranger's to be read by our
# apt: no.
cache_setup() {
  CACHE="-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache="
  free=$(df -Pk "$T" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ "${free:-0}" -gt 300000 ] || return 0
  there=/var/cache/apt
  whole=$T/pkgcache.bin
  lists=
  if [ -n "$ROOT" ] || [ ! -r "$there/pkgcache.bin" ]; then
    # Translations say nothing about versions and take a third of the time to read.
    CACHE="-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=$whole -o Acquire::Languages=none"
    return 0
  fi
  if [ -w "$there" ]; then
    # apt replaces a cache that is not current by a rename, so that a second name for it is as good as a copy.
    for name in pkgcache srcpkgcache; do
      ln "$there/$name.bin" "$T/$name.bin" 2>/dev/null || cp "$there/$name.bin" "$T/$name.bin" 2>/dev/null || rm -f "$T/$name.bin"
    done
  elif [ "$there/pkgcache.bin" -nt /var/lib/dpkg/status ]; then
    whole=$there/pkgcache.bin
  else
    # Older than what is installed: apt makes another. Of the lists it insists on writing one where that is old as well.
    cp "$there/srcpkgcache.bin" "$T/srcpkgcache.bin" 2>/dev/null || rm -f "$T/srcpkgcache.bin"
  fi
  if [ -e "$T/srcpkgcache.bin" ]; then lists=$T/srcpkgcache.bin; fi
  CACHE="-o Dir::Cache::srcpkgcache=$lists -o Dir::Cache::pkgcache=$whole"
}
