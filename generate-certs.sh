#!/usr/bin/env bash
# Makes and renews the certificates for mutual TLS between the mbank server and its clients.
# `generate-certs.sh --help` explains the use. Written for bash 3.2 and newer.
set -euo pipefail
unset CDPATH # a set CDPATH makes `cd` print, which would spoil the paths below

readonly ME=generate-certs.sh OPENSSL=${OPENSSL:-openssl}
readonly CA_DAYS=3650
readonly RENEW_DAYS=30 # a leaf with less than this left is renewed
readonly SERVER_SAN=DNS:localhost,DNS:server,DNS:bank-server,DNS:mbank.local,IP:127.0.0.1,IP:::1
readonly CLIENT_SAN=URI:spiffe://mbank.local/client

usage() {
  cat <<HELP
Usage: $ME [--out DIR] [--days N] [--force]

Makes the certificates mbank needs for mutual TLS, with P-256 keys:

  ca.crt      ca.key       the certificate authority (CA) that signs the others, for 10 years
  server.crt  server.key   for the bank server; its names: localhost, server, bank-server,
                           mbank.local, 127.0.0.1 and ::1
  client.crt  client.key   for a client; its name: spiffe://mbank.local/client

Run it as often as you like: it keeps the CA and every good certificate. It makes the
server's or the client's anew only when that has under $RENEW_DAYS days left, does not verify
against the CA, or has no matching key. A run that fails leaves all files as they were.

  --out DIR   the folder for the files (default: certs, beside this script)
  --days N    days a new server or client certificate lasts, 1 to $CA_DAYS (default: 365);
              under $RENEW_DAYS, every run renews it
  --force     make a new CA, and with it new server and client certificates; whoever
              trusts the old ca.crt must be given the new one
  --help      show this help

The environment variable OPENSSL names another openssl program, version 3 or newer.

Examples:
  ./$ME                        make what is missing, renew what runs out
  ./$ME --out /etc/mbank/tls   the same, in another folder
  ./$ME --force --days 90      start over: a new CA, certificates for 90 days

Exit status: 0 done, 1 failed and nothing changed, 2 wrong use.
Whoever has ca.key can make a client the bank trusts: keep it secret, and out of git.
HELP
}

die() { printf '%s: %s\n' "$ME" "$*" >&2; exit 1; }
wrong_use() { printf '%s: %s (see --help)\n' "$ME" "$*" >&2; exit 2; }

# Runs openssl silently; if it fails, shows what it said and stops.
run_openssl() {
  local said
  said=$("$OPENSSL" "$@" 2>&1) || die "openssl $1 failed, nothing was changed:"$'\n'"$said"
}

require_openssl() {
  local version hint="; on macOS: brew install openssl@3 and set OPENSSL to its bin/openssl"
  command -v "$OPENSSL" >/dev/null || die "cannot find '$OPENSSL': install OpenSSL 3$hint"
  version=$("$OPENSSL" version 2>&1) || die "'$OPENSSL version' failed: $version"
  case $version in
    'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9].*) ;;
    *) die "needs OpenSSL 3 or newer, found '$version'$hint" ;;
  esac
}

# One run at a time per folder. The kernel drops a flock when its owner dies; where there is no
# flock (macOS), a folder is the lock, and one older than a minute is of a run that was killed.
lock() {
  if command -v flock >/dev/null; then exec 9<"$OUT"; flock 9; return; fi
  until mkdir "$OUT/.generate-certs.lock" 2>/dev/null; do
    find "$OUT/.generate-certs.lock" -maxdepth 0 -mmin +1 -exec rmdir {} \; 2>/dev/null || true
    sleep 1
  done
  LOCK=$OUT/.generate-certs.lock
}

# Puts back what an unfinished commit replaced. Safe to repeat: each file goes back only once.
undo() {
  local file
  [ -d "$TMP/old" ] || return 0
  for file in "$TMP"/old/*; do
    case $file in
      *.none) file=${file##*/}; rm -f "$OUT/${file%.none}" ;;
      *) mv -f "$file" "$OUT/${file##*/}" ;;
    esac
  done
}

cleanup() { undo; rm -rf "$TMP"; [ -z "$LOCK" ] || rmdir "$LOCK"; }

# Moves the new files into place. $TMP/old exists exactly while this is under way: if it stops
# half-way, the exit trap puts the old set back; after a kill -9, the next run does.
commit() { # NAME...
  local name file
  mkdir "$TMP/saving"
  for name in "$@"; do
    for file in "$name.key" "$name.crt"; do
      if [ -e "$OUT/$file" ]; then cp -p "$OUT/$file" "$TMP/saving/"
      else : >"$TMP/saving/$file.none"; fi
    done
  done
  trap '' HUP INT TERM
  mv "$TMP/saving" "$TMP/old"
  for name in "$@"; do
    mv -f "$TMP/$name.key" "$OUT/$name.key"
    mv -f "$TMP/$name.crt" "$OUT/$name.crt"
  done
  mv "$TMP/old" "$TMP/done"
}

# 128 bits in hex. The first digit is 4 to 7: never zero, and DER needs no 17th byte for a sign.
new_serial() {
  local hex
  hex=$("$OPENSSL" rand -hex 16) || die "openssl rand failed, nothing was changed"
  printf '0x%x%s' $((0x${hex:0:1} & 3 | 4)) "${hex:1}"
}

# An unencrypted PKCS#8 key, the form that gRPC reads; its mode is 0600 through the umask.
new_key() { run_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$TMP/$1.key"; }

# write_config NAME CN EXTENSION...: our own, so that the system's openssl.cnf adds nothing.
write_config() {
  local name=$1 cn=$2
  shift 2
  printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = dn' '[dn]' 'O = mbank' "CN = $cn" \
    '[ext]' 'subjectKeyIdentifier = hash' 'authorityKeyIdentifier = keyid:always' "$@" \
    >"$TMP/$name.cnf"
}

# same_key KEY CRT: have they the same public key? The empty -passin prevents a prompt.
same_key() {
  local of_key of_crt
  of_key=$("$OPENSSL" pkey -in "$1" -passin pass: -pubout 2>/dev/null) || return 1
  of_crt=$("$OPENSSL" x509 -in "$2" -noout -pubkey 2>/dev/null) || return 1
  [ "$of_key" = "$of_crt" ]
}

# lasts CRT DAYS: is it still valid that many days from now?
lasts() { "$OPENSSL" x509 -in "$1" -noout -checkend $(($2 * 86400)) >/dev/null 2>&1; }

# verify_leaf EKU CRT: strictly, trusting our CA and none of the system's.
verify_leaf() {
  local purpose=sslserver
  [ "$1" = serverAuth ] || purpose=sslclient
  "$OPENSSL" verify -x509_strict -purpose "$purpose" -no-CApath -no-CAstore -CAfile "$CA.crt" \
    "$2" 2>&1
}

make_ca() {
  local serial
  serial=$(new_serial)
  new_key ca
  write_config ca 'mbank CA' 'basicConstraints = critical, CA:TRUE, pathlen:0' \
    'keyUsage = critical, keyCertSign, cRLSign'
  run_openssl req -x509 -new -sha256 -config "$TMP/ca.cnf" -extensions ext -key "$TMP/ca.key" \
    -set_serial "$serial" -days "$CA_DAYS" -out "$TMP/ca.crt"
  chmod 644 "$TMP/ca.crt"
}

# make_leaf NAME EKU SAN: a new key and a certificate for it, checked before anyone sees them.
make_leaf() {
  local new=$TMP/$1 serial said
  serial=$(new_serial)
  new_key "$1"
  write_config "$1" "mbank $1" 'basicConstraints = critical, CA:FALSE' \
    'keyUsage = critical, digitalSignature' "extendedKeyUsage = $2" "subjectAltName = $3"
  run_openssl req -new -sha256 -config "$new.cnf" -key "$new.key" -out "$new.csr"
  run_openssl x509 -req -sha256 -in "$new.csr" -CA "$CA.crt" -CAkey "$CA.key" -days "$DAYS" \
    -set_serial "$serial" -extfile "$new.cnf" -extensions ext -out "$new.crt"
  chmod 644 "$new.crt"
  said=$(verify_leaf "$2" "$new.crt") ||
    die "the new $1.crt does not verify, nothing was changed:"$'\n'"$said"
  same_key "$new.key" "$new.crt" || die "the new $1.key is not that of $1.crt, nothing was changed"
}

# Keeps a usable CA and makes one where there is none. It replaces none unless told to, for that
# makes all that the old CA signed worthless.
ensure_ca() {
  local crt=$OUT/ca.crt key=$OUT/ca.key force="use --force for a new CA and new certificates"
  if [ "$FORCE" = yes ] || { [ ! -e "$crt" ] && [ ! -e "$key" ]; }; then
    CA=$TMP/ca
    make_ca
    note ca new
    return
  fi
  [ -e "$key" ] || die "$key is missing, so this CA cannot sign: put it back, or $force"
  [ -e "$crt" ] || die "$crt is missing, but its key is there: put it back, or $force"
  same_key "$key" "$crt" || die "$key is unreadable or not that of ca.crt: put it back, or $force"
  lasts "$crt" 0 || die "$crt has run out: $force"
  lasts "$crt" "$RENEW_DAYS" || printf '%s: warning: %s runs out within %s days: %s\n' \
    "$ME" "$crt" "$RENEW_DAYS" "$force" >&2
  CA=$OUT/ca
  note ca kept
}

# ensure_leaf NAME EKU SAN: keeps a good leaf, makes one where it is missing or not good.
ensure_leaf() {
  local crt=$OUT/$1.crt key=$OUT/$1.key status=kept
  if [ "$CA" = "$TMP/ca" ] || { [ ! -e "$crt" ] && [ ! -e "$key" ]; }; then status=new
  elif [ ! -e "$crt" ]; then status="new, the certificate was missing"
  elif [ ! -e "$key" ]; then status="new, the key was missing"
  elif ! same_key "$key" "$crt"; then status="new, key and certificate did not match"
  elif ! lasts "$crt" "$RENEW_DAYS"; then status="renewed, under $RENEW_DAYS days were left"
  elif ! verify_leaf "$2" "$crt" >/dev/null; then status="new, the old did not verify"
  fi
  [ "$status" = kept ] || make_leaf "$@"
  note "$1" "$status"
}

# note NAME STATUS: remembers what to report, and what to move into place.
note() {
  NAMES+=("$1") STATUS+=("$2")
  [ "$2" = kept ] || CHANGED+=("$1")
}

report() {
  local i crt subject end
  printf 'Certificates in %s\n' "$OUT"
  for i in "${!NAMES[@]}"; do
    crt=${NAMES[$i]}.crt
    subject=$("$OPENSSL" x509 -in "$OUT/$crt" -noout -subject -nameopt RFC2253)
    end=$("$OPENSSL" x509 -in "$OUT/$crt" -noout -enddate -dateopt iso_8601)
    printf '  %-10s  certificate  %-24s  until %.10s  %s\n  %-10s  private key\n' "$crt" \
      "${subject#*=}" "${end#*=}" "${STATUS[$i]}" "${NAMES[$i]}.key"
  done
}

OUT='' DAYS=365 FORCE=no LOCK='' CA='' NAMES=() STATUS=() CHANGED=()

while [ $# -gt 0 ]; do
  case $1 in
    --out) OUT=${2:-}; [ -n "$OUT" ] || wrong_use "--out needs a folder"; shift ;;
    --days) DAYS=${2:-}; shift
      if ! [[ $DAYS =~ ^[1-9][0-9]{0,3}$ ]] || [ "$DAYS" -gt "$CA_DAYS" ]; then
        wrong_use "--days needs a whole number from 1 to $CA_DAYS"
      fi ;;
    --force) FORCE=yes ;;
    -h | --help) usage; exit 0 ;;
    *) wrong_use "unknown option '$1'" ;;
  esac
  shift
done

require_openssl
[ -n "$OUT" ] || OUT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/certs
mkdir -p -- "$OUT" || die "cannot make the folder $OUT"
OUT=$(cd -- "$OUT" && pwd)
[ -w "$OUT" ] || die "cannot write in $OUT"
readonly OUT DAYS FORCE TMP=$OUT/.generate-certs.tmp # inside $OUT, where a move is atomic
umask 077 # only now: others may enter the folder and read the certificates

lock
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
undo # what a killed run left behind
rm -rf "$TMP"
mkdir "$TMP"
for file in "$OUT"/{ca,server,client}.{key,crt}; do
  [ ! -e "$file" ] || [ -f "$file" ] || die "$file is not a file: move it away"
done

ensure_ca
ensure_leaf server serverAuth "$SERVER_SAN"
ensure_leaf client clientAuth "$CLIENT_SAN"
[ "${#CHANGED[@]}" -eq 0 ] || commit "${CHANGED[@]}"
report
