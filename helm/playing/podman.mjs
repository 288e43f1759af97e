// podman with a storage of its own, and how a rendered pod gets there: what it does not know of
// Kubernetes is done here, or dropped, and said.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

export const work = mkdtempSync(join(tmpdir(), "mbank-play-"));
chmodSync(work, 0o711); // PostgreSQL runs as another user.

writeFileSync(
  join(work, "containers.conf"),
  '[containers]\ndefault_ulimits = []\n[engine]\ninfra_image = ""\n',
);
process.env.CONTAINERS_CONF = join(work, "containers.conf");
export const options = [
  "--root",
  join(work, "storage"),
  "--runroot",
  join(work, "run"),
  "--tmpdir",
  join(work, "tmp"),
  "--storage-driver",
  "overlay",
  "--runtime",
  "runc",
  "--cgroup-manager",
  "cgroupfs",
  "--events-backend",
  "file",
];
export const run = (...args) =>
  spawnSync("podman", [...options, ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
export function podman(...args) {
  const { status, stdout, stderr, error } = run(...args);
  if (status !== 0) throw new Error(`podman ${args.join(" ")}: ${stderr ?? error}`);
  return stdout.trim();
}
export const inspect = (container) => JSON.parse(podman("inspect", container))[0];
/** Both streams of a container. */
export const log = (container) => {
  const { stdout, stderr } = run("logs", container);
  return stdout + stderr;
};
export function play(...documents) {
  const file = join(work, "play.yaml");
  writeFileSync(
    file,
    documents.map((document) => stringify(document, { version: "1.1" })).join("---\n"),
  );
  podman("kube", "play", file);
}

export const played = ["StatefulSet", "Deployment", "ConfigMap", "Pod", "Certificate", "Issuer"];
/** Kinds that podman does not know, and who stands for them here. */
export const dropped = {
  Service: "who calls it has the pods' addresses among its hosts",
  ServiceAccount: "nobody here speaks to Kubernetes",
  PodDisruptionBudget: "no node is drained",
};
/** Fields that podman does not know, or would do in a shell in the container. */
const droppedOfPods = {
  serviceAccountName: "as above",
  automountServiceAccountToken: "as above",
  enableServiceLinks: "as above",
  terminationGracePeriodSeconds: "given to podman stop",
  topologySpreadConstraints: "there is one node",
};
const droppedOfContainers = {
  startupProbe: "asked from here",
  livenessProbe: "not asked",
  readinessProbe: "asked from here",
  lifecycle: "there is nobody to wait for",
  ports: "podman would take them of the machine",
  imagePullPolicy: "images are loaded",
};
const without = (object, fields) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !(key in fields)));

export const objects = { secret: {}, configMap: {} }; // name → key → content
const projections = [];

/** A volume as the kubelet makes it: files behind a link that is exchanged, of fsGroup's group. */
function project({ folder, kind, source, items, mode, group }) {
  const content = objects[kind][source];
  if (!content) throw new Error(`nobody made the ${kind} ${source}`);
  const stamp = `..${process.hrtime.bigint()}`;
  mkdirSync(join(folder, stamp), { recursive: true });
  for (const { key, path } of items) {
    if (!(key in content)) throw new Error(`the ${kind} ${source} has no ${key}`);
    const file = join(folder, stamp, path);
    writeFileSync(file, content[key]);
    chownSync(file, 0, group);
    chmodSync(file, mode);
  }
  symlinkSync(stamp, join(folder, "..new"));
  renameSync(join(folder, "..new"), join(folder, "..data"));
  for (const { path } of items) {
    if (!readdirSync(folder).includes(path)) symlinkSync(`..data/${path}`, join(folder, path));
  }
}
export function put(kind, source, content) {
  objects[kind][source] = content;
  projections.filter((each) => each.kind === kind && each.source === source).forEach(project);
}

const scratch = "emptyDir-";
/** Removes a pod, and what lives as long as it. */
export function remove(name) {
  podman("pod", "rm", "--force", name);
  const volumes = podman("volume", "ls", "--quiet").split("\n");
  volumes
    .filter((each) => each.startsWith(scratch) && each.endsWith(`-${name}`))
    .forEach((each) => podman("volume", "rm", each));
}

/** A pod, in podman's words. */
export function podOf(name, { metadata, spec }, { claims = [], hostAliases = [] }) {
  const volumes = (spec.volumes ?? []).map((volume) => {
    // This podman has one emptyDir of a name, for all pods.
    if (volume.emptyDir)
      return {
        name: volume.name,
        persistentVolumeClaim: { claimName: `${scratch}${volume.name}-${name}` },
      };
    const kind = ["secret", "configMap"].find((each) => each in volume);
    if (!kind) return volume;
    const { name: map, secretName, items, defaultMode: mode = 0o644 } = volume[kind];
    const folder = join(work, "volumes", name, volume.name);
    const projection = {
      folder,
      kind,
      source: secretName ?? map,
      items,
      mode,
      group: spec.securityContext.fsGroup,
    };
    project(projection);
    projections.push(projection);
    return { name: volume.name, hostPath: { path: folder, type: "Directory" } };
  });
  const env = ({ name: key, value, valueFrom }) => ({
    name: key,
    value: valueFrom?.secretKeyRef
      ? objects.secret[valueFrom.secretKeyRef.name][valueFrom.secretKeyRef.key]
      : value,
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: metadata.labels },
    spec: {
      ...without(spec, droppedOfPods),
      hostAliases,
      containers: spec.containers.map((each) => ({
        ...without(each, droppedOfContainers),
        env: each.env.map(env),
      })),
      volumes: [
        ...volumes,
        ...claims.map((claim) => ({
          name: claim.metadata.name,
          persistentVolumeClaim: { claimName: `${claim.metadata.name}-${name}` },
        })),
      ],
    },
  };
}
