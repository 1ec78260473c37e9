#!/usr/bin/env bash
# The MariaDB server that the tests of `ecom-lake pull` talk to.
#   tools/mariadb.sh        install Debian's package where there is none and we may; else those tests skip
#   tools/mariadb.sh run    print the URL of an empty database, and serve it on a socket until the standard input ends
set -euo pipefail
PATH="$PATH:/usr/sbin:/usr/local/sbin"

if [ "${1:-}" != run ]; then
    command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null && exit 0
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server >/dev/null && exit 0
    fi
    echo "No MariaDB here: the tests on it will be skipped. Install Debian's package 'mariadb-server' to run them."
    exit 0
fi

folder="$(mktemp -d)"
user=()
if [ "$(id -u)" = 0 ]; then # as the user of Debian's package
    user=(--user=mysql)
    chown mysql "$folder"
fi
server=""
stop() {
    [ -z "$server" ] || { kill -KILL "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; }
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
mariadb-install-db --no-defaults "${user[@]}" --datadir="$folder/data" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve >"$folder/log" 2>&1
{
    echo "create database shop character set utf8mb4;"
    echo "create user owner@localhost;"
    echo "grant all on *.* to owner@localhost with grant option;"
} >"$folder/start.sql"
mariadbd --no-defaults "${user[@]}" --datadir="$folder/data" --socket="$folder/socket" --pid-file="$folder/pid" \
    --skip-networking --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --init-file="$folder/start.sql" \
    >>"$folder/log" 2>&1 </dev/null &
server=$!
if ! grep -q -m1 "ready for connections" <(tail -n +1 -f --pid="$server" "$folder/log"); then
    tail -5 "$folder/log" >&2
    exit 1
fi
echo "mariadb://owner@localhost/shop?unix_socket=$folder/socket"
cat >/dev/null
