#!/usr/bin/env bash
# What flushing costs, by programs of several versions in turns: tests/bench/flush.sh FLUSH_BENCH...
#
# Three rounds; of each program and way of working the line whose worker and Redis took least together is told, since a
# busy machine only adds.
set -u -o pipefail
[ $# -gt 0 ] || {
    echo "usage: tests/bench/flush.sh FLUSH_BENCH..."
    exit 1
}

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
for round in 1 2 3; do
    for program in "$@"; do
        "$program" | sed "s|^|$program |" >>"$lines" || {
            echo "flush: $program failed in round $round"
            exit 1
        }
    done
done
awk '{ key = $1 " " $2; sum = $4 + $7
       if (!(key in least)) { order[++count] = key }
       if (!(key in least) || sum < least[key]) { least[key] = sum; line[key] = $0 } }
     END { for (i = 1; i <= count; i++) print "note: " line[order[i]] }' "$lines"
echo "flush: 1 passed, 0 failed"
