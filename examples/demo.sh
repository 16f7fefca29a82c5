#!/usr/bin/env bash
# The first walk through Hardwon: past sessions in, lessons out, a new task told, feedback heard.
# Usage: examples/demo.sh PATH_TO_HARDWON
set -euo pipefail
hardwon=${1:?usage: examples/demo.sh PATH_TO_HARDWON}
here=$(cd "$(dirname "$0")" && pwd)
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
scope='user=ann,project=/home/ann/shop'
run() {
  printf '\n\033[1m$ hardwon %s\033[0m\n' "$*"
  "$hardwon" --store "$store" --scope "$scope" "$@" || [ $? -eq 1 ]
}

echo "Hardwon on three sessions of a coding agent and twelve deployments (written for this demo)."
run import "$here/logs"
run import "$here/deploys.jsonl"
run document add "$here/handbook.jsonl"
run remember --kind decision "Prices are stored in cents, as integers."
run lesson list
run recall "the tests fail after I switched node versions" -k 3
run recall "when may I release?" --kind document -k 1
task="Deploy the newsletter service to staging"
run recall "$task" -k 3
run inject --task "$task" --budget-tokens 300

# Feedback changes the order: what did not help goes down.
first=$("$hardwon" --store "$store" --scope "$scope" --json recall "$task" -k 3 |
  grep -o '"id":"[^"]*"' | head -n 1 | cut -d'"' -f4)
for _ in 1 2 3; do run feedback "$first" --outcome failure; done
echo
echo "The same question again: the lesson that failed three times went down."
run recall "$task" -k 3

cat <<TXT

That was a throw-away store. On your own logs:
  $hardwon import                     finds the logs of this user's agents and asks which
  $hardwon lesson list                what you keep saying, what cost you time
  $hardwon setup claude-code          the next session is told (shows the change, asks)
TXT
