#!/bin/bash
# Starts PostgreSQL for purserd; makes the cluster and a random password when they are not there.
set -euo pipefail

data=/var/lib/postgresql/data secret=/run/purser-database bin=/usr/lib/postgresql/15/bin
as_postgres() { runuser -u postgres -- "$@"; }

single() { # one statement a line, without a server
    as_postgres "$bin/postgres" --single -j -D "$data" "$1" >/dev/null
}

if [ ! -e "$data/PG_VERSION" ]; then
    chown postgres: "$data"
    as_postgres "$bin/initdb" --pgdata "$data" --encoding UTF8 --locale C.UTF-8 --data-checksums --auth-local peer \
        --auth-host scram-sha-256 >/dev/null
    echo "host purser purser samenet scram-sha-256" >>"$data/pg_hba.conf"
    printf 'CREATE ROLE purser LOGIN;\n\nCREATE DATABASE purser OWNER purser;\n\n' | single postgres
fi

# 10001 is the user purser of the server's image.
if [ ! -s "$secret/pgpass" ]; then
    password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    printf "ALTER ROLE purser PASSWORD '%s';\n\n" "$password" | single postgres
    install -o 10001 -g 10001 -m 600 /dev/null "$secret/pgpass"
    echo "*:*:purser:purser:$password" >"$secret/pgpass"
fi

exec setpriv --reuid postgres --regid postgres --init-groups "$bin/postgres" -D "$data" \
    -c listen_addresses='*' -c unix_socket_directories=/tmp
