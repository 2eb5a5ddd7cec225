# Lets this machine's apt and dpkg look at a root filesystem from outside. Part of other scripts, which set ROOT, and T
# (a temporary folder that they remove).

# The configuration files of the root are not read: they can name programs to run.
offline_setup() {
  [ -n "$ROOT" ] || return 0
  arch=$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -W -f '${Architecture}' dpkg 2>/dev/null)
  case $arch in '' | *[!a-z0-9-]*) arch=$(dpkg --print-architecture) ;; esac
  {
    printf 'Dir "%s/";\nDir::State::status "%s/var/lib/dpkg/status";\n' "$ROOT" "$ROOT"
    printf 'Dir::Etc::main "/dev/null";\nDir::Etc::parts "/dev/null";\nAPT::Architecture "%s";\n' "$arch"
    printf 'APT::Architectures { "%s"; };\n' "$arch"
    sed -n 's/^\([a-z0-9-]*\)$/APT::Architectures:: "\1";/p' "$ROOT/var/lib/dpkg/arch" 2>/dev/null | grep -v "\"$arch\""
  } >"$T/apt.conf"
  if [ -n "$(find "$ROOT/var/lib/apt/lists" -maxdepth 1 -type l 2>/dev/null | head -n 1)" ]; then
    lists_from_outside
    printf 'Dir::State::lists "%s/lists/";\n' "$T" >>"$T/apt.conf"
  fi
  export APT_CONFIG="$T/apt.conf"
}

# The lists of file: sources are links to paths inside the root: from outside they would lead nowhere, or into this
# machine's own files, and apt would pass over them in silence.
lists_from_outside() {
  mkdir "$T/lists"
  for f in "$ROOT"/var/lib/apt/lists/*; do
    [ -d "$f" ] && continue
    to=$f
    if [ -h "$f" ]; then
      to=$(readlink "$f")
      case $to in */../* | */.. | ../*) continue ;; /*) to=$ROOT$to ;; *) to=${f%/*}/$to ;; esac
    fi
    ln -s "$to" "$T/lists/${f##*/}"
  done
}
