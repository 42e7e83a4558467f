#!/usr/bin/env bash
# Installs what the tests use and this machine lacks: Debian packages, a Python environment below target/, cargo-nextest.
set -euo pipefail
cd "$(dirname "$0")/.."

# One line for each program (or file) that a test needs, and the Debian package that has it.
programs='
cc gcc
c++ g++
make make
git git
curl curl
nc netcat-openbsd
psql postgresql-client
/usr/lib/postgresql/15/bin/postgres postgresql-15
/usr/share/java/postgresql.jar libpostgresql-jdbc-java
redis-cli redis-tools
redis-server redis-server
ssh openssh-client
openssl openssl
dig bind9-dnsutils
javac default-jdk-headless
node nodejs
npm npm
python3 python3
setpriv util-linux
getent libc-bin
dash dash
strace strace
gdb gdb
go golang-go
musl-gcc musl-tools
'

missing_packages() {
    while read -r program package; do
        [ -z "$program" ] || command -v "$program" >/dev/null || [ -e "$program" ] || echo "$package"
    done <<<"$programs"
    python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    [ -e /usr/include/liburing.h ] || echo liburing-dev
    # Where the machine runs 32-bit programs, the tests make some.
    [ "$(uname -m)" != x86_64 ] || echo 'int main() {}' | cc -m32 -x c -o /dev/null - 2>/dev/null || echo gcc-multilib libc6-dev-i386
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
    mapfile -t packages < <(missing_packages | tr ' ' '\n')
    [ "${#packages[@]}" -gt 0 ] || return 0
    echo "installing ${packages[*]}"
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "install.sh: cannot install packages here; the tests need: ${packages[*]}" >&2
        return 1
    fi
    as_root apt-get update -qq
    # RUNLEVEL=1: servers among them are not started.
    as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
}

install_python() {
    local venv=target/venv
    [ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
    "$venv/bin/python3" -c 'import pytest, xdist, pytest_asyncio, requests, httpx, h2, aiohttp, dns, elasticsearch, redis, psycopg2, psycopg, asyncpg' 2>/dev/null ||
        "$venv/bin/python3" -m pip install --quiet pytest pytest-xdist pytest-asyncio requests 'httpx[http2]' aiohttp dnspython 'elasticsearch>=8,<9' redis \
            psycopg2-binary 'psycopg[binary]' asyncpg
}

install_node() {
    { [ -d target/node_modules/@elastic/elasticsearch ] && [ -d target/node_modules/ioredis ] && [ -d target/node_modules/pg ]; } ||
        npm install --silent --no-audit --no-fund --no-save --prefix target @elastic/elasticsearch@8 ioredis pg@8
}

install_nextest() {
    cargo nextest --version >/dev/null 2>&1 || cargo install cargo-nextest --locked
}

# Tests build projects of their own.
fetch_crates() {
    cargo fetch --quiet --locked
    cargo fetch --quiet --locked --manifest-path tests/payment/Cargo.toml
}

install_packages
install_python
install_node
install_nextest
fetch_crates
