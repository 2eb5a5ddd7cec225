# Fetches the package lists of repositories that this machine itself need not use, into folders of their own, and tells
# which there are. Nothing of this machine's apt is read or changed. Works as a plain user.
#
# Set by the caller: NONCE, SOURCES (the folder of *.sources and *.list), STATE (a folder of ours), ARCHITECTURES
# (parted by commas; empty: this machine's), UPDATE (yes: fetch first).
export LC_ALL=C.UTF-8 LANGUAGE= DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG GREP_OPTIONS
umask 077
section() { printf '\n@@%s %s\n' "$NONCE" "$1"; }
ended() { printf '\n@@%s end %s\n' "$NONCE" "$1"; }

repositories() {
  if ! command -v apt-get >/dev/null; then section no-apt; ended 0; return; fi
  KEYS=$SOURCES/keyrings
  [ -d "$KEYS" ] || KEYS=$STATE/no-keyrings
  mkdir -p "$STATE/lists/partial" "$STATE/cache/archives/partial" "$STATE/no-keyrings" || return
  : >"$STATE/status"
  # The machine's own configuration can name programs to run and other folders.
  printf 'Dir::Etc::main "/dev/null";\nDir::Etc::parts "/dev/null";\n' >"$STATE/apt.conf"
  export APT_CONFIG="$STATE/apt.conf"
  set -- -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$SOURCES" -o Dir::Etc::trusted=/dev/null \
    -o "Dir::Etc::trustedparts=$KEYS" -o Dir::Etc::preferences=/dev/null -o "Dir::Etc::preferencesparts=$STATE/no-keyrings" \
    -o "Dir::State=$STATE" -o "Dir::State::lists=$STATE/lists" -o "Dir::State::status=$STATE/status" \
    -o "Dir::Cache=$STATE/cache" -o Acquire::Languages=none -o Acquire::GzipIndexes=false
  # As root apt would fetch as the user _apt, who cannot enter a data directory that is its owner's alone.
  set -- "$@" -o APT::Sandbox::User=root
  [ -z "$ARCHITECTURES" ] || set -- "$@" -o "APT::Architecture=${ARCHITECTURES%%,*}" -o "APT::Architectures=$ARCHITECTURES"
  if [ "$UPDATE" = yes ]; then
    section update
    # apt answers 0 even when every source failed and old lists were kept; Error-Mode=any makes a failure a failure.
    said=$(apt-get -q "$@" -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
      -o APT::Update::Error-Mode=any update 2>&1)
    code=$?
    printf '%s\n' "$said" | tail -n 60
    ended $code
    [ "$code" != 0 ] || touch "$STATE/refreshed"
  fi
  section targets
  apt-get "$@" indextargets --format '$(CODENAME)	$(SUITE)	$(RELEASE)	$(ORIGIN)	$(COMPONENT)	$(ARCHITECTURE)	$(SITE)	$(FILENAME)' 'Created-By: Packages' 2>"$STATE/err"
  ended $?
  section targets-errors; head -c 4000 "$STATE/err"; ended 0
}
repositories </dev/null
section done; ended 0
exit 0
