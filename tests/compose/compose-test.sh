#!/bin/bash
# Purser in containers: builds the images, tests server and clients over the network, restarts both in between.
# The last line is `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

# A machine without a registry may be lent an engine by what lies beside the project.
if ! docker info >/dev/null 2>&1 && [ -x ../shared/tools/docker-engine ]; then
    ../shared/tools/docker-engine >&2
fi
if ! docker info >/dev/null 2>&1; then
    echo "1 skipped: no container engine answers (try: apt-get install docker.io docker-compose)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
else
    compose=(docker-compose)
fi
compose+=(-p "purser-test-$$")
export PURSER_PORT=${PURSER_PORT:-0} DOCKER_BUILDKIT=0 COMPOSE_DOCKER_CLI_BUILD=0

passed=0 failed=0 skipped=0
log=$(mktemp)
clean_up() {
    [ "$failed" -eq 0 ] || "${compose[@]}" logs --no-color --tail=60 database server
    "${compose[@]}" --profile tools down -v --remove-orphans --rmi local >/dev/null 2>&1
    rm -f "$log"
}
trap clean_up EXIT

check() { # name, command …
    local name=$1
    shift
    if "$@" >"$log" 2>&1; then
        echo "passed  $name"
        passed=$((passed + 1))
    else
        echo "FAILED  $name"
        tail -40 "$log"
        failed=$((failed + 1))
        return 1
    fi
}

# A phase of the tests inside; its counts are added.
phase() { # name
    echo "--- $1"
    "${compose[@]}" run --rm -T tests "$1" </dev/null 2>&1 | tee "$log"
    local counts
    counts=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1 | tr -dc '0-9 ')
    read -r p f s <<<"${counts:-0 1 0}"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
}

wait_healthy() { # service
    local id
    id=$("${compose[@]}" ps -q "$1")
    for _ in $(seq 120); do
        [ "$(docker inspect -f '{{.State.Health.Status}}' "$id")" = healthy ] && return 0
        sleep 1
    done
    return 1
}

check "the images build from Debian packages" "${compose[@]}" --profile tools build -q &&
    check "database and server come up" "${compose[@]}" up -d database server &&
    check "the server is healthy" wait_healthy server && {
    phase found
    check "the server restarts" "${compose[@]}" restart server
    check "the server is healthy again" wait_healthy server
    phase after-server-restart
    check "the database restarts under the server" "${compose[@]}" restart database
    check "the database is healthy again" wait_healthy database
    phase after-database-restart
    check "the server is killed and comes back" "${compose[@]}" kill -s KILL server
    check "the server starts" "${compose[@]}" up -d server
    check "the server is healthy after the kill" wait_healthy server
    phase after-kill
    check "every row is what the journal says" "${compose[@]}" exec -T server bash -c \
        'export PGPASSFILE=/run/purser-database/pgpass PURSER_DATA=/var/lib/purser
         PURSER_DATABASE="host=database dbname=purser user=purser" purserd verify'
    if [ -e tests/scenario/demo.sh ]; then
        check "the demo runs in its container" "${compose[@]}" run --rm -T demo
    else
        echo "skipped  the demo runs in its container: there is no demo yet"
        skipped=$((skipped + 1))
    fi
}

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
