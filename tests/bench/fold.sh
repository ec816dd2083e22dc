#!/usr/bin/env bash
# Instructions per event of decode + check + enrich + tally: tests/bench/fold.sh FOLD_BENCH
#
# Counted by callgrind, so that they do not depend on the machine's mood. The difference of two runs of different
# length, over the difference of their events: what a run costs once is in neither.
set -u -o pipefail
program=${1:?"usage: tests/bench/fold.sh FOLD_BENCH"}
few=20000
many=60000

command -v valgrind >/dev/null || {
    echo "SKIP fold: valgrind is missing"
    exit 77
}

# instructions EVENTS: of fold_all() and what it calls.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=fold_all \
        "$program" "$1" 1 2>&1 >/dev/null |
        sed -n 's/^.*Collected : //p'
}

less=$(instructions $few)
more=$(instructions $many)
if [ "${more:-0}" -le "${less:-0}" ] || [ "${less:-0}" -eq 0 ]; then
    echo "callgrind counted '$less' and '$more' instructions"
    echo "fold: 0 passed, 1 failed"
    exit 1
fi
echo "note: decode + check + enrich + tally: $(((more - less) / (many - few))) instructions/event"
echo "note: $("$program")"
echo "fold: 1 passed, 0 failed"
