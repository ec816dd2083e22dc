#!/usr/bin/env bash
# Builds docker/Dockerfile as it is and runs the image, without a Docker engine: buildah with chroot isolation, on a Debian 13 base
# made by debootstrap. Base and layers are kept under build/image, so that a second run needs little. Needs root.
# Last line: "image: N passed, N failed"; exit status 77 with a SKIP line if it cannot be had here.
set -u -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
place=${GENTALLY_BUILD:-$root/build}/image
unset GENTALLY_BUILD GENTALLY_TEST_KAFKA # ours, not settings of the program
. "$root/tests/support/install.sh"
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
base=localhost/gentally-base:trixie
image=localhost/gentally:test
passed=0
failed=0
container=
redis_pid=
broker_pid=

skip() {
    echo "SKIP image: $1"
    exit 77
}

b() { buildah --root "$place/storage" --runroot "$place/run" "$@"; }

clean_up() {
    trap - EXIT INT TERM
    for pid in $broker_pid $redis_pid; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    [ -z "$container" ] || { b umount "$container" && b rm "$container"; } >/dev/null 2>&1
}
trap clean_up EXIT
trap 'exit 143' INT TERM

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

# The base: a minimal Debian 13 with this machine's way to its package registry, if it has one of its own.
make_base() {
    local rootfs=$place/rootfs made
    b inspect --type image "$base" >/dev/null 2>&1 && return
    if [ ! -e "$rootfs.done" ]; then
        rm -rf "$rootfs"
        debootstrap --variant=minbase --include=ca-certificates trixie "$rootfs" >&2 || return 1
        touch "$rootfs.done"
    fi
    cp -r /etc/apt/apt.conf.d /etc/apt/auth.conf.d "$rootfs/etc/apt/" 2>/dev/null
    cp -rL /etc/ssl/certs/. "$rootfs/etc/ssl/certs/" 2>/dev/null
    made=$(b from scratch) && b add -q "$made" "$rootfs" / >/dev/null && b commit -q "$made" "$base" >/dev/null
    local status=$?
    b rm "$made" >/dev/null
    return $status
}

[ "$(id -u)" -eq 0 ] || skip "root (chroot isolation)"
need_packages buildah debootstrap redis-server binutils || skip "${missing_packages[*]}"
mkdir -p "$place"
make_base || skip "a Debian 13 base (debootstrap could not make one)"
# The unit tests run inside: a failing one fails the build.
b bud --pull=false --layers --build-arg DEBIAN=$base -f "$root/docker/Dockerfile" -t $image "$root" || {
    echo "image: 0 passed, 1 failed"
    exit 1
}
passed=1
container=$(b from --pull=false $image)
mount=$(b mount "$container")
share=$mount/tmp/share # a folder that both see
mkdir -p "$share" && chmod 1777 "$share"

# in_image COMMAND...: gentally, as the image's user
in_image() { chroot --userspec=65532:65532 "$mount" /usr/bin/env -i "${settings[@]}" /usr/local/bin/gentally "$@"; }
settings=(GENTALLY_LOG_LEVEL=warn)

user_is_nobody() { [ "$(b inspect --type image --format '{{.OCIv1.Config.User}}' $image)" = 65532:65532 ]; }
is_hardened() {
    local binary=$mount/usr/local/bin/gentally
    readelf -h "$binary" | grep -q 'Type: *DYN' && readelf -d "$binary" | grep -q BIND_NOW && readelf -lW "$binary" | grep GNU_STACK | grep -qv RWE
}
says_version() { in_image --version | grep '^gentally '; }
has_no_compiler() { [ ! -e "$mount/usr/bin/gcc" ] && [ ! -e "$mount/gentally" ]; }

# The whole way inside the image: its own broker, the host's Redis.
counts_events() {
    local port=$((20000 + RANDOM % 10000))
    redis-server --port $port --bind 127.0.0.1 --save '' --dir "$place" >"$place/redis.log" 2>&1 &
    redis_pid=$!
    in_image broker --listen-file /tmp/share/broker >"$place/broker.log" 2>&1 &
    broker_pid=$!
    local deadline=$((SECONDS + 20)) rows
    until [ -s "$share/broker" ] && redis-cli -p $port ping >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
    settings=(GENTALLY_LOG_LEVEL=warn GENTALLY_REDIS_URL=redis://127.0.0.1:$port GENTALLY_WINDOWS=month
        "GENTALLY_KAFKA_BOOTSTRAP_SERVERS=$(cat "$share/broker")")
    in_image setup && in_image generate --events 20000 >"$share/events.jsonl" && in_image produce <"$share/events.jsonl" &&
        in_image worker --drain || return 1
    rows=$(in_image summaries --rollup total --window month --format json | grep -o '"requests":[0-9]*' | cut -d: -f2 |
        awk "{ sum += \$1 } END { print sum }")
    [ "$rows" = 20000 ]
}

expect "runs as a user without a name" user_is_nobody
expect "the binary is hardened" is_hardened
expect "the image holds no compiler and no sources" has_no_compiler
expect "gentally --version" says_version
expect "gentally worker --check-config" in_image worker --check-config
expect "20,000 events are counted" counts_events
echo "note: the image holds $(du -sm --exclude=tmp "$mount" | cut -f1) MB, the base $(du -sm "$place/rootfs" | cut -f1) MB"
echo "image: $passed passed, $failed failed"
[ $failed -eq 0 ]
