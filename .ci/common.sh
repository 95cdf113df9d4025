# Sourced by ./dfu, ./test and .ci/run, which have set $root. What is said to people goes to stderr.

state="$root/.dfu"

# Ends the script with a plain sentence unless a .NET 10 SDK (or a later one) is there.
require_sdk() {
  local newest
  newest=$(dotnet --list-sdks 2>/dev/null | cut -d. -f1 | sort -n | tail -n 1)
  [ "${newest:-0}" -ge 10 ] && return 0
  echo "dfu: the .NET 10 SDK is needed, the newest here is ${newest:-none} - install it from https://dot.net/download" >&2
  exit 4
}

# build PROJECT [KEEP [FILE]]: builds a project or solution, one build in this checkout at a time, says what went wrong, and then runs KEEP.
# With FILE there is nothing to do when somebody else has built it meanwhile. The lock is the kernel's: it ends with the process. Build
# servers that stay behind do not get its descriptor, or they would keep it locked.
build() {
  local code=0
  mkdir -p "$state"
  exec 9>"$state/build.lock"
  if command -v flock >/dev/null 2>&1 && ! flock -n 9; then
    echo "dfu: waiting for another build in this checkout" >&2
    flock 9
  fi
  if [ -n "${3:-}" ] && [ -f "$3" ]; then exec 9>&-; return 0; fi
  if ! dotnet build "$1" -c Release --nologo -v quiet >"$state/build.log" 2>&1 9>&-; then
    grep -E 'error|warning' "$state/build.log" | LC_ALL=C sort -u | head -n 20 >&2
    echo "dfu: the build failed, its whole output is in .dfu/build.log" >&2
    code=4
  fi
  [ $code -ne 0 ] || [ -z "${2:-}" ] || "$2" || code=4
  exec 9>&-
  return $code
}

# Debian's packages that the tests need and that are not here, on one line.
missing_packages() {
  local missing=()
  [ -x /usr/bin/dbus-daemon ] || missing+=(dbus)
  [ -x /usr/bin/docker-compose ] || missing+=(docker-compose)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
  [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] || [ -x /usr/bin/google-chrome ] || missing+=(chromium)
  { [ -x /usr/bin/prometheus ] && [ -x /usr/bin/promtool ]; } || missing+=(prometheus)
  echo "${missing[*]}"
}
