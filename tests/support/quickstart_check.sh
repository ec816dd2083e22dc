#!/usr/bin/env bash
# Runs the demo command given and looks at what a newcomer would see: it ends well, in time, and shows numbers.
set -u
begin=$SECONDS
output=$("$@" 2>&1)
status=$?
seconds=$((SECONDS - begin))
printf '%s\n' "$output"
passed=0
failed=0

# expect WHAT COMMAND...
expect() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "quickstart: $what"
    fi
}

expect "exit status $status, not 0" [ $status -eq 0 ]
expect "took $seconds s, more than 5 minutes" [ $seconds -le 300 ]
# Its weeks by source, added up, are all it generated: a worker that left too early would show here.
weeks() {
    awk '
        /^Tokens by source/ { on = 1 }
        /^Top models/ { on = 0 }
        on && /^2025-/ { gsub(",", ""); sum += $3 }
        END { print sum + 0 }' <<<"$output"
}
said() { sed -n 's/.*workers counted \([0-9]*\) events.*/\1/p' <<<"$output"; }
expect "its weeks hold $(weeks) events, not $(said)" [ "$(weeks)" = "$(said)" ]
expect "no line with a model and its numbers" grep -qE '[a-z0-9-]+/[a-z0-9.-]+.*[0-9]{2,}' <<<"$output"
echo "note: the quickstart took $seconds s"
echo "quickstart: $passed passed, $failed failed"
[ $failed -eq 0 ]
