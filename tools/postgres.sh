#!/usr/bin/env bash
# The PostgreSQL server that the tests of the run history and of `ecom-lake pull` talk to.
#   tools/postgres.sh        install Debian's package where there is none and we may; else those tests skip
#   tools/postgres.sh run    print the URL of an empty database, and serve it on a socket until the standard input ends
set -euo pipefail
# Empty where there is no PostgreSQL.
programs="$(command -v pg_config >/dev/null && pg_config --bindir || find /usr/lib/postgresql -name bin 2>/dev/null | sort -V | tail -1 || true)"

if [ "${1:-}" != run ]; then
    [ -n "$programs" ] && [ -x "$programs/initdb" ] && exit 0
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null && exit 0
    fi
    echo "No PostgreSQL here: the tests on it will be skipped. Install Debian's package 'postgresql' to run them."
    exit 0
fi

folder="$(mktemp -d)"
as_owner=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    as_owner=(runuser -u postgres --)
    chown postgres "$folder"
fi
stop() {
    "${as_owner[@]}" "$programs/pg_ctl" stop -D "$folder/data" -m immediate -s >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
"${as_owner[@]}" "$programs/initdb" -D "$folder/data" -A trust -U dagster -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
sed -i '1i local all guarded scram-sha-256' "$folder/data/pg_hba.conf" # the user `guarded`, if a test creates it, needs a password
"${as_owner[@]}" "$programs/pg_ctl" start -w -s -D "$folder/data" -l "$folder/log" -o "-k $folder -c listen_addresses='' -c fsync=off"
"${as_owner[@]}" "$programs/createdb" -h "$folder" -U dagster dagster
echo "postgresql+psycopg2://dagster@/dagster?host=$folder"
cat >/dev/null
