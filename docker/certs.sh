#!/usr/bin/env bash
# The certificates of docker-compose.yml, and the database's password. The CA with its key stays in
# /ca, which nobody else gets; the others get what is theirs, and what is secret only its user reads.
set -euo pipefail

readonly OWNER=10001

# give MODE FROM TO: puts a file into place for the programs' user, in one move.
give() {
  install --mode="$1" "$2" "$3.new"
  chown "$OWNER:$OWNER" "$3.new" # Last: of its new owner's file we may change nothing.
  mv -f "$3.new" "$3"
}

/app/generate-certs.sh --out /ca "$@"
for name in server client; do
  give 0400 "/ca/$name.key" "/certs/$name/$name.key"
  give 0444 "/ca/$name.crt" "/certs/$name/$name.crt"
  give 0444 /ca/ca.crt "/certs/$name/ca.crt"
done

password=/ca/database-password
if [ ! -s "$password" ]; then
  (umask 077 && printf '%s' "$(openssl rand -hex 24)" >"$password")
fi
give 0400 "$password" /secrets/server/DATABASE_PASSWORD
# PostgreSQL's user has another number in each make of its image; the volume is its own.
give 0444 "$password" /secrets/postgres/password
