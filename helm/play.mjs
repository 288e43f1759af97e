// Starts the pods that the chart renders, under podman, and has the rendered test bank with them:
// what the kubelet would do is done here, and said here. Run through `make helm-play`, as root; the
// images mbank/bank-server and mbank/bank-client have to be in the Docker engine, or IMAGE_TAG says
// which others.
import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments, stringify } from "yaml";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const tag = process.env.IMAGE_TAG ?? "latest";
const images = ["mbank/bank-server", "mbank/bank-client"].map((name) => `${name}:${tag}`);
const work = mkdtempSync(join(tmpdir(), "mbank-play-"));
const certs = join(work, "certs");

// ---- podman, with a storage of its own

writeFileSync(join(work, "containers.conf"), '[containers]\ndefault_ulimits = []\n[engine]\ninfra_image = ""\n');
process.env.CONTAINERS_CONF = join(work, "containers.conf");
let driver = "overlay";
const options = () => ["--root", join(work, "storage"), "--runroot", join(work, "run"), "--tmpdir", join(work, "tmp"), "--storage-driver", driver,
  "--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
function podman(...args) {
  const { status, stdout, stderr, error } = spawnSync("podman", [...options(), ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`podman ${args.join(" ")}: ${stderr ?? error}`);
  return stdout.trim();
}
/** Both streams of a container. */
const log = (container) => {
  const { stdout, stderr } = spawnSync("podman", [...options(), "logs", container], { encoding: "utf8", maxBuffer: 1 << 26 });
  return stdout + stderr;
};

// ---- what is played, and what is not

/** Kinds that podman does not know, and who stands for them here. */
const dropped = {
  Service: "the pod's address is in the hosts of who calls it",
  ServiceAccount: "nobody here speaks to Kubernetes",
};
/** Fields of a pod that podman does not know, or would do in a shell in the container. */
const droppedOfPods = {
  serviceAccountName: "as above", automountServiceAccountToken: "as above", enableServiceLinks: "as above",
  terminationGracePeriodSeconds: "given to podman stop",
};
const droppedOfContainers = {
  startupProbe: "asked from here", livenessProbe: "asked from here", readinessProbe: "asked from here",
  lifecycle: "there is nobody to wait for", imagePullPolicy: "images are loaded",
};
const without = (object, fields) => Object.fromEntries(Object.entries(object).filter(([key]) => !(key in fields)));

const secrets = {}; // name → key → content
const configMaps = {};

/** A volume as the kubelet makes it: files behind a link that is exchanged, the group's by fsGroup. */
function project(folder, source, { items, defaultMode = 0o644 }, group) {
  const stamp = `..${process.hrtime.bigint()}`;
  mkdirSync(join(folder, stamp), { recursive: true });
  const files = items ?? Object.keys(source).map((key) => ({ key, path: key }));
  for (const { key, path } of files) {
    if (!(key in source)) throw new Error(`${folder}: there is no key ${key}`);
    const file = join(folder, stamp, path);
    writeFileSync(file, source[key], { mode: defaultMode });
    chownSync(file, 0, group);
  }
  symlinkSync(stamp, join(folder, "..new"));
  renameSync(join(folder, "..new"), join(folder, "..data"));
  for (const { path } of files) {
    if (!readdirSync(folder).includes(path)) symlinkSync(`..data/${path}`, join(folder, path));
  }
}
const projections = []; // [pod, folder, source object's kind, name, spec, group], to be made anew

function refresh(kind, name) {
  for (const [folder, itsKind, itsName, spec, group] of projections) {
    if (itsKind === kind && itsName === name) project(folder, (kind === "secret" ? secrets : configMaps)[name], spec, group);
  }
}

/** The pod, in podman's words. */
function podOf(name, { metadata, spec }, claims, hostAliases) {
  const volumes = (spec.volumes ?? []).map((volume) => {
    const kind = volume.secret ? "secret" : volume.configMap ? "configMap" : null;
    if (!kind) return volume;
    const from = volume[kind];
    const folder = join(work, "volumes", name, volume.name);
    const source = volume.secret ? from.secretName : from.name;
    projections.push([folder, kind, source, from, spec.securityContext.fsGroup]);
    refresh(kind, source);
    return { name: volume.name, hostPath: { path: folder, type: "Directory" } };
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: metadata.labels },
    spec: {
      ...without(spec, droppedOfPods),
      hostAliases,
      containers: spec.containers.map((container) => without(container, droppedOfContainers)),
      volumes: [...volumes, ...claims.map((claim) => ({
        name: claim.metadata.name, persistentVolumeClaim: { claimName: `${claim.metadata.name}-${name}` },
      }))],
    },
  };
}
const claimsOf = (name, claims) => claims.map((claim) =>
  ({ ...claim, metadata: { ...claim.metadata, name: `${claim.metadata.name}-${name}` } }));

function play(...documents) {
  const file = join(work, "play.yaml");
  writeFileSync(file, documents.map((document) => stringify(document, { version: "1.1" })).join("---\n"));
  return podman("kube", "play", file);
}

// ---- waiting, for conditions

async function until(what, seconds, condition) {
  const end = Date.now() + seconds * 1000;
  for (let last; ; await sleep(100)) {
    try {
      const answer = await condition();
      if (answer) return answer;
    } catch (e) { last = e; }
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ""}`);
  }
}
const inspect = (container) => JSON.parse(podman("inspect", container))[0];
const ended = (container) => until(`${container} ends`, 180, () => {
  const { State: state } = inspect(container);
  return state.Status === "exited" && { code: state.ExitCode };
});

/** As the kubelet probes. */
async function probe({ httpGet, periodSeconds, failureThreshold }, container, address) {
  const { containerPort } = container.ports.find((port) => port.name === httpGet.port);
  const url = `http://${address}:${containerPort}${httpGet.path}`;
  return until(url, periodSeconds * failureThreshold, async () => (await fetch(url)).ok);
}

let passed = 0;
function ok(is, what, detail = "") {
  if (!is) throw new Error(`${what}${detail ? `\n${detail}` : ""}`);
  passed++;
  console.log(`ok      ${what}`);
}

// ---- the play

async function main() {
  if (process.getuid() !== 0) throw new Error("podman has to be root's here");
  execFileSync(join(root, "generate-certs.sh"), ["--out", certs]);
  const pem = (name) => readFileSync(join(certs, name), "utf8");
  secrets["server-tls"] = { "tls.crt": pem("server.crt"), "tls.key": pem("server.key") };
  secrets["client-tls"] = { "tls.crt": pem("client.crt"), "tls.key": pem("client.key") };
  secrets.cas = { "ca.crt": pem("ca.crt") };

  if (spawnSync("podman", [...options(), "info"]).status !== 0) driver = "vfs"; // No overlay on this file system.
  for (const image of images) {
    execFileSync("bash", ["-o", "pipefail", "-c", `docker save ${image} | podman "$@" load -q`, "load", ...options()]);
  }

  const rendered = parseAllDocuments(
    execFileSync(join(root, "target/helm/helm"), ["template", "play", join(here, "mbank"),
      "--values", join(here, "tests/play.yaml"),
      "--set", `image.registry=localhost,image.tag=${tag},client.image.registry=localhost,client.image.tag=${tag}`], { encoding: "utf8" }),
    { version: "1.1" }).map((document) => document.toJS()).filter(Boolean);
  const of = (kind) => rendered.filter((object) => object.kind === kind);
  const played = ["StatefulSet", "ConfigMap", "Pod"];
  for (const kind of new Set(rendered.map((object) => object.kind))) {
    if (!played.includes(kind) && !(kind in dropped)) throw new Error(`who stands for a ${kind}?`);
    if (kind in dropped) console.log(`        not played: ${kind}, for ${dropped[kind]}`);
  }
  for (const map of of("ConfigMap")) configMaps[map.metadata.name] = map.data;

  const [set] = of("StatefulSet");
  const { template, volumeClaimTemplates } = set.spec;
  const [container] = template.spec.containers;
  const name = `${set.metadata.name}-0`;
  const server = `${name}-${container.name}`;
  const start = async () => {
    play(podOf(name, template, volumeClaimTemplates));
    const infra = inspect(podman("pod", "inspect", "--format", "{{.InfraContainerID}}", name)).NetworkSettings;
    const address = infra.IPAddress || Object.values(infra.Networks)[0].IPAddress;
    try {
      await probe(container.startupProbe, container, address);
      await probe(container.readinessProbe, container, address);
    } catch (e) {
      throw new Error(`${e.message}\n${log(server)}`);
    }
    return address;
  };
  const stop = () => {
    const began = Date.now();
    podman("stop", "--time", String(template.spec.terminationGracePeriodSeconds), server);
    const { ExitCode: code } = inspect(server).State;
    const logged = log(server);
    podman("pod", "rm", "--force", name);
    return { code, seconds: (Date.now() - began) / 1000, logged };
  };

  play(...claimsOf(name, volumeClaimTemplates));
  let address = await start();
  const metrics = async () => (await fetch(`http://${address}:8081/actuator/prometheus`)).text();
  const reloads = async (of, outcome) => Number((await metrics()).split("\n").find(
    (line) => line.startsWith("mbank_reloads_total") && line.includes(`"${of}"`) && line.includes(`"${outcome}"`))?.split(" ").pop() ?? 0);

  ok(true, `the StatefulSet's pod started, and is ready by its own probes (${container.image})`);
  const status = readFileSync(`/proc/${inspect(server).State.Pid}/status`, "utf8");
  const field = (key) => status.match(new RegExp(`^${key}:\\s*(\\S+)`, "m"))[1];
  ok(field("Uid") === "10001" && field("Gid") === "10001", "it runs as 10001:10001", status);
  ok(/^0+$/.test(field("CapEff")) && field("NoNewPrivs") === "1" && field("Seccomp") === "2",
    "without capabilities, with no way to more of them, under seccomp", status);
  const mounts = readFileSync(`/proc/${inspect(server).State.Pid}/mountinfo`, "utf8").split("\n").map((line) => line.split(" "));
  ok(mounts.find((mount) => mount[4] === "/")[5].split(",").includes("ro"), "on a root that is read-only");
  ok(!log(server).includes("can be read by everybody"), "its key is readable by its group, and not by everybody", log(server));
  ok((await metrics()).includes("mbank_commit_pending"), "it tells its metrics on the management port");

  const [test] = of("Pod");
  const bank = async () => {
    const env = Object.fromEntries(test.spec.containers[0].env.map(({ name: key, value }) => [key, value]));
    const service = of("Service").find((each) => each.metadata.name === env.HOST);
    const finds = Object.entries(service.spec.selector).every(([key, value]) => template.metadata.labels[key] === value);
    if (!finds) throw new Error(`the Service ${env.HOST} does not find the pod`);
    play(podOf(test.metadata.name, test, [], [{ ip: address, hostnames: [env.HOST] }]));
    const client = `${test.metadata.name}-${test.spec.containers[0].name}`;
    const { code } = await ended(client);
    const said = log(client);
    podman("pod", "rm", "--force", test.metadata.name);
    return { code, said };
  };
  let demo = await bank();
  console.log(demo.said.trimEnd().replace(/^/gm, "        "));
  ok(demo.code === 0, "helm test's pod ended with 0", demo.said);
  ok(demo.said.includes("Statement of demo-alice in EUR") && /closing balance +50\.00/.test(demo.said), "with the statement", demo.said);

  configMaps["bank-server-policy"] = { "policy.txt": "spiffe://mbank.local/client auditor\n" };
  refresh("configMap", "bank-server-policy");
  await until("a new policy is in force", 60, async () => (await reloads("policy", "accepted")) >= 1);
  demo = await bank();
  ok(demo.code === 5 && demo.said.includes("PERMISSION_DENIED"), "a new policy holds without a restart: an auditor may not bank", demo.said);
  configMaps["bank-server-policy"] = of("ConfigMap")[0].data;
  refresh("configMap", "bank-server-policy");
  await until("the old policy is in force", 60, async () => (await reloads("policy", "accepted")) >= 2);

  copyFileSync(join(certs, "server.crt"), join(work, "old.crt"));
  execFileSync(join(root, "generate-certs.sh"), ["renew", "server", "--out", certs]);
  secrets["server-tls"] = { "tls.crt": pem("server.crt"), "tls.key": pem("server.key") };
  refresh("secret", "server-tls");
  await until("a new certificate is in force", 60, async () => (await reloads("tls", "accepted")) >= 1);
  demo = await bank();
  ok(demo.code === 0, "a renewed certificate is taken without a restart", demo.said);

  const { code, seconds, logged } = stop();
  ok([0, 143].includes(code) && seconds < template.spec.terminationGracePeriodSeconds,
    `it stopped by itself, with ${code} in ${seconds.toFixed(1)} s of its ${template.spec.terminationGracePeriodSeconds}`, logged);
  address = await start();
  demo = await bank();
  ok(demo.code === 0 && /demo-alice +EUR +already there/.test(demo.said), "a new pod has the old one's books", demo.said);
  stop();
}

let failure;
try {
  await main();
} catch (e) {
  failure = e;
} finally {
  spawnSync("podman", [...options(), "pod", "rm", "--all", "--force"]);
  spawnSync("podman", [...options(), "volume", "prune", "--force"]);
  spawnSync("podman", [...options(), "rmi", "--all", "--force"]);
  rmSync(work, { recursive: true, force: true });
}
if (failure) {
  console.log(`FAILED  ${failure.message}`);
  process.exit(1);
}
console.log(`\nhelm-play: ${passed} passed`);
