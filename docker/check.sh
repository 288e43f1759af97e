#!/usr/bin/env bash
# Brings docker-compose.yml up for real and looks at what it should come to; then removes all of it.
# BASE_IMAGE names a base that is here (base-image.sh makes one); PostgreSQL and Prometheus are made
# from Debian's packages on it. Grafana is in no package, and is left out. Needs the jars in target/.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

export TAG=check JARS=prebuilt BASE_IMAGE=${BASE_IMAGE:-mbank/base}
export POSTGRES_IMAGE=mbank/standin-postgres PROMETHEUS_IMAGE=mbank/standin-prometheus
export BANK_PORT=0 PROMETHEUS_PORT=0 GRAFANA_PORT=0 # free ones
readonly SECONDS_TO_SCRAPE=60

compose() { docker compose --project-name mbank-check --progress quiet "$@"; }
die() { printf 'docker/check.sh: %s\n' "$*" >&2; compose logs --tail 30 >&2; exit 1; }
holds() { [ "$2" = "$3" ] || die "$1: $2 (expected: $3)"; printf '%-44s %s\n' "$1" "${2//$'\n'/, }"; }
# in_volume VOLUME USER COMMAND...: with the volume as its working directory.
in_volume() {
  docker run --rm --network none --user "$2" --volume "mbank-check_$1:/volume:ro" --workdir /volume \
    --entrypoint "$3" mbank/certs:check "${@:4}"
}

trap 'compose down --volumes --remove-orphans --timeout 30' EXIT
for name in postgres prometheus; do
  DOCKER_BUILDKIT=1 docker build --quiet --network host --build-arg "BASE_IMAGE=$BASE_IMAGE" \
    --target "$name" --tag "mbank/standin-$name" docker/standins >/dev/null
done
docker/build.sh "$TAG" >/dev/null
compose config --quiet
compose up --detach --no-build client prometheus || die "docker compose up failed"

client=$(compose ps --all --quiet client)
holds "the client's exit code" "$(timeout 120 docker wait "$client")" 0
docker logs "$client"
holds "the statement's end" \
  "$(docker logs "$client" | awk '/closing balance/ { print $NF }')" 50.00
for server in 1 2; do
  holds "the health of bank-server-$server" "$(docker inspect --format '{{.State.Health.Status}}' \
    "$(compose ps --quiet "bank-server-$server")")" healthy
done

holds "files of the servers" "$(in_volume server-certs 0 stat -c '%n %a %u' ca.crt server.crt server.key)" \
  $'ca.crt 444 10001\nserver.crt 444 10001\nserver.key 400 10001'
holds "and no others" "$(in_volume server-certs 0 ls -A)" $'ca.crt\nserver.crt\nserver.key'
holds "files of the client" "$(in_volume client-certs 0 stat -c '%n %a %u' ca.crt client.crt client.key)" \
  $'ca.crt 444 10001\nclient.crt 444 10001\nclient.key 400 10001'
holds "and no others" "$(in_volume client-certs 0 ls -A)" $'ca.crt\nclient.crt\nclient.key'
holds "who is not uid 10001 reads the key" \
  "$(in_volume server-certs 10002 cat server.key >/dev/null 2>&1 && echo yes || echo no)" no

query=http://$(compose port prometheus 9090)/api/v1/query
up=
for ((i = 0; i < SECONDS_TO_SCRAPE; i++)); do
  up=$(curl --silent --get "$query" --data-urlencode 'query=sum(up{job="bank-server"})' |
    sed -n 's/.*"value":\[[^,]*,"\([0-9]*\)"\].*/\1/p')
  [ "$up" != 2 ] || break
  sleep 1
done
holds "servers that Prometheus scrapes" "$up" 2
