// Starts the pods that the chart renders, under podman, and has the rendered test bank with them:
// what the kubelet and cert-manager would do is done here, and said here. First as the chart comes,
// then two servers on PostgreSQL. Run through `make helm-play`, as root, with Debian's podman,
// catatonit and postgresql. The images mbank/bank-server and mbank/bank-client have to be in the
// Docker engine, with the tag IMAGE_TAG.
import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, log, options, podman, put, run, work } from "./playing/podman.mjs";
import { Release, ok, passed, tag, until } from "./playing/release.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const images = ["mbank/bank-server", "mbank/bank-client"].map((name) => `${name}:${tag}`);

/** A port that is free, of an address of this machine. */
const freePort = (host) =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function asItComes() {
  const bank = new Release("default.yaml");
  bank.claim(0);
  await bank.start(0);

  const server = bank.server(0);
  const proc = (file) => readFileSync(`/proc/${inspect(server).State.Pid}/${file}`, "utf8");
  const field = (key) => proc("status").match(new RegExp(`^${key}:\\s*(\\S+)`, "m"))[1];
  ok(
    field("Uid") === "10001" && field("Gid") === "10001",
    "it runs as 10001:10001",
    proc("status"),
  );
  ok(
    /^0+$/.test(field("CapEff")) && field("NoNewPrivs") === "1" && field("Seccomp") === "2",
    "without capabilities, with no way to more of them, under seccomp",
    proc("status"),
  );
  const mount = proc("mountinfo")
    .split("\n")
    .map((line) => line.split(" "))
    .find((words) => words[4] === "/");
  ok(mount[5].split(",").includes("ro"), "on a root that is read-only", mount.join(" "));
  ok(
    !log(server).includes("can be read by everybody"),
    "its key is readable by its group, and not by everybody",
    log(server),
  );
  ok(
    (await bank.metrics(0)).includes("mbank_audit_writable 1"),
    "it tells its metrics, and writes its audit trail",
  );

  let demo = await bank.bank();
  console.log(demo.said.trimEnd().replace(/^/gm, "        "));
  ok(
    demo.code === 0 &&
      demo.said.includes("Statement of demo-alice in EUR") &&
      /closing balance +50\.00/.test(demo.said),
    "helm test's pod ended with 0, and with the statement",
    demo.said + log(server),
  );

  const [
    {
      metadata: { name: policy },
      data,
    },
  ] = bank.of("ConfigMap");
  put("configMap", policy, { "policy.txt": "spiffe://mbank.local/client auditor\n" });
  await until("a new policy is in force", 60, async () => (await bank.reloads(0, "policy")) >= 1);
  demo = await bank.bank();
  ok(
    demo.code === 5 && demo.said.includes("PERMISSION_DENIED"),
    "a new policy holds without a restart: an auditor may not bank",
    demo.said,
  );
  put("configMap", policy, data);
  await until("the old policy is in force", 60, async () => (await bank.reloads(0, "policy")) >= 2);

  bank.issue("-server");
  await until("a new certificate is in force", 60, async () => (await bank.reloads(0, "tls")) >= 1);
  demo = await bank.bank();
  ok(demo.code === 0, "a new key and certificate are taken without a restart", demo.said);

  bank.stop(0);
  await bank.start(0);
  demo = await bank.bank();
  ok(
    demo.code === 0 && /demo-alice +EUR +already there/.test(demo.said),
    "a new pod has the old one's books",
    demo.said,
  );
  bank.stop(0);
}

async function onPostgresql() {
  const certs = join(work, "certs");
  execFileSync(join(root, "generate-certs.sh"), ["--out", certs]);
  const pem = (name) => readFileSync(join(certs, name), "utf8");
  for (const name of ["server", "client"])
    put("secret", `${name}-tls`, { "tls.crt": pem(`${name}.crt`), "tls.key": pem(`${name}.key`) });
  put("secret", "cas", { "ca.crt": pem("ca.crt") });

  const versions = "/usr/lib/postgresql";
  if (!existsSync(versions))
    throw new Error("there is no PostgreSQL (expected: Debian's package postgresql)");
  const bin = join(
    versions,
    readdirSync(versions)
      .sort((a, b) => a - b)
      .pop(),
    "bin",
  );
  const data = join(work, "postgresql");
  const password = "of-the-play";
  const [uid, gid] = ["-u", "-g"].map((option) => Number(execFileSync("id", [option, "postgres"])));
  const postgres = (program, ...args) =>
    execFileSync(join(bin, program), args, {
      uid,
      gid,
      cwd: data,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, uid, gid);
  writeFileSync(join(work, "password"), `${password}\n`, { mode: 0o644 });
  postgres(
    "initdb",
    "--pgdata",
    data,
    "--username",
    "mbank",
    "--pwfile",
    join(work, "password"),
    "--auth",
    "scram-sha-256",
  );
  // Where pods find the machine that they run on.
  const gateway = JSON.parse(podman("network", "inspect", "podman-default-kube-network"))[0]
    .subnets[0];
  writeFileSync(join(data, "pg_hba.conf"), `host all all ${gateway.subnet} scram-sha-256\n`);
  const port = await freePort(gateway.gateway);
  postgres(
    "pg_ctl",
    "start",
    "--wait",
    "--pgdata",
    data,
    "--log",
    join(data, "log"),
    "--options",
    `-c listen_addresses=${gateway.gateway} -c port=${port} -c unix_socket_directories=`,
  );
  ends.push(() => postgres("pg_ctl", "stop", "--wait", "--mode", "fast", "--pgdata", data));
  put("secret", "database", {
    url: `jdbc:postgresql://${gateway.gateway}:${port}/postgres`,
    username: "mbank",
    password,
  });
  const bank = new Release("play-postgresql.yaml");
  const ordinals = [...Array(bank.workload.spec.replicas).keys()];
  for (const ordinal of ordinals) await bank.start(ordinal);
  let demo = await bank.bank();
  ok(
    demo.code === 0 && /closing balance +50\.00/.test(demo.said),
    "helm test banks with two servers",
    demo.said,
  );
  for (const ordinal of ordinals) {
    ok(
      (await bank.metrics(ordinal)).includes("mbank_audit_writable 1"),
      `${bank.pod(ordinal)} writes its audit trail`,
    );
  }
  bank.stop(0);
  demo = await bank.bank();
  ok(
    demo.code === 0 && /demo-alice +EUR +already there/.test(demo.said),
    "without the first the second goes on, with the same books",
    demo.said,
  );
  bank.stop(1);
}

/** What is left to be ended, whatever happens. */
const ends = [
  () => rmSync(work, { recursive: true, force: true }),
  () => run("rmi", "--all", "--force"),
  () => run("volume", "prune", "--force"),
  () => run("pod", "rm", "--all", "--force"),
];
function end() {
  for (const each of ends.splice(0).reverse()) {
    try {
      each();
    } catch (e) {
      console.log(`not ended: ${e.message}`);
    }
  }
}
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.once(signal, () => {
    end();
    process.exit(code);
  });
}

let failure;
try {
  if (process.getuid() !== 0) throw new Error("podman has to be root's here");
  for (const image of images) {
    execFileSync("bash", [
      "-o",
      "pipefail",
      "-c",
      `docker save ${image} | podman "$@" load -q`,
      "load",
      ...options,
    ]);
  }
  await asItComes();
  await onPostgresql();
} catch (e) {
  failure = e;
} finally {
  end();
}
console.log(failure ? `FAILED  ${failure.message}` : `\nhelm-play: ${passed} passed`);
process.exitCode = failure ? 1 : 0;
