#!/usr/bin/env bash
# A test program runs the cases that are named: tests/support/filter_check.sh PROGRAM, one with two cases or more.
set -u -o pipefail
program=$1
mapfile -t cases < <("$program" --list | sed 's/^ *//')
passed=0
failed=0

# expect WHAT STATUS PATTERN ARGUMENT...: how the program ends, and a line of what it says.
expect() {
    local what=$1 status=$2 pattern=$3 said
    shift 3
    said=$("$program" "$@" 2>&1)
    if [ $? -eq "$status" ] && grep -qE -- "$pattern" <<<"$said"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s:\n%s\n' "$what" "$said"
    fi
}

expect "all cases" 0 ": ${#cases[@]} passed, 0 failed$"
expect "one by its name" 0 ': 1 passed, 0 failed$' "${cases[0]}"
expect "two by their names" 0 ': 2 passed, 0 failed$' "${cases[1]}" "${cases[0]}"
expect "all by what no name lacks" 0 ": ${#cases[@]} passed, 0 failed$" ""
expect "a name of no case" 1 '^No case has "xyzzy" in its name. The cases are:$' xyzzy
expect "a name of no case beside one that is" 1 "^    ${cases[1]}$" "${cases[0]}" xyzzy
echo "filter: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ ${#cases[@]} -gt 1 ]
