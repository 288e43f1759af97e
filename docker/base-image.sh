#!/usr/bin/env bash
# base-image.sh [IMAGE]: makes a base image from Debian's packages, for a machine that can pull none:
# docker build --build-arg BASE_IMAGE=IMAGE. Needs root and debootstrap.
set -euo pipefail

readonly IMAGE=${1:-mbank/base} SUITE=trixie PACKAGES=openjdk-25-jre-headless,openssl,unzip

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include="$PACKAGES" "$SUITE" "$root" >"$root.log" ||
  { cat "$root.log" >&2; exit 1; }
rm -rf "$root.log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - "$IMAGE"
