# Sourced by ./dfu and ./test. Chooses between the two editions of one build (see ARCHITECTURE.md): full is everything;
# local leaves out what needs packages that this machine's package sources do not have.
# Everything here prints to stderr. The caller has set $root.

state="$root/.dfu"

# Ends the script with a plain sentence unless a .NET 10 SDK (or a later one) is there.
require_sdk() {
  local newest
  if ! command -v dotnet >/dev/null 2>&1; then
    echo "dfu: the .NET 10 SDK is needed and 'dotnet' was not found - install it from https://dot.net/download" >&2
    exit 4
  fi
  newest=$(dotnet --list-sdks 2>/dev/null | cut -d. -f1 | sort -n | tail -n 1)
  if [ "${newest:-0}" -lt 10 ]; then
    echo "dfu: the .NET 10 SDK is needed, the newest here is ${newest:-none} - install it from https://dot.net/download" >&2
    exit 4
  fi
}

# Runs a command while no other ./dfu or ./test builds in this checkout. The lock is the kernel's: it ends with the process.
with_build_lock() {
  mkdir -p "$state"
  if ! command -v flock >/dev/null 2>&1; then
    "$@"
    return
  fi
  local code=0
  exec 9>"$state/build.lock"
  if ! flock -n 9; then
    echo "dfu: waiting for another build in this checkout" >&2
    flock 9
  fi
  # Without the lock's descriptor: build servers that stay behind would keep it locked.
  "$@" 9>&- || code=$?
  exec 9>&-
  return "$code"
}

# What decides whether a full restore can succeed: the sources and everything that names a package.
restore_key() {
  (
    cd "$root" || exit 1
    dotnet nuget list source 2>/dev/null
    find . -path '*/bin' -prune -o -path '*/obj' -prune -o -path ./.dfu -prune -o -path ./.git -prune -o -type f \
      \( -name '*.csproj' -o -name 'Directory.*.props' -o -name 'Directory.*.targets' -o -iname nuget.config -o -name '*.sln' -o -name global.json \) \
      -print0 | LC_ALL=C sort -z | xargs -0 cksum
  ) | cksum
}

# resolve_edition WANTED FULL_TARGET LOCAL_TARGET: restores, and sets $edition (full or local), $missing (package names) and
# $reused (1 when the answer was remembered). WANTED is full (no falling back), local or empty. Returns 1 when nothing can be restored.
resolve_edition() {
  local wanted=$1 full=$2 partial=$3 log="$state/restore.log" key known
  edition=full missing='' reused=''
  mkdir -p "$state"
  if [ "$wanted" != local ]; then
    key=$(restore_key)
    known=$(sed -n 1p "$state/full-restore-failed" 2>/dev/null)
    if [ -z "$wanted" ] && [ "$known" = "$key" ]; then
      missing=$(sed -n 2p "$state/full-restore-failed")
      reused=1
    elif dotnet restore "$full" --nologo -v quiet >"$log" 2>&1; then
      rm -f "$state/full-restore-failed"
      return 0
    else
      missing=$(sed -n -e 's/.*error NU110[123]: Unable to find package \([^ ]*\) with.*/\1/p' \
        -e 's/.*error NU110[123]: Unable to find package \([^ ]*\)\..*/\1/p' \
        -e 's/.*error NU1103: Unable to find a stable package \([^ ]*\) with.*/\1/p' "$log" | LC_ALL=C sort -u | paste -s -d ' ' -)
      if [ "$wanted" = full ] || { [ -z "$missing" ] && ! grep -q 'error NU1301' "$log"; }; then
        if [ -n "$missing" ]; then
          echo "dfu: the full edition needs packages that no package source here has: $missing" >&2
        else
          grep -E 'error|warning' "$log" | LC_ALL=C sort -u | head -n 20 >&2
          echo "dfu: restoring the packages failed" >&2
        fi
        return 1
      fi
      # An unreachable source may come back any moment; missing packages are remembered until the sources or versions change.
      if [ -n "$missing" ] && ! grep -q 'error NU1301' "$log"; then printf '%s\n%s\n' "$key" "$missing" >"$state/full-restore-failed"; fi
    fi
    if [ -n "$missing" ]; then
      echo "dfu: building the local edition, without Orleans and BlueZ: no package source here has $missing" >&2
    else
      echo "dfu: building the local edition, without Orleans and BlueZ: a package source cannot be reached" >&2
    fi
  fi
  edition=local
  if ! dotnet restore "$partial" --nologo -v quiet -p:DfuEdition=local >"$log" 2>&1; then
    grep -E 'error|warning' "$log" | LC_ALL=C sort -u | head -n 20 >&2
    echo "dfu: restoring the packages failed" >&2
    return 1
  fi
}
