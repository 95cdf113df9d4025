#!/usr/bin/env bash
# A day at a line, played with virtual devices: docs/day.md tells what happens. Takes about two minutes and leaves nothing behind.
set -euo pipefail
dfu=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)/dfu
day=$(mktemp -d)
cd "$day"
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$day"' EXIT

step() { printf '\n%s\n' "# $*"; }
run() { printf '\n$ dfu %s\n' "$*"; "$dfu" "$@" || printf '[exit code %s]\n' $?; }
until_ready() { # waits for what began last to print its line
  until grep -q ^ready "$1"; do kill -0 $! 2>/dev/null || exit 4; sleep 0.2; done
}
until_campaign() { # waits until the campaign's document has this in it
  until "$dfu" campaign show last --json 2>/dev/null | tr -d ' \n' | grep -q "$1"; do sleep 1; done
}

step "The firmware of the day."
head -c 60000 /dev/urandom > app.bin
"$dfu" keys generate key.pem > public.pem
run package create --application app.bin --application-version 2 --hw-version 52 --sd-req 0x0100 --key key.pem -o app.zip

step "Sixteen units come down the line, one every four seconds; one has a board of another revision. The second dongle will fall out for half a minute."
"$dfu" simulate --listen 127.0.0.1:0 --listen 127.0.0.1:0 --devices 16 --mode app --arrive 4s --other-hardware 1 --drop-rate 0.01 \
  --firmware-revision 1.0 --outage 2:45s-100s > simulate.out &
until_ready simulate.out
read -r _ first second < simulate.out

step "The station."
"$dfu" serve --urls none --name station-1 --data-dir server --adapter "bridge:tcp://$first" --adapter "bridge:tcp://$second" > serve.out &
until_ready serve.out
DFU_GATEWAY=$(sed -n 's/^ready .* gateway //p' serve.out)
export DFU_GATEWAY

step "The campaign: whatever advertises as App is taken, until fifteen are updated; two go first, and somebody looks at them."
cat > line.yaml <<'YAML'
name: Line 4, early shift
package: app.zip
publicKey: public.pem
targets: {name: App, feed: true, count: 15}
groups:
  - {name: canary, count: 2, approval: true, errors: {count: 1}}
  - {name: the rest}
errors: {count: 5, action: pause}
YAML
cat line.yaml
run campaign check -f line.yaml
run campaign create -f line.yaml
until_campaign '"reason":"approval"'
run campaign show last
run campaign approve last

step "The foreman needs the air for a minute: pause. What is under way is finished."
run campaign pause last
run campaign list
run campaign resume last

step "The dongle falls out; its units go to the other one, and it comes back by itself."
for _ in {1..60}; do
  "$dfu" adapter list --json | tr -d ' \n' | grep -qE '"state":"(recovering|testing|quarantined|opening)"' && break
  sleep 1
done
run adapter list

step "The line runs to its end."
run campaign watch last
run adapter list

step "The bad unit, and a good one."
run campaign show last
run device list
bad=$("$dfu" campaign report last --format csv | awk -F, '$3 == "failed" { print $1; exit }')
good=$("$dfu" campaign report last --format csv | awk -F, '$3 == "updated" { print $1; exit }')
run device show "$bad"
run device show "$good"

step "The report, and who did what."
run campaign report last -o report.html
run audit
