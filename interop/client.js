// The bank seen by a gRPC client of another make, @grpc/grpc-js on Node's OpenSSL: the round trip,
// and what must be refused. Prints a line a check: ok or FAILED, client, check and finding.
// Usage: client.js PORT OUR_CERTIFICATES THEIR_CERTIFICATES PROTOS
'use strict';
const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const tls = require('node:tls');
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const [port, ours, theirs, protos] = process.argv.slice(2);
const CALL_SECONDS = 5;

const contract = grpc.loadPackageDefinition(
  loadSync(['mbank/v1/bank_service.proto', 'grpc/health/v1/health.proto'], {
    includeDirs: [protos],
    keepCase: true,
    enums: String,
    longs: Number,
    defaults: true,
  }),
);
const { BankService } = contract.mbank.v1;
const { Health } = contract.grpc.health.v1;

// The loader gives no codec of a message that is in no call, so what it is built on does.
const errors = new protobuf.Root();
errors.resolvePath = (_, imported) => join(protos, imported);
errors.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

const call = (client, method, request) =>
  new Promise((resolve, reject) =>
    client[method](request, { deadline: Date.now() + CALL_SECONDS * 1000 }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );

// The google.rpc.ErrorInfo of a refused call.
function errorInfo(error) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  assert.ok(bytes, `status details (found: ${error.message})`);
  const info = errors
    .lookupType('google.rpc.Status')
    .decode(bytes)
    .details.find((any) => any.type_url.endsWith('/google.rpc.ErrorInfo'));
  return errors.lookupType('google.rpc.ErrorInfo').decode(info.value);
}

async function check(name, body) {
  let line;
  try {
    line = ['ok', 'node', name, await body()];
  } catch (error) {
    process.exitCode = 1;
    line = ['FAILED', 'node', name, error.message];
  }
  console.log(line.map((field) => field.replace(/\s+/g, ' ')).join('\t'));
}

const pem = (folder, file) => readFileSync(join(folder, file));

// Credentials that trust a CA and show a certificate, or none.
function mutualTls(ca, folder, name) {
  const files = folder ? [pem(folder, `${name}.key`), pem(folder, `${name}.crt`)] : [null, null];
  return grpc.credentials.createSsl(pem(ca, 'ca.crt'), ...files);
}

const tls12 = () =>
  grpc.credentials.createFromSecureContext(
    tls.createSecureContext({
      ca: pem(ours, 'ca.crt'),
      key: pem(ours, 'client.key'),
      cert: pem(ours, 'client.crt'),
      maxVersion: 'TLSv1.2',
    }),
  );

// Whether the server serves the bank, asked over a connection of its own.
async function health(credentials, options = {}) {
  const client = new Health(`localhost:${port}`, credentials, options);
  try {
    return (await call(client, 'Check', { service: 'mbank.v1.BankService' })).status;
  } finally {
    client.close();
  }
}

// Refused before any call: UNAVAILABLE, and for a cause that the message shows.
const refused = (name, credentials, cause, options) =>
  check(name, async () => {
    const error = await health(credentials, options).then(
      (status) => assert.fail(`answered ${status} (expected: refused)`),
      (error) => error,
    );
    assert.equal(error.code, grpc.status.UNAVAILABLE, error.message);
    assert.match(error.message, cause);
    return `UNAVAILABLE, ${error.message.match(cause)[0]}`;
  });

async function roundTrip(bank) {
  const account_id = `node-${randomUUID()}`;
  const euros = (units) => ({ currency_code: 'EUR', units, nanos: 0 });
  const fresh = (fields) => ({ request_id: randomUUID(), account_id, ...fields });
  const deposit = fresh({ amount: euros(100), description: 'Pay' });

  await check('create account', async () => {
    const request = fresh({ currency_code: 'EUR', display_name: 'Node' });
    const { account } = await call(bank, 'CreateAccount', request);
    assert.equal(account.owner, 'spiffe://mbank.local/client');
    return `owner ${account.owner}`;
  });
  await check('deposit, sent twice', async () => {
    const { transaction } = await call(bank, 'Deposit', deposit);
    assert.deepEqual((await call(bank, 'Deposit', deposit)).transaction, transaction);
    return `${transaction.transaction_id} both times`;
  });
  await check('overdraft', async () => {
    const request = fresh({ amount: euros(101), description: 'Car' });
    const error = await call(bank, 'Withdraw', request).catch((error) => error);
    assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
    const { domain, reason, metadata } = errorInfo(error);
    assert.deepEqual([domain, reason], ['mbank.dev', 'INSUFFICIENT_FUNDS']);
    assert.equal(metadata.account_id, account_id);
    return `FAILED_PRECONDITION, ${reason}`;
  });
  await check('statement', async () => {
    const { entries, closing_balance } = await call(bank, 'GetStatement', { account_id });
    assert.deepEqual(entries.map((entry) => entry.amount.units), [0, 100]);
    assert.deepEqual(closing_balance, euros(100));
    return 'the opening and one deposit, balance 100.00 EUR';
  });
}

async function main() {
  const good = mutualTls(ours, ours, 'client');
  const serves = () =>
    health(good).then((status) => (assert.equal(status, 'SERVING'), status));

  await check('health', serves);
  const bank = new BankService(`localhost:${port}`, good);
  await roundTrip(bank);
  bank.close();

  await check('client that nothing is granted to', async () => {
    const stranger = new BankService(`localhost:${port}`, mutualTls(ours, ours, 'stranger'));
    const error = await call(stranger, 'ListAccounts', {}).catch((error) => error);
    stranger.close();
    assert.equal(error.code, grpc.status.UNAUTHENTICATED, error.message);
    assert.equal(errorInfo(error).reason, 'UNKNOWN_IDENTITY');
    return 'UNAUTHENTICATED, UNKNOWN_IDENTITY';
  });
  // Certificates are judged in the handshake: the server says so in an alert of RFC 8446, 6.2.
  await refused('no client certificate', mutualTls(ours), /alert certificate required/);
  await refused('client of another CA', mutualTls(ours, theirs, 'client'), /alert unknown ca/);
  await refused("server's certificate as client", mutualTls(ours, ours, 'server'), /alert unsupported certificate/);
  await refused('server of another CA', mutualTls(theirs, ours, 'client'), /unable to verify/);
  await refused('server of another name', good, /ERR_TLS_CERT_ALTNAME_INVALID/, {
    'grpc.ssl_target_name_override': 'elsewhere.example',
  });
  await refused('TLS 1.2', tls12(), /alert protocol version/);
  await refused('plaintext', grpc.credentials.createInsecure(), /Failed to connect/);
  await check('health after the refusals', serves);
}

main();
