"""What a server offers to whoever asks, as sslscan finds it. Prints a line a check: ok or FAILED,
the scanner, the check, the finding.

Usage: scan.py PORT CERTIFICATES [weak]
with the folder of a client's certificate. Without one that the server accepts, sslscan reports
"no renegotiation" of every server that demands one. With `weak` the server is known to be bad in
everything, and a check is ok if it says so: that shows that the checks can fail.

Compression is no check: TLS 1.3 has none.
"""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

PROTOCOLS = ["ssl 2", "ssl 3", "tls 1.0", "tls 1.1", "tls 1.2", "tls 1.3"]
SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
GROUPS = {"x25519", "secp256r1 (NIST P-256)", "secp384r1 (NIST P-384)", "secp521r1 (NIST P-521)"}
# What sslscan calls bits is an RSA key's length, but an EC key's strength: 128 is that of P-256.
KEY_BITS = {"RSA": 2048, "EC": 128}
SIGNATURES = ("SHA256", "SHA384", "SHA512", "sha256With", "sha384With", "sha512With")


def scan(port, certificates):
    command = ["sslscan", "--xml=-", f"--pk={certificates}/client.key"]
    command += [f"--certs={certificates}/client.crt", f"localhost:{port}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=True)
    found = ElementTree.fromstring(done.stdout).find("ssltest")
    assert found is not None, f"sslscan found no server: {done.stdout}"
    return found


def checks(found):
    """Each check as its name, whether it holds, and what was found."""
    asked = {}
    for protocol in found.iter("protocol"):
        asked[f"{protocol.get('type')} {protocol.get('version')}"] = protocol.get("enabled")
    on = [name for name, enabled in asked.items() if enabled == "1"]
    yield "TLS 1.3 only", list(asked) == PROTOCOLS and on == ["tls 1.3"], on

    suites = {cipher.get("cipher") for cipher in found.iter("cipher")}
    yield "no weak cipher suite", suites and suites <= SUITES, sorted(suites)

    groups = {group.get("name") for group in found.iter("group")}
    yield "no weak key exchange", groups and groups <= GROUPS, sorted(groups)

    (renegotiation,) = found.iter("renegotiation")
    supported = renegotiation.get("supported")
    yield "no renegotiation", supported == "0", ["no" if supported == "0" else "supported"]

    (key,) = found.iter("pk")
    kind, bits = key.get("type"), int(key.get("bits"))
    strong = bits >= KEY_BITS.get(kind, sys.maxsize)
    yield "certificate's key", strong, [key.get("curve_name") or f"{kind} {bits}"]

    signature = found.findtext(".//signature-algorithm")
    yield "certificate's signature", any(hash_ in signature for hash_ in SIGNATURES), [signature]


def main():
    port, certificates, *weak = sys.argv[1:]
    failed = False
    for name, holds, finding in checks(scan(port, certificates)):
        ok = bool(holds) is not bool(weak)
        failed |= not ok
        who = "scan of a weak server" if weak else "scan"
        shown = finding if len(finding) < 5 else [*finding[:4], f"{len(finding) - 4} more"]
        print("ok" if ok else "FAILED", who, name, ", ".join(shown), sep="\t")
    sys.exit(failed)


main()
