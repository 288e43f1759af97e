"""The bank seen by a gRPC client of another make, Debian's grpcio on its own TLS: the round trip,
and what must be refused. Prints a line a check: ok or FAILED, the client, the check, the finding.

Usage: client.py PORT OUR_CERTIFICATES THEIR_CERTIFICATES
with the classes that `protoc --python_out` makes of the contract in PYTHONPATH. Methods are called
by their names, as Debian packages no recent generator of stubs.
"""

import re
import sys
import uuid
from pathlib import Path

import grpc
import health_pb2
from google.rpc import error_details_pb2, status_pb2
from google.type.money_pb2 import Money
from mbank.v1 import bank_service_pb2 as bank_pb2

PORT, OURS, THEIRS = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
CALL_SECONDS = 5
failed = []


def call(channel, service, method, response, request):
    rpc = channel.unary_unary(
        f"/{service}/{method}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=response.FromString,
    )
    return rpc(request, timeout=CALL_SECONDS)


def bank(channel, method, **fields):
    request = getattr(bank_pb2, f"{method}Request")(**fields)
    response = getattr(bank_pb2, f"{method}Response")
    return call(channel, "mbank.v1.BankService", method, response, request)


def health(channel):
    """What the server says of the bank: SERVING, if all is well."""
    request = health_pb2.HealthCheckRequest(service="mbank.v1.BankService")
    response = health_pb2.HealthCheckResponse
    answer = call(channel, "grpc.health.v1.Health", "Check", response, request)
    name = response.ServingStatus.Name(answer.status)
    assert name == "SERVING", name
    return name


def mutual_tls(ca, folder=None, name=None, options=()):
    """A channel that trusts a CA and shows a certificate, or none."""
    pair = [(folder / f"{name}{end}").read_bytes() if folder else None for end in (".key", ".crt")]
    credentials = grpc.ssl_channel_credentials((ca / "ca.crt").read_bytes(), *pair)
    return grpc.secure_channel(f"localhost:{PORT}", credentials, options)


def error_info(error):
    """The google.rpc.ErrorInfo of a refused call."""
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    assert any(any_.Unpack(info) for any_ in status_pb2.Status.FromString(details).details)
    return info


def refusal(code, body):
    """The error of a call that must fail with this code."""
    try:
        answer = body()
    except grpc.RpcError as error:
        assert error.code() is code, f"{error.code()}: {error.details()}"
        return error
    raise AssertionError(f"answered {answer} (expected: {code.name})")


def check(name, body):
    try:
        result, finding = "ok", body()
    except Exception as error:  # whatever it is, the other checks go on
        failed.append(name)
        result, finding = "FAILED", f"{type(error).__name__}: {error}"
    print(result, "python", name, " ".join(finding.split()), sep="\t", flush=True)


def refused(name, channel, cause):
    """Checks that there is no connection, for a cause that the details show."""

    def body():
        with channel:
            error = refusal(grpc.StatusCode.UNAVAILABLE, lambda: health(channel))
        found = re.search(cause, error.details())
        assert found, f"{error.details()} (expected: {cause})"
        return f"UNAVAILABLE, {found[0]}"

    check(name, body)


def round_trip(channel):
    account_id = f"python-{uuid.uuid4()}"
    deposit = {
        "request_id": str(uuid.uuid4()),
        "account_id": account_id,
        "amount": Money(currency_code="EUR", units=100),
        "description": "Pay",
    }

    def create():
        ids = {"request_id": str(uuid.uuid4()), "account_id": account_id}
        answer = bank(channel, "CreateAccount", currency_code="EUR", display_name="P", **ids)
        assert answer.account.owner == "spiffe://mbank.local/client", answer
        return f"owner {answer.account.owner}"

    def deposit_twice():
        first, second = (bank(channel, "Deposit", **deposit) for _ in range(2))
        assert first == second, f"{first} then {second}"
        return f"{first.transaction.transaction_id} both times"

    def overdraw():
        big = {**deposit, "request_id": str(uuid.uuid4())}
        big["amount"] = Money(currency_code="EUR", units=101)
        code = grpc.StatusCode.FAILED_PRECONDITION
        info = error_info(refusal(code, lambda: bank(channel, "Withdraw", **big)))
        assert (info.domain, info.reason) == ("mbank.dev", "INSUFFICIENT_FUNDS"), info
        assert info.metadata["account_id"] == account_id, info
        return f"{code.name}, {info.reason}"

    def statement():
        answer = bank(channel, "GetStatement", account_id=account_id)
        assert [entry.amount.units for entry in answer.entries] == [0, 100], answer
        assert answer.closing_balance == deposit["amount"], answer
        return "the opening and one deposit, balance 100.00 EUR"

    check("create account", create)
    check("deposit, sent twice", deposit_twice)
    check("overdraft", overdraw)
    check("statement", statement)


def serves():
    with mutual_tls(OURS, OURS, "client") as channel:
        return health(channel)


def stranger():
    with mutual_tls(OURS, OURS, "stranger") as channel:
        code = grpc.StatusCode.UNAUTHENTICATED
        info = error_info(refusal(code, lambda: bank(channel, "ListAccounts")))
    assert info.reason == "UNKNOWN_IDENTITY", info
    return f"{code.name}, {info.reason}"


def main():
    check("health", serves)
    with mutual_tls(OURS, OURS, "client") as channel:
        round_trip(channel)
    check("client that nothing is granted to", stranger)
    # The alert is in grpcio's log only: its caller learns that the server hung up.
    hung_up = "Endpoint (read|write) failed|Socket closed"
    refused("no client certificate", mutual_tls(OURS), hung_up)
    refused("client of another CA", mutual_tls(OURS, THEIRS, "client"), hung_up)
    refused("server's certificate as client", mutual_tls(OURS, OURS, "server"), hung_up)
    refused("server of another CA", mutual_tls(THEIRS, OURS, "client"), "certificate verify failed")
    other = [("grpc.ssl_target_name_override", "elsewhere.example")]
    elsewhere = mutual_tls(OURS, OURS, "client", other)
    refused("server of another name", elsewhere, "elsewhere.example is not in peer certificate")
    refused("plaintext", grpc.insecure_channel(f"localhost:{PORT}"), hung_up)
    check("health after the refusals", serves)
    sys.exit(1 if failed else 0)


main()
