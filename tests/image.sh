#!/usr/bin/env bash
# The container image: builds docker/Dockerfile with buildah, looks at what came out, and runs the whole job from it.
#
# Needs no Docker engine, no registry of images and no init: the base is debootstrap's Debian 13, cut down as
# debian:trixie-slim is, and commands run in the image as `docker run --read-only --cap-drop=ALL
# --security-opt=no-new-privileges` would run them, in a mount namespace of their own that leaves nothing mounted.
# The base and the layers stay in build/image, so that a repeat builds only what changed, and asks no network.
set -u -o pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${GENTALLY_BUILD:-$root/build}/image
for name in $(compgen -e GENTALLY_); do unset "$name"; done # settings of the tests, which the binary would refuse
. "$root/tests/support/install.sh"

packages=(buildah debootstrap redis-server openssl binutils util-linux)
events=20000
passed=0
failed=0
place=
container=
demo_container=
pids=()

skip() {
    echo "SKIP image: $*"
    exit 77
}

# Everything started here is ended here, by its own number.
clean_up() {
    trap - EXIT INT TERM
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    # A build that failed leaves its containers, and buildah its storage, mounted.
    local name
    for name in $container $demo_container; do store umount "$name" && store rm "$name"; done >/dev/null 2>&1
    [ -z "${driver:-}" ] || store rm --all >/dev/null 2>&1
    umount "$home"/storage-*/overlay/*/merged "$home"/storage-*/overlay 2>/dev/null
    [ -z "$place" ] || rm -rf "$place"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# expect WHAT COMMAND...: one test case; its output is shown when it fails.
expect() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok   $what"
    else
        failed=$((failed + 1))
        echo "FAIL $what"
        tail -n 15 <<<"$output" | sed 's/^/     /'
    fi
}

# ---- the base and the build

# Overlay shares what layers have in common; vfs copies it, and works everywhere.
choose_driver() {
    local driver
    for driver in overlay vfs; do
        buildah --root "$home/storage-$driver" --runroot "$place/run" --storage-driver $driver info >/dev/null 2>&1 &&
            echo $driver && return 0
    done
    return 1
}

store() {
    buildah --root "$home/storage-$driver" --runroot "$place/run" --storage-driver "$driver" "$@"
}

# The mirror and the proxy that this machine's apt uses for Debian; nothing where it has none of its own.
host_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1
}
host_proxy() {
    apt-config dump 2>/dev/null | grep -E '^Acquire::https?::(Proxy|CAInfo|Verify-Peer)' || true
}

# make_base TARBALL: as debian:trixie-slim, without the documentation and apt's caches.
make_base() {
    local rootfs=$place/rootfs
    debootstrap --variant=minbase trixie "$rootfs" $(host_mirror) >"$home/debootstrap.log" 2>&1 || return 1
    printf 'path-exclude /usr/share/%s/*\n' doc man info locale lintian >"$rootfs/etc/dpkg/dpkg.cfg.d/docker"
    printf 'path-include /usr/share/doc/*/copyright\n' >>"$rootfs/etc/dpkg/dpkg.cfg.d/docker"
    printf 'Dir::Cache { pkgcache ""; srcpkgcache ""; };\nAcquire::Languages "none";\n%s\n%s\n' \
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' "$(host_proxy)" \
        >"$rootfs/etc/apt/apt.conf.d/docker"
    find "$rootfs"/usr/share/{doc,man,info,locale} -type f ! -name copyright -delete
    rm -rf "$rootfs"/var/cache/apt/* "$rootfs"/var/lib/apt/lists/* "$rootfs"/var/log/*
    tar -C "$rootfs" --one-file-system --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* -czf "$1.part" . &&
        mv "$1.part" "$1" && rm -rf "$rootfs"
}

# Another recipe is another base.
need_base() {
    local stamp tarball working
    stamp=$(declare -f make_base | cksum | cut -d ' ' -f 1)
    base=localhost/debian:$stamp
    tarball=$home/base-$stamp.tar.gz
    [ -s "$tarball" ] || make_base "$tarball" ||
        skip "a Debian 13 base: debootstrap: $(tail -n 1 "$home/debootstrap.log")"
    store inspect --type image "$base" >/dev/null 2>&1 && return 0
    working=$(store from scratch) && store add --quiet "$working" "$tarball" / >/dev/null &&
        store commit --quiet --rm "$working" "$base" >/dev/null
}

# build TAG [OPTION...]: from our Dockerfile, taking unchanged steps from the last run. Without the page: Debian's npm
# is most of a build's time, and the page lane looks at the page. A HEALTHCHECK is not in OCI's own format.
build() {
    store bud --isolation chroot --layers --format docker \
        --build-arg DEBIAN="$base" --build-arg REPORT=off --build-arg REVISION=abc \
        -f "$root/docker/Dockerfile" -t "$@" "$root" \
        >>"$home/build.log" 2>&1
}

# A network that cannot be had is no fault of the image; a name that does not exist is.
build_or_skip() {
    build gentally-build --target build && build gentally && build gentally-demo --target demo && return 0
    local reason
    reason=$(grep -E 'Temporary failure resolving|Could not connect to|Failed to fetch' "$home/build.log" | tail -n 1)
    [ -z "$reason" ] || skip "Debian's packages: $reason"
    echo "FAIL docker/Dockerfile builds"
    tail -n 40 "$home/build.log" | sed 's/^/     /'
    echo "image: 0 passed, 1 failed"
    exit 1
}

# ---- the image at rest

image_config() { store inspect --type image --format "{{.OCIv1.Config.$1}}" gentally; }

is_config() {
    local got
    got=$(image_config "$1")
    echo "$1 is $got, not $2"
    [ "$got" = "$2" ]
}

# What its HEALTHCHECK runs, on a worker in it.
is_found_well() {
    local port command
    port=$(free_port)
    command=$(store inspect --type image --format '{{range .Docker.Config.Healthcheck.Test}}{{.}} {{end}}' gentally)
    echo "HEALTHCHECK: $command"
    [ "$command" = "CMD /usr/local/bin/gentally health " ] || return 1
    says HEALTH-FAILED run_in_image GENTALLY_METRICS_LISTEN="0.0.0.0:$port" ${command#CMD } || return 1
    in_image "${settings[@]}" GENTALLY_METRICS_LISTEN="0.0.0.0:$port" gentally worker >"$place/worker.log" 2>&1 &
    pids+=($!)
    wait_for "a worker that is well" run_in_image GENTALLY_METRICS_LISTEN="0.0.0.0:$port" ${command#CMD }
}

# Its labels are what an operator finds it by.
is_labelled() {
    local version labels
    version=$(run_in_image gentally --version | sed -n '1s/^gentally \([^ ]*\) .*/\1/p')
    labels=" $(image_config Labels | tr -s '[]' ' ')"
    echo "$version: $labels"
    [ -n "$version" ] && grep -qF " org.opencontainers.image.version:$version " <<<"$labels" &&
        grep -qF ' org.opencontainers.image.revision:abc ' <<<"$labels" &&
        grep -qF ' org.opencontainers.image.licenses:Apache-2.0 ' <<<"$labels"
}

# Every package that dpkg knows in the image, and no other: the list was made in it.
lists_its_packages() {
    local sbom=$mount/usr/share/doc/gentally/sbom.cdx.json known listed
    known=$(dpkg-query --root "$mount" -W -f '${Package}=${Version}\n' | sort)
    listed=$(sed -n 's/.*"type": "library".* "name": "\([^"]*\)", "version": "\([^"]*\)".*/\1=\2/p' "$sbom" | sort)
    diff <(echo "$known") <(echo "$listed") && grep -q '^librdkafka1=' <<<"$listed"
}

runs_as() {
    local got
    got=$(store run --isolation chroot "$container" -- id -u)
    echo "runs as $got"
    [ "$got" = 65532 ]
}

unit_tests_ran() {
    local working tests
    working=$(store from gentally-build) || return 1
    tests=$(store run --isolation chroot "$working" -- cat build/Testing/Temporary/LastTest.log)
    store rm "$working" >/dev/null
    echo "$(grep -c '^Test Passed' <<<"$tests") passed, $(grep -c '^Test Failed' <<<"$tests") failed"
    [ "$(grep -c '^Test Passed' <<<"$tests")" -ge 30 ] && ! grep -q '^Test Failed' <<<"$tests"
}

is_hardened() {
    local elf
    elf=$(readelf -W --file-header --program-headers --dynamic --dyn-syms "$mount/usr/local/bin/gentally") || return 1
    grep -E 'Type:|GNU_STACK|GNU_RELRO|FLAGS|PATH' <<<"$elf"
    grep -qE 'FLAGS_1.* PIE' <<<"$elf" && grep -q 'BIND_NOW' <<<"$elf" && grep -q 'GNU_RELRO' <<<"$elf" &&
        grep -qE 'GNU_STACK .* RW +0x' <<<"$elf" && grep -q '__stack_chk_fail' <<<"$elf" &&
        grep -q '__snprintf_chk\|__memcpy_chk' <<<"$elf" && ! grep -qE '\((RPATH|RUNPATH|TEXTREL)\)' <<<"$elf"
}

has_no_build_things() {
    local path
    for path in gentally usr/bin/gcc usr/bin/cmake usr/include/librdkafka root/.git; do
        [ ! -e "$mount/$path" ] || { echo "/$path is in the image" && return 1; }
    done
}

# What makes traffic, and the broker in memory, are in the image of compose's producer alone.
has_no_demo() {
    [ ! -e "$mount/usr/local/bin/gentally-demo" ] || { echo "gentally-demo is in the image" && return 1; }
    [ -x "$demo_mount/usr/local/bin/gentally-demo" ] || { echo "gentally-demo is not in the demo's image" && return 1; }
    says "^gentally: there is no 'generate'" run_in_image gentally generate --help
}

# ---- the image at work

# in_image [NAME=VALUE...] COMMAND...: read-only, without a right; what the container is given is under /mnt. What waits
# for a server that never comes is stopped after $limit seconds.
limit=90
in_image() {
    exec unshare --mount --propagation private /bin/sh -ec '
        mount --bind "$0" "$0"
        mount -o remount,bind,ro "$0"
        mount --bind -o ro "$1" "$0/mnt"
        mount -t proc proc "$0/proc"
        mount --rbind /dev "$0/dev"
        image=$0 limit=$2
        shift 2
        exec chroot "$image" /usr/bin/setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs \
            --bounding-set=-all /usr/bin/timeout --foreground "$limit" \
            /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin "$@"' \
        "$mount" "$place/given" "$limit" "$@"
}
run_in_image() { (in_image "$@"); }

# wait_for WHAT COMMAND...
wait_for() {
    local what=$1 deadline=$((SECONDS + 20))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || { echo "waited 20 s for $what" && return 1; }
        sleep 0.05
    done
}

# Where no other suite draws its ports from; the nine behind it come with it.
free_port() {
    local port
    while port=$((30000 + RANDOM % 270 * 10)) && (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do :; done
    echo $port
}

# start_redis PORT OPTION...
start_redis() {
    redis-server --bind 127.0.0.1 --port "$1" --dir "$place" --save '' --appendonly no \
        --maxmemory-policy noeviction "${@:2}" >"$place/redis-$1.log" 2>&1 &
    pids+=($!)
}

# start_broker NAME
start_broker() {
    (limit=1000 mount=$demo_mount && in_image gentally-demo broker --partitions 4) \
        >"$place/$1" 2>"$place/$1.log" &
    pids+=($!)
}
is_broker() { wait_for "the broker" grep -qE ':[0-9]+$' "$place/$1"; }

# settle BROKER REDIS_URL: what the binary is told of its surroundings.
settle() {
    settings=(
        GENTALLY_KAFKA_BOOTSTRAP_SERVERS="$(tail -n 1 "$place/$1")"
        GENTALLY_REDIS_URL="$2"
        GENTALLY_WINDOWS=day,week,month GENTALLY_KAFKA_SESSION_TIMEOUT_MS=6000 GENTALLY_LOG_LEVEL=warn
    )
}

# certificate NAME HOST: signed by an authority of our own, which only /mnt/ca.pem makes trusted.
certificate() {
    local common=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -x509)
    [ -s "$place/given/ca.pem" ] || openssl req "${common[@]}" -subj "/CN=authority" \
        -keyout "$place/ca.key" -out "$place/given/ca.pem" 2>>"$place/openssl.log" || return 1
    openssl req "${common[@]}" -subj "/CN=$1" -addext "subjectAltName=$2" -addext basicConstraints=critical,CA:FALSE \
        -CA "$place/given/ca.pem" -CAkey "$place/ca.key" -keyout "$place/$1.key" -out "$place/$1.pem" \
        2>>"$place/openssl.log" || { cat "$place/openssl.log" && return 1; }
}

# tls_options PORT NAME
tls_options() {
    echo --tls-port "$1" --tls-auth-clients no --tls-cert-file "$place/$2.pem" --tls-key-file "$place/$2.key"
}

over_tls_cli() { redis-cli -p "$1" --tls --cacert "$place/given/ca.pem" "${@:2}"; }

# start_tls_nodes PORT: three servers that speak TLS alone, to each other, too, on the ports from this one on.
start_tls_nodes() {
    local at
    for at in 0 1 2; do
        start_redis 0 $(tls_options $(($1 + at)) own) --tls-ca-cert-file "$place/given/ca.pem" --tls-cluster yes \
            --cluster-enabled yes --cluster-config-file "nodes-$at.conf" --cluster-port $(($1 + 3 + at))
    done
}

is_whole() { over_tls_cli "$1" cluster info | grep -q cluster_state:ok; }

# join_tls_nodes PORT: they become the primaries of a cluster.
join_tls_nodes() {
    local port
    for port in "$1" $(($1 + 1)) $(($1 + 2)); do
        wait_for "a node" over_tls_cli "$port" ping || return 1
    done
    over_tls_cli "$1" --cluster create "127.0.0.1:$1" "127.0.0.1:$(($1 + 1))" "127.0.0.1:$(($1 + 2))" \
        --cluster-yes || return 1
    for port in "$1" $(($1 + 1)) $(($1 + 2)); do
        wait_for "the cluster" is_whole "$port" || return 1
    done
}

# certify PORT NAME: another certificate, for who connects from now on.
certify() {
    says '^OK$' over_tls_cli "$1" config set tls-cert-file "$place/$2.pem" tls-key-file "$place/$2.key"
}

# Counters are on all three.
is_spread() {
    local port
    for port in "$1" $(($1 + 1)) $(($1 + 2)); do
        echo "$port has $(over_tls_cli "$port" dbsize) keys"
        [ "$(over_tls_cli "$port" dbsize)" -gt 0 ] || return 1
    done
}

# asks URL [NAME=VALUE...]: one question to a Redis, that may not take long.
asks() {
    run_in_image "${settings[@]}" GENTALLY_REDIS_TIMEOUT_MS=1000 "${@:2}" GENTALLY_REDIS_URL="$1" \
        timeout 20 gentally top --rollup model --window week --limit 5
}

# A Redis that takes the connection and never says a word.
is_patient_with_the_mute() {
    local status
    kill -STOP "$mute"
    says 'STORE-UNREACHABLE.*TLS' asks "rediss://127.0.0.1:$foreign_port" "$trust"
    status=$?
    kill -CONT "$mute"
    return $status
}

says() {
    local want=$1 output
    shift
    output=$("$@" 2>&1)
    printf '%s\n' "$output"
    grep -qE "$want" <<<"$output"
}

# As the producer of docker/compose.yaml has it: a shell's pipe, read-only, in the demo's image.
produces() {
    local pipe="gentally-demo generate --events $events --seed 1 | gentally produce"
    (mount=$demo_mount && in_image "${settings[@]}" /bin/sh -c "$pipe")
}

counts_all() {
    local rows sum
    rows=$(run_in_image "${settings[@]}" gentally summaries --rollup total --window month --format csv) || return 1
    sum=$(awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == "requests") at = i }
        NR > 1 { n += $at }
        END { print n + 0 }' <<<"$rows")
    printf '%s\nadd up to %s requests, not %s\n' "$rows" "$sum" "$events"
    [ "$sum" = "$events" ]
}

# ----

[ "$(id -u)" -eq 0 ] || skip "root, to make a root file system"
need_packages "${packages[@]}" || skip "${missing_packages[*]}"
unshare --mount true 2>/dev/null || skip "the right to mount"
mkdir -p "$home"
place=$(mktemp -d "$home/run.XXXXXX")
chmod 755 "$place"
mkdir -p "$place/given" "$place/tmp"
export TMPDIR=$place/tmp
driver=$(choose_driver) || skip "a storage driver for buildah"
: >"$home/build.log"
need_base || skip "a base image in buildah's store"
begin=$SECONDS
build_or_skip
echo "note: the image was built in $((SECONDS - begin)) s ($driver)"
store rmi --prune >/dev/null 2>&1
container=$(store from gentally)
mount=$(store mount "$container")
demo_container=$(store from gentally-demo)
demo_mount=$(store mount "$demo_container")
megabytes() { store images --format '{{.Size}}' "$1"; }
echo "note: the image has $(megabytes gentally), its base $(megabytes "$base")"

expect "it runs as a numeric user without a name" is_config User 65532:65532
expect "it starts the worker" is_config Entrypoint "[/usr/local/bin/gentally]"
expect "it is stopped by SIGTERM" is_config StopSignal SIGTERM
expect "its environment is a path, where metrics are served, and no more" \
    says '^\[PATH=[^ ]* GENTALLY_METRICS_LISTEN=0.0.0.0:9464\]$' image_config Env
expect "a process in it is that user" runs_as
expect "its labels tell version, revision and license" is_labelled
expect "it lists what it is made of" lists_its_packages
expect "unit tests ran when it was built" unit_tests_ran
expect "the binary is hardened" is_hardened
expect "nothing of the build is in it" has_no_build_things
expect "nothing that makes traffic is in it" has_no_demo
expect "--version" says '^gentally [0-9.]+ \(.*with TLS' run_in_image gentally --version
expect "--check-config on a read-only root" says 'configuration is good' run_in_image gentally worker --check-config

# One Redis that speaks both, one whose certificate is another's.
redis_port=$(free_port)
tls_port=$((redis_port + 1))
foreign_port=$((redis_port + 2))
trust=SSL_CERT_FILE=/mnt/ca.pem
expect "a certificate of our own" certificate own IP:127.0.0.1
expect "a certificate of another's" certificate foreign DNS:elsewhere.example
start_redis "$redis_port" $(tls_options "$tls_port" own)
start_redis 0 $(tls_options "$foreign_port" foreign)
mute=${pids[-1]}
expect "Redis answers" wait_for "Redis" redis-cli -p "$redis_port" ping
expect "the other Redis answers" wait_for "Redis" redis-cli -p "$foreign_port" --tls --cacert "$place/given/ca.pem" \
    --sni elsewhere.example ping
start_broker broker
expect "the broker starts" is_broker broker
settle broker "redis://127.0.0.1:$redis_port"
expect "setup" run_in_image "${settings[@]}" gentally setup --partitions 4
expect "generate | produce" produces
over_tls=("${settings[@]}" GENTALLY_REDIS_URL="rediss://127.0.0.1:$tls_port")
expect "worker --drain, Redis over TLS" run_in_image "${over_tls[@]}" "$trust" gentally worker --drain
expect "summaries hold every event" counts_all
expect "summaries print rows for people" says '[a-z0-9-]+/[a-z0-9.-]+.*[0-9]{2,}' \
    run_in_image "${settings[@]}" gentally summaries --rollup model --window week --limit 5
expect "its health check finds a worker well" is_found_well
expect "top, Redis over TLS" says '[a-z0-9-]+/[a-z0-9.-]+.*[0-9]{2,}' asks "rediss://127.0.0.1:$tls_port" "$trust"
expect "an authority nobody trusts is refused" says 'STORE-UNREACHABLE.*certificate: .*issuer' \
    asks "rediss://127.0.0.1:$tls_port"
expect "another host's certificate is refused" says 'STORE-UNREACHABLE.*certificate: .*mismatch' \
    asks "rediss://127.0.0.1:$foreign_port" "$trust"
expect "TLS to a port without is refused" says 'STORE-UNREACHABLE.*TLS' asks "rediss://127.0.0.1:$redis_port" "$trust"
expect "a server that never answers does not hang" is_patient_with_the_mute

# A cluster that speaks nothing but TLS. The broker in memory has the topics of one namespace: this is another broker.
cluster_port=$(free_port)
cluster=rediss+cluster://127.0.0.1:$cluster_port
start_tls_nodes "$cluster_port"
start_broker other-broker
expect "a cluster over TLS" join_tls_nodes "$cluster_port"
expect "a broker for it" is_broker other-broker
settle other-broker "$cluster"
expect "an authority nobody trusts is refused of a cluster, too" says 'STORE-UNREACHABLE.*certificate: self-signed' \
    asks "$cluster"
settings+=("$trust")
expect "setup, a cluster over TLS" run_in_image "${settings[@]}" gentally setup --partitions 4
expect "generate | produce, for it" produces
expect "worker --drain, a cluster over TLS" run_in_image "${settings[@]}" gentally worker --drain
expect "its counters are on all primaries" is_spread "$cluster_port"
expect "summaries of it hold every event" counts_all
expect "verify, a cluster over TLS" run_in_image "${settings[@]}" gentally verify
expect "top, a cluster over TLS" says '[a-z0-9-]+/[a-z0-9.-]+.*[0-9]{2,}' asks "$cluster" "$trust"
expect "a primary shows another host's certificate" certify $((cluster_port + 2)) foreign
expect "that primary is refused" says 'STORE-UNREACHABLE.*certificate: .*mismatch' asks "$cluster" "$trust"
expect "its own is taken again" certify $((cluster_port + 2)) own
expect "the primary is taken again" says '[a-z0-9-]+/[a-z0-9.-]+.*[0-9]{2,}' asks "$cluster" "$trust"

echo "image: $passed passed, $failed failed"
[ $failed -eq 0 ]
