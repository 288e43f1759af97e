#!/usr/bin/env bash
# Run in the build of the images: starts the server, lets the client bank with it, and ends it, all
# with the options of the images. Each JVM leaves a cache behind, of the classes it loaded, linked
# and profiled (JEP 483, 514, 515); before Java 25 an archive of the classes (JEP 350).
set -euo pipefail

readonly START_SECONDS=60

die() { printf 'train: %s\n' "$*" >&2; cat server.log >&2; exit 1; }

release=$(java -XshowSettings:properties -version 2>&1 |
  sed -n 's/^ *java.specification.version = //p')
if [ "$release" -ge 25 ]; then make=AOTCacheOutput use=AOTCache suffix=aot
else make=ArchiveClassesAtExit use=SharedArchiveFile suffix=jsa; fi

# run PROGRAM [ARGUMENT...]: as the image will, but to make what that will use.
run() {
  local program=$1 folder=/app/$1
  shift
  # A heap as in a container of 512 MB, which then takes the cache's objects as they lie there.
  exec java "@$folder/jvm/options" -Xmx256m "-XX:$make=$folder/jvm/classes.$suffix" \
    -jar "$folder/$program.jar" "$@"
}

cd "$(mktemp -d)"
/app/generate-certs.sh --out certs >/dev/null
for program in bank-server bank-client; do
  mkdir "/app/$program/jvm"
  cp "/build/$program.options" "/app/$program/jvm/options"
done

export LOGGING_STRUCTURED_FORMAT_CONSOLE=ecs PORT=0
(run bank-server) >server.log 2>&1 &
server=$!
for ((i = 0; i < START_SECONDS * 10; i++)); do
  ready=$(grep -o 'bank-server ready: [^"]*' server.log) && break
  kill -0 "$server" 2>/dev/null || die "the server did not start"
  sleep 0.1
done
[ -n "$ready" ] || die "the server was not ready within $START_SECONDS s"
port=$(sed -E 's/.*grpc [^ ]*:([0-9]+) .*/\1/' <<<"$ready")

java -jar /app/bank-server/bank-server.jar health
(PORT=$port LOGGING_STRUCTURED_FORMAT_CONSOLE="" run bank-client) || die "the client ended with $?"
kill -TERM "$server"
wait "$server" || [ $? -eq 143 ] || die "the server ended with an error"

for folder in /app/bank-server/jvm /app/bank-client/jvm; do
  [ -s "$folder/classes.$suffix" ] || die "$folder/classes.$suffix was not made"
  chmod 444 "$folder/classes.$suffix"
  printf '# What the training run left.\n-XX:%s=%s\n' "$use" "$folder/classes.$suffix" >>"$folder/options"
done
