#!/usr/bin/env bash
# build.sh [TAG]: builds the images from the jars in target/, as mbank/bank-server:TAG,
# mbank/bank-client:TAG and mbank/certs:TAG; without TAG the version, which is what the chart asks for.
# BASE_IMAGE is another base, such as base-image.sh makes.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

version=$(sed -n '/<artifactId>mbank</{n;s/.*<version>\(.*\)<.*/\1/p;}' pom.xml)
tag=${1:-$version}
arguments=(--build-arg JARS=prebuilt ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"}
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
for target in bank-server bank-client certs; do
  DOCKER_BUILDKIT=1 docker build --quiet "${arguments[@]}" --target "$target" \
    --tag "mbank/$target:$tag" .
done
