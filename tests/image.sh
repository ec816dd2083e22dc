#!/usr/bin/env bash
# The container image: docker/Dockerfile as it stands, built and run, without a daemon and without a registry.
#
# buildah builds it; the base, debian:trixie-slim, is made by debootstrap from the distribution's own packages. The base
# is kept in build/image, the image is built anew each time. The program then runs inside the image, as the image's user:
# a pipeline over a broker of its own and the host's Redis.
set -u -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
place=${GENTALLY_BUILD:-$root/build}/image
. "$root/tests/support/install.sh"

# Ours, not settings of the program, which would refuse them as misspelt.
for name in $(compgen -e GENTALLY_); do unset "$name"; done

skip() {
    echo "SKIP image: $*"
    exit 77
}
[ "$(id -u)" -eq 0 ] || skip "root, to make a base image"
need_packages buildah debootstrap redis-server binutils || skip "${missing_packages[*]}"

events=20000
passed=0
failed=0
redis_pid=
container=
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$place/storage.conf

clean_up() {
    trap - EXIT INT TERM
    [ -z "$redis_pid" ] || { kill "$redis_pid" && wait "$redis_pid"; } 2>/dev/null
    [ -z "$container" ] || buildah rm "$container" >/dev/null
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# expect WHAT COMMAND...
expect() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok   $what"
    else
        failed=$((failed + 1))
        echo "FAIL $what"
    fi
}

finish() {
    echo "image: $passed passed, $failed failed"
    [ $failed -eq 0 ]
    exit
}

# inside COMMAND...: in a container of the image, as the image's user.
inside() { buildah run "${settings[@]}" "$container" -- "$@"; }
settings=()

# What the image's base is to a registry, made here once.
make_base() {
    local rootfs=$place/rootfs base
    buildah inspect --type image debian:trixie-slim >/dev/null 2>&1 && return 0
    rm -rf "$rootfs"
    debootstrap --variant=minbase trixie "$rootfs" || return 1
    # The way to the packages is the host's own: proxies, authorities and the like, if it has any.
    grep -ls '^Acquire::' /etc/apt/apt.conf /etc/apt/apt.conf.d/* | xargs -r cp -t "$rootfs/etc/apt/apt.conf.d"
    # As the distribution's own image has it: nobody needs a package flushed to disk in a layer that is not done yet.
    echo force-unsafe-io >"$rootfs/etc/dpkg/dpkg.cfg.d/speed"
    rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/lib/apt/lists/*
    base=$(buildah from scratch) &&
        buildah add --quiet "$base" "$rootfs" / &&
        buildah commit --quiet --rm "$base" debian:trixie-slim &&
        rm -rf "$rootfs"
}

is_hardened() {
    local facts
    facts=$(readelf --wide --file-header --program-headers --dynamic "$1")
    grep -q 'Type:.*DYN' <<<"$facts" && grep -q BIND_NOW <<<"$facts" && grep -q GNU_RELRO <<<"$facts" &&
        grep 'GNU_STACK' <<<"$facts" | grep -q 'RW ' && ! grep -q 'GNU_STACK.*RWE' <<<"$facts"
}

start_redis() {
    local deadline=$((SECONDS + 20))
    redis_port=$((20000 + RANDOM % 10000))
    redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$place" --save '' --appendonly no \
        --maxmemory-policy noeviction >"$place/redis.log" 2>&1 &
    redis_pid=$!
    until redis-cli -p "$redis_port" ping >/dev/null 2>&1; do
        kill -0 $redis_pid 2>/dev/null && [ $SECONDS -lt $deadline ] || return 1
        sleep 0.05
    done
}

# Run by the image's own shell; the broker is ended by its number, and by timeout should this shell be killed.
# shellcheck disable=SC2016
pipeline='
set -eu
place=$(mktemp -d)
timeout 300 gentally broker --listen-file "$place/broker" --partitions 4 &
broker=$!
trap "kill $broker; wait $broker || true; rm -rf $place" EXIT
until [ -s "$place/broker" ]; do kill -0 $broker; sleep 0.05; done
GENTALLY_KAFKA_BOOTSTRAP_SERVERS=$(cat "$place/broker")
export GENTALLY_KAFKA_BOOTSTRAP_SERVERS
gentally setup --partitions 4
gentally generate --events "$1" --seed 1 | gentally produce
gentally worker --drain
gentally summaries --rollup model --window week --by source'

mkdir -p "$place"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$place/storage" "$place/run" >"$place/storage.conf"
make_base || skip "a Debian base: debootstrap could not make one"

begin=$SECONDS
built=yes
buildah build --layers=false --file "$root/docker/Dockerfile" --tag gentally "$root" 2>&1 | tee "$place/build.log" || built=no
expect "the image builds" [ $built = yes ]
[ $built = yes ] || finish
expect "its build ran the unit tests" grep -qE '^100% tests passed.* out of [0-9]{2,}' "$place/build.log"
container=$(buildah from --pull-never gentally)
files=$(buildah mount "$container")
echo "note: the image is $(du -sm --one-file-system "$files" | cut -f 1) MB on disk, built in $((SECONDS - begin)) s"

expect "the image's user is 65532" [ "$(inside id -u)" = 65532 ]
expect "the program tells its version" inside gentally --version
expect "the program is hardened" is_hardened "$files/usr/local/bin/gentally"
expect "no compiler is left in the image" [ ! -e "$files/usr/bin/gcc" ]
expect "Redis of the host" start_redis
settings=(--env "GENTALLY_REDIS_URL=redis://127.0.0.1:$redis_port" --env GENTALLY_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9
    --env GENTALLY_WINDOWS=day,week,month --env GENTALLY_KAFKA_SESSION_TIMEOUT_MS=6000)
expect "the configuration is accepted" inside gentally worker --check-config
summaries=$(inside sh -c "$pipeline" pipeline "$events")
expect "the pipeline ends well" [ $? -eq 0 ]
printf '%s\n' "$summaries"
counted=$(awk '/^20[0-9-]+ / { gsub(",", "", $3); sum += $3 } END { print sum + 0 }' <<<"$summaries")
expect "the weeks' rows add up to all $events requests: $counted" [ "$counted" -eq "$events" ]
finish
