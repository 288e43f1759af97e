#!/usr/bin/env bash
# Makes, renews and revokes the certificates for mutual TLS between the mbank server and clients.
# `generate-certs.sh --help` explains the use. Written for bash 3.2 and newer.
set -euo pipefail
unset CDPATH # a set CDPATH makes `cd` print, which would spoil the paths below

readonly ME=generate-certs.sh
readonly CA_DAYS=3650
readonly RENEW_DAYS=30 # a leaf with less than this left is renewed
readonly CRL_RENEW_DAYS=2
readonly SERVER_SAN=DNS:localhost,DNS:server,DNS:bank-server,DNS:mbank.local,IP:127.0.0.1,IP:::1
readonly CLIENT_URI=spiffe://mbank.local/client
readonly REASONS='keyCompromise|affiliationChanged|superseded|cessationOfOperation'

usage() {
  cat <<HELP
Usage: $ME [--out DIR] [--days N] [--force]
       $ME client NAME --uri URI [--out DIR] [--days N] [--force]
       $ME renew [NAME...] [--out DIR] [--days N]
       $ME revoke NAME [--reason REASON] [--out DIR] [--days N]
       $ME crl [--out DIR] [--days N]

Makes the certificates mbank needs for mutual TLS, with P-256 keys:

  ca.crt      ca.key       the certificate authority (CA) that signs the others, for 10 years
  server.crt  server.key   for the bank server; its names: localhost, server, bank-server,
                           mbank.local, 127.0.0.1 and ::1
  client.crt  client.key   for a client; its name: $CLIENT_URI
  NAME.crt    NAME.key     for another client, by the command client
  ca.crl                   what the CA has revoked, by the commands revoke and crl
  revoked.txt              the same as openssl's own table, from which every ca.crl is made

Without a command, run it as often as you like: it keeps the CA and every good certificate. It
makes the server's or a client's anew only when that has under $RENEW_DAYS days left, does not
verify against the CA, or has no matching key; and ca.crl, if there is one, when it has under
$CRL_RENEW_DAYS days left. A client of the command client that was revoked stays revoked. A run that
fails leaves all files as they were.

  client      a certificate for one more client; its identity is the URI. Keeps a good one
  renew       new keys and certificates now, with the same names, for the named or for all;
              the key is replaced first and its certificate at once after it, so who reads
              between the two finds a pair that does not match and must read again
  revoke      puts NAME.crt on the list of what is revoked, for ever, and writes ca.crl; server
              and client then get a new one from a run without a command, the others by client
              or renew with their name
  crl         writes ca.crl anew: do so within its days, for an expired list refuses everybody.
              Lists of other CAs that are in the file stay there

  --out DIR   the folder for the files (default: certs, beside this script)
  --days N    days that a new certificate lasts (default: 365; under $RENEW_DAYS, every run without
              a command renews it), or with revoke and crl the list (default: 7); 1 to $CA_DAYS
  --force     make a new CA, and with it new certificates for the server and all clients; whoever
              trusts the old ca.crt must be given the new one. With client: replace NAME.crt,
              whatever it is
  --uri URI   the client's identity, such as spiffe://mbank.local/billing
  --reason REASON  (default: none given)
              one of ${REASONS//|/, }
  --help      show this help

The environment variable OPENSSL names another openssl program, version 1.1.1 or newer.

Examples:
  ./$ME                        make what is missing, renew what runs out
  ./$ME --out /etc/mbank/tls   the same, in another folder
  ./$ME --force --days 90      start over: a new CA, certificates for 90 days
  ./$ME client billing --uri spiffe://mbank.local/billing
  ./$ME renew billing          a new key and certificate for the same identity
  ./$ME revoke billing --reason keyCompromise
  ./$ME crl --days 30          a list that is good for 30 days

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
  OPENSSL=${OPENSSL:-openssl}
  command -v "$OPENSSL" >/dev/null || die "cannot find '$OPENSSL': install OpenSSL 3$hint"
  case $OPENSSL in # it is also called from another folder
    /* | [!/]*/*) OPENSSL=$(cd -- "$(dirname -- "$OPENSSL")" && pwd)/${OPENSSL##*/} ;;
  esac
  version=$("$OPENSSL" version 2>&1) || die "'$OPENSSL version' failed: $version"
  case $version in
    'OpenSSL 1.1.1'*) ;;
    'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9].*) NO_STORES+=(-no-CAstore) ;;
    *) die "needs OpenSSL 1.1.1 or newer, found '$version'$hint" ;;
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

# Moves the new files into place, in this order; of a pair the key goes first. $TMP/old exists
# exactly while this is under way: if it stops half-way, the exit trap puts the old set back; after
# a kill -9, the next run does.
commit() { # FILE...
  local file
  mkdir "$TMP/saving"
  for file in "$@"; do
    if [ -e "$OUT/$file" ]; then cp -p "$OUT/$file" "$TMP/saving/"
    else : >"$TMP/saving/$file.none"; fi
  done
  trap '' HUP INT TERM
  mv "$TMP/saving" "$TMP/old"
  for file in "$@"; do mv -f "$TMP/$file" "$OUT/$file"; done
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
  "$OPENSSL" verify -x509_strict -purpose "$purpose" "${NO_STORES[@]}" -CAfile "$CA.crt" \
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

# is_list_of CA CRL: has the CA's key signed it? CAs may bear one name.
is_list_of() {
  [[ $("$OPENSSL" crl -in "$2" -noout -verify -CAfile "$1" 2>&1) = *'verify OK'* ]]
}

# split_crl: takes ca.crl apart into our CA's list, $TMP/own.crl, and those of others, other.crl.
# That of a CA which --force replaces is dropped, and so is what is no list.
split_crl() {
  local list old=$TMP/old-signer.crt
  : >"$TMP/other.crl"
  [ -e "$OUT/ca.crl" ] || return 0
  "$OPENSSL" x509 -in "$OUT/ca.crt" -out "$old" 2>/dev/null || old=$SIGNER
  (cd -- "$TMP" && awk '/^-----BEGIN X509 CRL/ { n++ } n { print > (n ".part") }' "$OUT/ca.crl")
  for list in "$TMP"/*.part; do
    if is_list_of "$SIGNER" "$list"; then "$OPENSSL" crl -in "$list" -out "$TMP/own.crl"
    elif ! is_list_of "$old" "$list"; then
      "$OPENSSL" crl -in "$list" >>"$TMP/other.crl" 2>/dev/null || true
    fi
  done
}

# make_crl: a list of all that $TMP/revoked.txt has, checked before anyone sees it. Its number is
# the time, which only grows, or one more than that of the list before.
make_crl() {
  local last said
  local -i number
  number=$(date +%s)
  last=$("$OPENSSL" crl -in "$TMP/own.crl" -noout -crlnumber 2>/dev/null) || last=
  last=${last#*=} last=${last#0x}
  [[ $last =~ ^[0-9A-F]{1,15}$ ]] && [ $((16#$last)) -ge "$number" ] && number=$((16#$last + 1))
  printf '%016X\n' "$number" >"$TMP/crlnumber"
  run_openssl_ca -gencrl -crldays "$CRL_DAYS" -out own.crl
  said=$(verify_crl "$TMP/own.crl" 0) ||
    die "the new ca.crl does not verify, nothing was changed:"$'\n'"$said"
  cat "$TMP/own.crl" "$TMP/other.crl" >"$TMP/ca.crl"
  chmod 644 "$TMP/ca.crl"
}

# run_openssl_ca OPTION...: `openssl ca` on $TMP/revoked.txt. It is run in $TMP, so that its
# configuration names no folder: a path can have characters that mean something there.
run_openssl_ca() {
  printf '%s\n' '[ca]' 'default_ca = list' '[list]' 'database = revoked.txt' \
    'unique_subject = no' 'crlnumber = crlnumber' 'default_md = sha256' 'crl_extensions = ext' \
    '[ext]' 'authorityKeyIdentifier = keyid:always' >"$TMP/list.cnf"
  (cd -- "$TMP" && run_openssl ca -config list.cnf -cert "$CA.crt" -keyfile "$CA.key" "$@") || exit
}

# verify_crl CRL DAYS: is it our CA's, and good that many days from now? The CA stands in for a
# leaf: of all certificates it is sure to be there and on no list.
verify_crl() {
  "$OPENSSL" verify -crl_check -CRLfile "$1" -attime $(($(date +%s) + $2 * 86400)) \
    "${NO_STORES[@]}" -CAfile "$SIGNER" "$SIGNER" 2>&1
}

# Copies the table of what is revoked to where it can be changed. Without it, the next list would
# silently take back what the last one revoked.
take_revoked() {
  if [ -e "$OUT/revoked.txt" ]; then cp "$OUT/revoked.txt" "$TMP/"; return; fi
  if "$OPENSSL" crl -in "$TMP/own.crl" -noout -text 2>/dev/null | grep '^Revoked' >/dev/null; then
    die "$OUT/revoked.txt is missing, but ca.crl has entries: put it back, or remove ca.crl too"
  fi
  : >"$TMP/revoked.txt"
}

# revoked_on NAME: the day on which NAME.crt was revoked; fails if it was not.
revoked_on() {
  local serial kind on hex _
  [ -e "$OUT/revoked.txt" ] || return 1
  serial=$("$OPENSSL" x509 -in "$OUT/$1.crt" -noout -serial 2>/dev/null) || return 1
  while IFS=$'\t' read -r kind _ on hex _; do # R, end, day and reason, serial, file, subject
    [ "$kind $hex" = "R ${serial#*=}" ] || continue
    printf '20%s-%s-%s' "${on:0:2}" "${on:2:2}" "${on:4:2}"
    return
  done <"$OUT/revoked.txt"
  return 1
}

# left_revoked NAME: is it revoked, and stays so until someone asks for that very client?
left_revoked() { [ "$1" != server ] && [ "$1" != client ] && revoked_on "$1" >/dev/null; }

# ours NAME: is NAME.crt one that make_leaf made under this name?
ours() {
  local subject
  subject=$("$OPENSSL" x509 -in "$OUT/$1.crt" -noout -subject -nameopt RFC2253 2>/dev/null) ||
    return
  [ "${subject#subject=}" = "CN=mbank $1,O=mbank" ]
}

# The clients that the command client made, one a line.
named_clients() {
  local name
  for name in "$OUT"/*.crt; do
    name=${name##*/} name=${name%.crt}
    case $name in ca | server | client) continue ;; esac
    if is_name "$name" && ours "$name"; then printf '%s\n' "$name"; fi
  done
}

# san_of NAME: the alternative names of NAME.crt in the form of a configuration.
san_of() {
  local san
  san=$("$OPENSSL" x509 -in "$OUT/$1.crt" -noout -text 2>/dev/null |
    sed -n '/Subject Alternative Name:/{n;s/^ *//;s/IP Address:/IP:/g;s/, /,/g;p;}')
  [[ $san =~ ^[A-Za-z0-9._~:/@+=,-]+$ ]] && printf '%s' "$san"
}

eku_of() { if [ "$1" = server ]; then printf serverAuth; else printf clientAuth; fi; }

# A name is the name of two files and part of a subject, which has room for 64 characters.
is_name() { [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,49}$ ]] && [ "$1" != ca ]; }

# is_uri URI: is it absolute, and a SPIFFE ID if it says so? It has no character that means
# something in a configuration, and none that would have to be escaped.
is_uri() {
  local id='^spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)+$' dots='/\.\.?(/|$)'
  case $1 in
    *://*) [[ $1 =~ ^[a-z][a-z0-9+.-]*://[A-Za-z0-9][A-Za-z0-9._~:/@+=-]*$ ]] || return ;;
    *) [[ $1 =~ ^[a-z][a-z0-9+.-]*:[A-Za-z0-9][A-Za-z0-9._~:/@+=-]*$ ]] || return ;;
  esac
  [ "${#1}" -le 255 ] || return
  case $1 in spiffe:*) [[ $1 =~ $id ]] && ! [[ $1 =~ $dots ]] ;; esac
}

# Keeps a usable CA and makes one where there is none. It replaces none unless told to, for that
# makes all that the old CA signed worthless.
ensure_ca() {
  local crt=$OUT/ca.crt key=$OUT/ca.key force="./$ME --force makes a new CA, which shuts out"
  force+=" everybody who has a certificate of the old one until they have a new one"
  if [ "$COMMAND" ] && [ ! -e "$crt" ] && [ ! -e "$key" ]; then
    die "$crt is missing (expected: the CA that signs; ./$ME without a command makes one)"
  elif [ -z "$COMMAND" ] && { [ "$FORCE" = yes ] || { [ ! -e "$crt" ] && [ ! -e "$key" ]; }; }; then
    CA=$TMP/ca
    make_ca
    note ca new
    return
  fi
  [ -e "$key" ] || die "$key is missing, so this CA cannot sign: put it back; if it is lost, $force"
  [ -e "$crt" ] || die "$crt is missing, but its key is there: put it back; if it is lost, $force"
  same_key "$key" "$crt" ||
    die "$key is unreadable or not that of ca.crt: put it back; if it is lost, $force"
  lasts "$crt" 0 || die "$crt has run out: $force"
  lasts "$crt" "$RENEW_DAYS" || printf '%s: warning: %s runs out within %s days: %s\n' \
    "$ME" "$crt" "$RENEW_DAYS" "$force" >&2
  CA=$OUT/ca
  note ca kept
}

# Keeps a list that is good for a while, if there is one. A new CA needs a list of its own.
ensure_crl() {
  local status=kept
  [ -e "$OUT/ca.crl" ] || return 0
  if [ ! -e "$TMP/own.crl" ]; then status=new
  elif ! verify_crl "$TMP/own.crl" "$CRL_RENEW_DAYS" >/dev/null; then
    status="renewed, under $CRL_RENEW_DAYS days were left or it did not verify"
  fi
  CRL_STATUS=$status
  if [ "$status" != kept ]; then write_crl "$status"; fi
}

# write_crl STATUS: a new list, to be moved into place with its table.
write_crl() {
  [ -e "$TMP/revoked.txt" ] || take_revoked
  make_crl
  CRL_STATUS=$1 CHANGED+=(revoked.txt ca.crl)
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
  elif revoked_on "$1" >/dev/null; then status="new, the old was revoked"
  fi
  [ "$status" = kept ] || make_leaf "$@"
  note "$1" "$status"
}

# note NAME STATUS: remembers what to report, and what to move into place.
note() {
  NAMES+=("$1") STATUS+=("$2")
  case $2 in kept | revoked*) ;; *) CHANGED+=("$1.key" "$1.crt") ;; esac
}

# note_left NAME: that it is revoked and stays so, and how to get another.
note_left() {
  note "$1" "revoked $(revoked_on "$1"), left as it is"
  NEXT+=${NEXT:+$'\n'}"Next: ./$ME renew $1 makes a new $1.crt, if it is to have one."
}

# day TIME: 2026-11-24 for openssl's "Nov 24 07:30:27 2026 GMT", for want of -dateopt in 1.1.1.
day() {
  local months=JanFebMarAprMayJunJulAugSepOctNovDec month day year _
  read -r month day _ year _ <<<"$1"
  months=${months%%"$month"*}
  printf '%s-%02d-%02d' "$year" $((${#months} / 3 + 1)) "$day"
}

report() {
  local i crt subject end san width=10
  printf 'Certificates in %s\n' "$OUT"
  for i in "${!NAMES[@]}"; do crt=${NAMES[$i]}.crt; ((width >= ${#crt})) || width=${#crt}; done
  for i in "${!NAMES[@]}"; do
    crt=${NAMES[$i]}.crt
    subject=$("$OPENSSL" x509 -in "$OUT/$crt" -noout -subject -nameopt RFC2253)
    end=$("$OPENSSL" x509 -in "$OUT/$crt" -noout -enddate)
    san=$(san_of "${NAMES[$i]}") && [[ $san = URI:* ]] || san=${subject#*=}
    printf '  %-*s  certificate  %-28s  until %s  %s\n  %-*s  private key\n' "$width" "$crt" \
      "${san#URI:}" "$(day "${end#*=}")" "${STATUS[$i]}" "$width" "${NAMES[$i]}.key"
  done
  [ "$CRL_STATUS" ] || return 0
  end=$("$OPENSSL" crl -in "$TMP/own.crl" -noout -nextupdate)
  printf '  %-*s  list         %-28s  until %s  %s\n' "$width" ca.crl \
    "revoked: $(grep -c ^R "$OUT/revoked.txt" || true)" "$(day "${end#*=}")" "$CRL_STATUS"
}

# The commands; each ends with what is to be moved into place in CHANGED.

make_set() {
  local name san
  ensure_leaf server serverAuth "$SERVER_SAN"
  san=$(ours client && san_of client) || san=URI:$CLIENT_URI
  ensure_leaf client clientAuth "$san"
  for name in $(named_clients); do
    if left_revoked "$name"; then note_left "$name"
    elif san=$(san_of "$name"); then ensure_leaf "$name" clientAuth "$san"; fi
  done
  ensure_crl
}

# good_of URI: the other certificates in $OUT that prove this identity.
good_of() {
  local name
  for name in client $(named_clients); do
    if [ "$name" != "${ARGS[0]}" ] && [ "$(san_of "$name")" = "URI:$1" ] &&
      lasts "$OUT/$name.crt" 0 && ! revoked_on "$name" >/dev/null; then printf ' %s.crt' "$name"; fi
  done
}

make_client() {
  local name=${ARGS[0]} crt=$OUT/${ARGS[0]}.crt old
  old=$(good_of "$URI")
  [ -z "$old" ] || NEXT="Note: of the same identity, with the same rights:$old"
  if [ "$FORCE" = yes ]; then
    make_leaf "$name" clientAuth "URI:$URI"
    note "$name" "new, as --force says"
    return
  fi
  if [ -e "$crt" ] || [ -e "$OUT/$name.key" ]; then
    ours "$name" || die "$crt: not made by this script (expected: another name, or --force)"
    old=$(san_of "$name") || old=
    if [ "$old" != "URI:$URI" ] && lasts "$crt" 0 && same_key "$OUT/$name.key" "$crt" &&
      verify_leaf clientAuth "$crt" >/dev/null && ! revoked_on "$name" >/dev/null; then
      die "$crt: is of ${old#URI:} (expected: $URI; --force replaces it)"
    fi
  fi
  ensure_leaf "$name" clientAuth "URI:$URI"
}

renew() {
  local name san all=no status
  if [ "${#ARGS[@]}" -eq 0 ]; then
    all=yes
    for name in server client; do [ ! -e "$OUT/$name.crt" ] || ARGS+=("$name"); done
    for name in $(named_clients); do ARGS+=("$name"); done
    [ "${#ARGS[@]}" -gt 0 ] || die "$OUT: no certificates to renew (./$ME makes them)"
  fi
  for name in "${ARGS[@]}"; do
    [ ! -e "$TMP/$name.crt" ] || continue # it was named twice
    status=renewed
    [ -e "$OUT/$name.crt" ] || die "$OUT/$name.crt is missing, so there is nothing to renew"
    if ! ours "$name" || ! san=$(san_of "$name"); then
      die "$OUT/$name.crt: not made by this script (expected: one with the subject mbank $name)"
    fi
    if [ "$all" = yes ] && left_revoked "$name"; then
      note_left "$name"
      continue
    fi
    ! revoked_on "$name" >/dev/null || status="renewed, the old was revoked"
    make_leaf "$name" "$(eku_of "$name")" "$san"
    note "$name" "$status"
  done
}

revoke() {
  local name=${ARGS[0]} crt=$OUT/${ARGS[0]}.crt on
  [ -e "$crt" ] || die "$crt is missing (expected: the certificate to revoke)"
  if on=$(revoked_on "$name"); then note "$name" "revoked $on already"
  else
    "$OPENSSL" verify -no_check_time "${NO_STORES[@]}" -CAfile "$SIGNER" "$crt" >/dev/null 2>&1 ||
      die "$crt: not signed by ca.crt (expected: one of this CA, which alone can revoke it)"
    take_revoked
    run_openssl_ca -revoke "$crt" ${REASON:+-crl_reason "$REASON"}
    note "$name" "revoked now"
  fi
  write_crl new
  NEXT="Next: let the server read the list, CRL_FILE=$OUT/ca.crl, and run ./$ME crl before it ends."
}

OUT='' DAYS='' FORCE=no URI='' REASON='' LOCK='' CA='' CRL_STATUS='' NEXT='' COMMAND='' ARGS=()
NAMES=() STATUS=() CHANGED=() NO_STORES=(-no-CApath)

while [ $# -gt 0 ]; do
  case $1 in
    --out) OUT=${2:-}; [ -n "$OUT" ] || wrong_use "--out needs a folder"; shift ;;
    --days) DAYS=${2:-}; shift
      if ! [[ $DAYS =~ ^[1-9][0-9]{0,3}$ ]] || [ "$DAYS" -gt "$CA_DAYS" ]; then
        wrong_use "--days: '$DAYS' (expected: a whole number from 1 to $CA_DAYS)"
      fi ;;
    --uri) URI=${2:-}
      [[ $URI != dns:* ]] ||
        wrong_use "--uri: '$URI' (expected: a URI; dns: is for certificates of another maker)"
      is_uri "$URI" ||
      wrong_use "--uri: '$URI' (expected: spiffe://DOMAIN/PATH or another absolute URI)"; shift ;;
    --reason) REASON=${2:-}; [[ $REASON =~ ^($REASONS)$ ]] ||
      wrong_use "--reason: '$REASON' (expected: ${REASONS//|/, })"; shift ;;
    --force) FORCE=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) wrong_use "unknown option '$1'" ;;
    *) case $COMMAND:$1 in
        :client | :renew | :revoke | :crl) COMMAND=$1 ;;
        :*) wrong_use "unknown command '$1' (expected: client, renew, revoke or crl)" ;;
        *) is_name "$1" || wrong_use "$COMMAND: '$1' (expected: 1 to 50 of a-z, 0-9 and '-', no ca)"
          ARGS+=("$1") ;;
      esac ;;
  esac
  shift
done
case $COMMAND:${#ARGS[@]} in
  client:1) [ "${ARGS[0]}" != server ] || wrong_use "client: 'server' (expected: a client's name)"
    [ "$URI" ] || wrong_use "client ${ARGS[0]} needs --uri URI" ;;
  :0 | renew:* | revoke:1 | crl:0) ;;
  crl:*) wrong_use "crl: '${ARGS[0]}' (expected: no name)" ;;
  *) wrong_use "$COMMAND: '${ARGS[*]:-}' (expected: one name)" ;;
esac
[ "$COMMAND" = client ] || [ -z "$URI" ] || wrong_use "--uri is for the command client"
[ "$COMMAND" = revoke ] || [ -z "$REASON" ] || wrong_use "--reason is for the command revoke"
case $COMMAND in renew | revoke | crl) [ "$FORCE" = no ] ||
  wrong_use "--force is for the command client, or for none" ;; esac
case $COMMAND in revoke | crl) CRL_DAYS=${DAYS:-7} ;; *) CRL_DAYS=7 ;; esac
DAYS=${DAYS:-365}

require_openssl
[ -n "$OUT" ] || OUT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/certs
mkdir -p -- "$OUT" || die "cannot make the folder $OUT"
OUT=$(cd -- "$OUT" && pwd)
[ -w "$OUT" ] || die "cannot write in $OUT"
readonly OUT DAYS CRL_DAYS FORCE COMMAND OPENSSL
readonly TMP=$OUT/.generate-certs.tmp # inside $OUT, where a move is atomic
umask 077 # only now: others may enter the folder and read the certificates

lock
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
undo # what a killed run left behind
rm -rf "$TMP"
mkdir "$TMP"
for name in ca server client ${ARGS[@]+"${ARGS[@]}"}; do
  for file in "$OUT/$name".{key,crt,crl} "$OUT/revoked.txt"; do
    [ ! -e "$file" ] || [ -f "$file" ] || die "$file is not a file: move it away"
  done
done

ensure_ca
readonly SIGNER=$TMP/signer.crt # ca.crt may hold others too, to be trusted; the first one signs
run_openssl x509 -in "$CA.crt" -out "$SIGNER"
split_crl
case $COMMAND in
  '') make_set ;;
  client) make_client ;;
  renew) renew ;;
  revoke) revoke ;;
  crl) write_crl new ;;
esac
[ "${#CHANGED[@]}" -eq 0 ] || commit "${CHANGED[@]}"
report
[ -z "$NEXT" ] || printf '%s\n' "$NEXT"
