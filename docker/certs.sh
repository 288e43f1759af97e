#!/usr/bin/env bash
# The certificates of docker-compose.yml: the CA with its key stays in /ca, which nobody else gets;
# the others get what is theirs, each key for the programs' user to read and for nobody else.
set -euo pipefail

readonly OWNER=10001

/app/generate-certs.sh --out /ca "$@"
for name in server client; do
  for file in "$name.key" "$name.crt" ca.crt; do
    mode=0444
    [ "$file" != "$name.key" ] || mode=0400
    install --owner="$OWNER" --group="$OWNER" --mode="$mode" "/ca/$file" "/certs/$name/.$file"
    mv -f "/certs/$name/.$file" "/certs/$name/$file"
  done
done
