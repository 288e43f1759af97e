#!/usr/bin/env bash
# Starts the server, lets the client bank with it, and stops the server. Run through `make demo`.
# PORT and MANAGEMENT_PORT are free ones unless given; the certificates are the ones in certs/.
set -euo pipefail
unset HOST CA_FILE CERT_FILE KEY_FILE # one value cannot serve both programs
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

readonly START_SECONDS=60
# Both programs run for seconds only: what pays off later costs more than it gains.
readonly SHORT_RUN=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC)

die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

./generate-certs.sh >/dev/null
make -s target/built

log=$(mktemp)
server=
stop() {
  if [ -n "$server" ]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
  fi
  rm -f "$log"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

PORT=${PORT:-0} MANAGEMENT_PORT=${MANAGEMENT_PORT:-0} \
  ./launch.sh bank-server "${SHORT_RUN[@]}" >"$log" 2>&1 &
server=$!

ready=
for ((i = 0; i < START_SECONDS * 10; i++)); do
  ready=$(grep -o 'bank-server ready: .*' "$log") && break
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; die "the server did not start"; }
  sleep 0.1
done
[ -n "$ready" ] || { cat "$log" >&2; die "the server was not ready within $START_SECONDS s"; }
printf '%s\n' "$ready"

# What it got, where it was free to choose.
port=$(sed -E 's/.*grpc [^ ]*:([0-9]+) .*/\1/' <<<"$ready")
status=0
PORT=$port ./launch.sh bank-client "${SHORT_RUN[@]}" || status=$?
if [ "$status" -ne 0 ]; then
  printf 'demo: the client ended with %s; the server said:\n' "$status" >&2
  cat "$log" >&2
  exit "$status"
fi

stop
echo "bank-server stopped; run it again, and the accounts are still there"
