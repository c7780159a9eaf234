#!/bin/bash
# Founds the city at the first start, puts the two invites where the tests find them, and serves.
set -euo pipefail

data=/var/lib/purser
export PGPASSFILE=/run/purser-database/pgpass
export PURSER_DATA=$data PURSER_DATABASE="host=database dbname=purser user=purser connect_timeout=5"
export PURSER_LISTEN=tls+tcp://0.0.0.0:4870 PURSER_ADVERTISE=tls+tcp://server:4870
rm -f /tmp/served

[ -e "$data/invites" ] || purserd init >/dev/null
install -m 600 "$data/invites" /invites/invites

purserd serve &
served=$!
trap 'kill -TERM $served' TERM INT

# Served means that it accepts connections.
until (exec 3<>/dev/tcp/127.0.0.1/4870) 2>/dev/null; do
    kill -0 $served 2>/dev/null || break
    sleep 0.2
done
touch /tmp/served
while kill -0 $served 2>/dev/null; do
    wait $served && exit 0
    code=$?
    kill -0 $served 2>/dev/null || exit $code
done
