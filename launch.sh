#!/usr/bin/env bash
# launch.sh PROGRAM [JVM OPTION...]: starts bank-server or bank-client as `java -jar` does, in half
# the time: from its unpacked jar, and with an archive of its classes (class data sharing, JEP 350),
# which the first run leaves behind at its end. `make` unpacks the jars, into target/run.
# Without PROGRAM it only tells whether there is a Java that can.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
properties=$("$java" -XshowSettings:properties -version 2>&1) ||
  die "cannot run '$java' (expected: a JDK of version 17 or newer)"
property() { sed -n "s/^ *$1 = //p" <<<"$properties"; }
release=$(property java.specification.version)
[ "${release%%.*}" -ge 17 ] || die "$java is version $release (expected: 17 or newer)"
[ $# -gt 0 ] || exit 0

program=$1
shift
jar=target/run/$program/$program.jar
[ -f "$jar" ] || die "$jar is not there (expected: made by \`make target/built\`)"

# An archive is good for the very JVM that made it.
archive=target/run/$program/$(property java.vm.version).jsa
use=ArchiveClassesAtExit
[ ! -f "$archive" ] || use=SharedArchiveFile
exec "$java" -Xlog:disable "-XX:$use=$archive" "$@" -jar "$jar"
