#!/usr/bin/env bash
# Run in the build of the images: lays the programs' jars out in layers, and unpacks their native
# libraries. Else each start unpacks them into /tmp, which may be noexec.
set -euo pipefail

for program in bank-server bank-client; do
  java -Djarmode=tools -jar "/jars/$program.jar" extract --layers --destination "$program" >/dev/null
  libraries=$program/dependencies/lib
  native=$program/dependencies/native
  machine=$(uname -m)
  unzip -q -j "$libraries"/grpc-netty-shaded-*.jar \
    "META-INF/native/*_${machine/aarch64/aarch_64}.so" -d "$native"
  for jar in "$libraries"/sqlite-jdbc-*.jar; do
    [ ! -f "$jar" ] || unzip -q -j "$jar" "org/sqlite/native/Linux/$machine/*.so" -d "$native"
  done
  chmod 644 "$native"/*.so
done
