#!/usr/bin/env bash
# Lets clients of other makes and a TLS scanner loose on a server of our own, and prints a table of
# what was checked. Run through `make interop`, which builds what this needs. The certificates and
# the journal are in a temporary folder, and nothing is left running.
set -euo pipefail
unset HOST TLS_ENABLED CA_FILE CERT_FILE KEY_FILE # what is set for another server
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

readonly START_SECONDS=60
# Debian's own Python, as grpcio is installed for that one.
readonly PYTHON=${PYTHON:-/usr/bin/python3}

die() { printf 'interop: %s\n' "$*" >&2; exit 1; }

for tool in openssl node protoc sslscan "$PYTHON"; do
  command -v "$tool" >/dev/null || die "cannot run $tool (expected: installed; see CONTRIBUTING.md)"
done
"$PYTHON" -c 'import grpc' 2>/dev/null ||
  die "$PYTHON has no grpcio (expected: installed; see CONTRIBUTING.md)"

tmp=$(mktemp -d)
readonly tmp results=$tmp/results.tsv
running=()
stop() {
  local pid
  for pid in "${running[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# await WHAT PID LOG PATTERN: waits until the program has printed a line, and prints its match.
await() {
  local i
  for ((i = 0; i < START_SECONDS * 10; i++)); do
    grep -o -m 1 "$4" "$3" && return
    kill -0 "$2" 2>/dev/null || { cat "$3" >&2; die "$1 did not start"; }
    sleep 0.1
  done
  cat "$3" >&2
  die "$1 was not ready within $START_SECONDS s"
}

# The contract and what it imports, as they are in the jars of the server.
protos() {
  local jar=${JAVA_HOME:+$JAVA_HOME/bin/}jar lib=$PWD/target/run/bank-server/lib
  mkdir "$tmp/protos"
  cp -R bank-api/src/main/proto/. "$tmp/protos"
  (
    cd "$tmp/protos"
    "$jar" xf "$lib"/proto-google-common-protos-*.jar google/type/money.proto google/rpc
    "$jar" xf "$lib"/grpc-services-*.jar grpc/health
    "$jar" xf "$lib"/protobuf-java-[0-9]*.jar google/protobuf
    find . -type f ! -name '*.proto' -delete
  )
}

# Two CAs that bear the same name, each with a server's and a client's certificate; and of the
# first, a client that nothing is granted to.
certificates() {
  ./generate-certs.sh --out "$tmp/ours" >/dev/null
  ./generate-certs.sh --out "$tmp/theirs" >/dev/null
  openssl req -x509 -config <(printf '[req]\ndistinguished_name = dn\n[dn]\n') -days 1 \
    -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/ours/stranger.key" \
    -CA "$tmp/ours/ca.crt" -CAkey "$tmp/ours/ca.key" -subj /CN=stranger \
    -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
    -addext extendedKeyUsage=clientAuth -addext subjectAltName=URI:spiffe://mbank.local/stranger \
    -out "$tmp/ours/stranger.crt" 2>/dev/null
}

# A server that is bad in all that the scan looks at.
weak_server() {
  openssl req -x509 -newkey rsa:1024 -sha1 -nodes -subj /CN=weak -days 1 \
    -keyout "$tmp/weak.key" -out "$tmp/weak.crt" 2>/dev/null
  openssl s_server -accept 127.0.0.1:0 -www -cert "$tmp/weak.crt" -key "$tmp/weak.key" \
    -cipher ALL:@SECLEVEL=0 -client_renegotiation -Verify 1 -CAfile "$tmp/ours/ca.crt" \
    </dev/null >"$tmp/weak.log" 2>&1 &
  running+=($!)
}

# run NAME COMMAND...: adds its lines to the results, and one of our own if it ends badly or prints
# nothing, and does not say what failed.
run() {
  local name=$1 status=0
  shift
  timeout 120 "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
  [ -s "$tmp/out" ] || status=${status/#0/no line}
  cat "$tmp/out" >>"$results"
  if [ "$status" = 0 ] || grep -q ^FAILED "$tmp/out"; then return; fi
  cat "$tmp/err" >&2
  printf 'FAILED\t%s\truns to its end\texit status %s\n' "$name" "$status" >>"$results"
}

protos
certificates
DATABASE_URL=jdbc:sqlite:$tmp/mbank.db CA_FILE=$tmp/ours/ca.crt CERT_FILE=$tmp/ours/server.crt \
  KEY_FILE=$tmp/ours/server.key PORT=0 MANAGEMENT_PORT=0 \
  ./launch.sh bank-server -XX:TieredStopAtLevel=1 -XX:+UseSerialGC >"$tmp/server.log" 2>&1 &
running+=($!)
ready=$(await bank-server $! "$tmp/server.log" 'bank-server ready: grpc [^ ]*')
port=${ready##*:}

mkdir "$tmp/python"
(
  cd "$tmp/protos"
  # health.proto by its bare name: grpc is a package that Debian's grpcio closed.
  protoc --python_out="$tmp/python" -I. -Igrpc/health/v1 mbank/v1/*.proto health.proto \
    google/type/money.proto google/rpc/{status,error_details}.proto
)
run node node interop/client.js "$port" "$tmp/ours" "$tmp/theirs" "$tmp/protos"
run python env GRPC_VERBOSITY=NONE PYTHONPATH="$tmp/python" PYTHONDONTWRITEBYTECODE=1 \
  "$PYTHON" interop/client.py "$port" "$tmp/ours" "$tmp/theirs"
run scan "$PYTHON" interop/scan.py "$port" "$tmp/ours"

weak_server
weak=$(await 'the weak server' "${running[-1]}" "$tmp/weak.log" 'ACCEPT .*')
run 'scan of a weak server' "$PYTHON" interop/scan.py "${weak##*:}" "$tmp/ours" weak

awk -F '\t' '
  { printf "%-7s %-22s %-34s %s\n", $1, $2, $3, $4; $1 == "ok" || bad++ }
  END { printf "interop: %d checks, %d failed\n", NR, bad; exit bad || !NR }' "$results"
