# Getting what a fresh Debian lacks: sourced by tests/run and by runbooks/quickstart.
#
# Every need_* function returns at once, without a network, when all is there; otherwise it installs, says so on
# standard error, and answers 0, or 1 if it cannot be had, with one line that says what is missing.

build_packages=(cmake ninja-build gcc libc6-dev pkg-config librdkafka-dev libavro-dev libhiredis-dev libjansson-dev
    libcurl4-openssl-dev libmicrohttpd-dev zlib1g-dev libssl-dev)
test_packages=(libcunit1-dev liblua5.1-0-dev redis-server kcat prometheus sqlite3 python3 python3-venv curl openssl)
format_packages=(clang-format shfmt black)
lint_packages=(clang clang-tidy)
debug_packages=(gdb)
fuzz_packages=(clang libclang-rt-14-dev)
npm_packages=(npm nodejs)
go_packages=(golang-go)
deploy_packages=(groff-base systemd)
kafka_packages=(default-jre-headless maven)
reader_packages=(postgresql default-jdk-headless maven)

# Answers whether all the packages named are installed; sets missing_packages.
have_packages() {
    local installed package
    installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        awk '$1 == "installed" { printf "%s ", $2 }')"
    missing_packages=()
    for package; do
        [[ $installed == *" $package "* ]] || missing_packages+=("$package")
    done
    [ ${#missing_packages[@]} -eq 0 ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# apt-get install, without starting what is installed: a Redis of Debian's own would be in nobody's hands.
apt_install() {
    local policy=/usr/sbin/policy-rc.d made=no status
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null && as_root chmod +x $policy && made=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >&2
    status=$?
    [ $made = no ] || as_root rm -f $policy
    return $status
}

need_packages() {
    have_packages "$@" && return 0
    if ! command -v apt-get >/dev/null; then
        echo "missing: ${missing_packages[*]} (no apt-get here: install them by hand)"
        return 1
    fi >&2
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        echo "missing: ${missing_packages[*]} (apt-get needs root or sudo)"
        return 1
    fi >&2
    echo "installing ${missing_packages[*]}" >&2
    local wanted=("${missing_packages[@]}")
    if [ -z "${apt_is_updated:-}" ]; then
        as_root apt-get -qq update >&2
        apt_is_updated=yes
    fi
    apt_install "${wanted[@]}" && have_packages "${wanted[@]}" && return 0
    echo "missing: ${missing_packages[*]} (apt-get could not install them)" >&2
    return 1
}

# A Python that can make a virtual environment and has sqlite3: Debian's own first, then whatever is called python3.
find_python() {
    local python
    for python in /usr/bin/python3 "$(command -v python3)"; do
        [ -x "$python" ] && "$python" -c '
import ensurepip, sqlite3, sys, venv
sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$python" && return 0
    done
    return 1
}

# need_venv FOLDER REQUIREMENTS: a virtual environment with exactly what the file pins.
need_venv() {
    local folder=$1 requirements=$2 python
    cmp -s "$requirements" "$folder/requirements.txt" && "$folder/bin/python" -c pass 2>/dev/null && return 0
    python=$(find_python) || {
        echo "missing: Python 3.11 or newer with venv and sqlite3" >&2
        return 1
    }
    echo "installing the Python packages of $(basename "$requirements")" >&2
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2 &&
        "$folder/bin/pip" --quiet --disable-pip-version-check install --only-binary :all: -r "$requirements" >&2 &&
        cp "$requirements" "$folder/requirements.txt" && return 0
    echo "missing: the Python packages of $(basename "$requirements") (pip could not install them)" >&2
    return 1
}

# npm and node, of whoever's make: Debian's own brings some hundred packages, so only where none is.
need_npm() {
    command -v node >/dev/null && command -v npm >/dev/null && return 0
    need_packages "${npm_packages[@]}"
}

# go, of whoever's make, for modules whose files are read; Debian 12's own downloads them, and builds none of today's.
need_go() {
    command -v go >/dev/null || need_packages "${go_packages[@]}"
}

# need_node_modules FOLDER SOURCE: exactly what SOURCE/package-lock.json pins, installed in FOLDER.
need_node_modules() {
    local folder=$1 source=$2
    cmp -s "$source/package-lock.json" "$folder/installed" && return 0
    echo "installing the packages of ${source#"$root"/}/package-lock.json" >&2
    mkdir -p "$folder" && rm -f "$folder/installed"
    cp "$source"/package.json "$source"/package-lock.json "$source"/.npmrc "$folder/" &&
        (cd "$folder" && npm ci --ignore-scripts --prefer-offline --fetch-retries=1 --loglevel=error) >&2 &&
        cp "$source/package-lock.json" "$folder/installed" && return 0
    echo "missing: the packages of ${source#"$root"/}/package.json (npm could not install them)" >&2
    return 1
}

# need_kafka ROOT: Java, and Kafka's jars as tests/kafka/broker keeps them.
need_kafka() {
    [ -x "$1/tests/kafka/broker" ] || {
        echo "missing: tests/kafka/broker" >&2
        return 1
    }
    if command -v java >/dev/null && "$1/tests/kafka/broker" install >/dev/null 2>&1; then return 0; fi
    need_packages "${kafka_packages[@]}" && "$1/tests/kafka/broker" install >&2
}
