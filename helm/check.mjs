// Renders the chart with each values file of tests/ and says what is wrong with what comes out.
// Each check is tried on a chart that was broken for it, too: one that finds nothing there fails.
// Run through `make helm`.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual as same } from "node:util";
import { parse, parseAllDocuments } from "yaml";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const helm = join(root, "target/helm/helm");
const chart = join(here, "mbank");
const work = join(here, "node_modules/.check"); // Where TypeScript finds the packages.
const release = "bank";
const namespace = "money";

// ---- what is rendered

/** Kubernetes reads YAML 1.1, in which 0440 is octal. */
function manifests(text) {
  return parseAllDocuments(text, { version: "1.1", uniqueKeys: true }).flatMap((document) => {
    if (document.errors.length) throw new Error(document.errors.join("\n"));
    return document.toJS() ?? [];
  });
}

function run(...args) {
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

function render(values, from = chart, ...more) {
  const { status, stdout, stderr } =
    run("template", release, from, "--namespace", namespace, "--values", values, ...more);
  if (status !== 0) throw new Error(`${basename(values)}: ${stderr.trim()}`);
  return new Rendered(basename(values, ".yaml"), parse(readFileSync(values, "utf8")), manifests(stdout));
}

class Rendered {
  constructor(name, values, objects) {
    Object.assign(this, { name, values, objects });
    // As podman and the API server name them.
    this.pods = objects.flatMap((each) =>
      each.kind === "Pod" ? [each] : each.spec?.template ? [{ kind: each.kind, ...each.spec.template }] : []);
    this.server = this.pods.find((pod) => pod.kind !== "Pod");
    this.container = this.server?.spec.containers.find((each) => each.name === "bank-server");
    this.env = Object.fromEntries((this.container?.env ?? []).map((each) => [each.name, each.value ?? each]));
  }
  all(kind) { return this.objects.filter((each) => each.kind === kind); }
  named(kind, suffix) { return this.all(kind).find((each) => each.metadata.name.endsWith(suffix)); }
}

const containers = (pod) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
const selects = (selector, labels) => Object.entries(selector).every(([key, value]) => labels[key] === value);
const seconds = (text) => {
  const [, count, unit] = /^(\d+)(s|m|h)$/.exec(text);
  return count * { s: 1, m: 60, h: 3600 }[unit];
};
const hours = (text) => seconds(text) / 3600;

/** Every key of a tree of maps and lists. */
function* keys(tree) {
  if (tree === null || typeof tree !== "object") return;
  for (const [key, value] of Object.entries(tree)) {
    if (!Array.isArray(tree)) yield key;
    yield* keys(value);
  }
}

// ---- what the programs themselves say

const yml = (program) =>
  readFileSync(join(root, program, "src/main/resources/application.yml"), "utf8");
const serverYml = parse(yml("bank-server"));
const clientYml = parse(yml("bank-client"));
const readme = readFileSync(join(root, "README.md"), "utf8");

function* properties(tree, path = "") {
  for (const [key, value] of Object.entries(tree)) {
    if (value !== null && typeof value === "object") yield* properties(value, `${path}${key}.`);
    else yield path + key;
  }
}
/** Names of variables that mean something to the programs. */
const variables = new Set([
  ...[yml("bank-server"), yml("bank-client")].flatMap((text) =>
    [...text.matchAll(/\$\{([A-Z_]+):/g)].map((match) => match[1])),
  ...[...properties(serverYml), ...[...readme.matchAll(/`((?:mbank|grpc)\.[a-z.-]+)`/g)].map((match) => match[1])].map(
    (name) => name.toUpperCase().replace(/[.-]/g, "_")),
  ...[...readme.matchAll(/`(MBANK_[A-Z_]+)`/g)].map((match) => match[1]),
]);

// ---- the checks: each gets what one values file renders to, and says what is wrong with it

const checks = {
  /** Pod Security "restricted", and what we ask for besides. */
  "every pod is restricted": ({ pods }) => pods.flatMap((pod) => {
    const { spec } = pod;
    const wrong = (is, what) => (is ? [] : [`${pod.kind}: ${what}`]);
    return [
      ...wrong(spec.securityContext.runAsNonRoot === true, "runAsNonRoot"),
      ...wrong(spec.securityContext.runAsUser > 0, "runAsUser is no number"),
      ...wrong(spec.securityContext.seccompProfile?.type === "RuntimeDefault", "seccompProfile"),
      ...wrong(spec.automountServiceAccountToken === false, "has a token of Kubernetes"),
      ...wrong(!spec.hostNetwork && !spec.hostPID && !spec.hostIPC, "sees the host"),
      ...(spec.volumes ?? []).flatMap((volume) => wrong(
        ["configMap", "secret", "emptyDir", "persistentVolumeClaim"].some((kind) => kind in volume),
        `volume ${volume.name}`)),
      ...containers(pod).flatMap(({ name, securityContext: security = {}, resources, ports = [] }) => [
        ...wrong(security.allowPrivilegeEscalation === false, `${name}: allowPrivilegeEscalation`),
        ...wrong(security.readOnlyRootFilesystem === true, `${name}: readOnlyRootFilesystem`),
        ...wrong(same(security.capabilities, { drop: ["ALL"] }), `${name}: capabilities`),
        ...wrong(!security.privileged && security.runAsUser !== 0, `${name}: privileged`),
        ...wrong(ports.every((port) => !port.hostPort), `${name}: hostPort`),
        ...wrong(resources?.requests?.memory && resources.limits?.memory, `${name}: no memory asked for`),
      ]),
    ];
  }),

  "no subPath, so that what is mounted can change": ({ pods }) =>
    [...keys(pods)].filter((key) => key.startsWith("subPath")),

  "keys are their pod's only, and the CA's key is nobody's": ({ pods }) => pods.flatMap((pod) =>
    (pod.spec.volumes ?? []).filter((volume) => volume.secret && ["tls", "ca"].includes(volume.name)).flatMap(
      ({ name, secret }) => [
        ...(secret.defaultMode & 0o007 ? [`${pod.kind}: ${name} has mode ${secret.defaultMode.toString(8)}`] : []),
        ...(pod.spec.securityContext.fsGroup === pod.spec.securityContext.runAsGroup ? [] : ["fsGroup"]),
        ...(same((secret.items ?? []).map((item) => item.path).sort(), name === "ca" ? ["ca.crt"] : ["tls.crt", "tls.key"])
          ? [] : [`${pod.kind}: ${name} has ${JSON.stringify(secret.items)}`]),
      ])),

  "probes ask over HTTP, on the management port": ({ container }) => [
    ...["startupProbe", "livenessProbe", "readinessProbe"].flatMap((probe) => {
      const { httpGet, exec, grpc } = container[probe] ?? {};
      const path = `/actuator/health/${probe === "readinessProbe" ? "readiness" : "liveness"}`;
      return same(httpGet, { path, port: "http-management" }) && !exec && !grpc ? [] : [probe];
    }),
    ...(container.env.some(({ name, value }) => name === "MANAGEMENT_HOST" && value === "0.0.0.0") &&
      container.ports.some(({ name, containerPort }) => name === "http-management" && `${containerPort}` === "8081")
      ? [] : ["the management port is for the pod itself only"]),
  ],

  "nothing in the images needs a shell": ({ pods }) =>
    [...keys(pods)].filter((key) => key === "exec" || key === "command"),

  "a stop has the time that its phases take": ({ server, container, env }) => {
    const calls = seconds(env.GRPC_SERVER_SHUTDOWN_GRACE_PERIOD);
    const commits = seconds(env.MBANK_COMMIT_CLOSE_TIMEOUT);
    const sleep = container.lifecycle.preStop.sleep.seconds;
    const phase = seconds(serverYml.spring["lifecycle.timeout-per-shutdown-phase"]);
    const { terminationGracePeriodSeconds: grace } = server.spec;
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    return [
      ...(grace >= sleep + calls + commits + 10 ? [] : [`${grace} s are less than ${sleep} + ${calls} + ${commits} + 10`]),
      ...(calls < phase && commits < phase ? [] : [`a phase ends after ${phase} s`]),
      ...(calls > seconds(clientYml.mbank["call-timeout"]) ? [] : ["a client may wait longer"]),
      ...(seconds(env.GRPC_SERVER_MAX_CONNECTION_AGE) < seconds(serverYml.grpc.server["max-connection-age"])
        ? [] : ["connections grow as old as they do without a cluster"]),
      ...(sleep >= 5 && periodSeconds * failureThreshold <= 2 * 10 ? [] : ["who sends calls hears of it late"]),
    ];
  },

  "each variable is one that the programs know": ({ pods, values }) => pods.flatMap((pod) =>
    containers(pod).flatMap(({ env = [] }) => {
      const names = env.map((each) => each.name);
      return [
        ...names.filter((name) => !variables.has(name) && name !== "POD_NAME"),
        ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} twice`),
      ];
    })),

  "certificates: PKCS#8, a new key each, names, usages": (each) => each.all("Certificate").flatMap(({ metadata, spec }) => {
    const ca = spec.isCA === true;
    const server = spec.usages.includes("server auth");
    const services = each.all("Service").map((service) => service.metadata.name).filter((name) => !name.endsWith("-management"));
    const wanted = ["localhost", ...services.flatMap((name) =>
      [name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`])];
    const usages = ca ? ["cert sign", "crl sign"] : ["digital signature", server ? "server auth" : "client auth"];
    return [
      ...(spec.privateKey.encoding === "PKCS8" ? [] : ["encoding"]),
      ...(spec.privateKey.rotationPolicy === (ca ? "Never" : "Always") ? [] : ["rotationPolicy"]),
      ...(same(spec.privateKey.algorithm, "ECDSA") === (spec.privateKey.size === 256) ? [] : ["key"]),
      ...(same(spec.usages, usages) ? [] : [`usages ${spec.usages}`]),
      ...(hours(spec.renewBefore) > 28 * 24 && hours(spec.renewBefore) < hours(spec.duration) / 2 ? [] : ["alerts before it is renewed"]),
      ...(!server || wanted.every((name) => spec.dnsNames.includes(name)) ? [] : ["a Service's name is missing"]),
      ...(server || ca || (spec.uris.length === 1 && !spec.dnsNames) ? [] : ["not one identity"]),
      ...(each.all("Issuer").some((issuer) => issuer.metadata.name === spec.issuerRef.name) || spec.issuerRef.kind === "ClusterIssuer"
        ? [] : ["nobody signs"]),
    ].map((what) => `${metadata.name}: ${what}`);
  }),

  "what a pod mounts is made here, or named in the values": (each) => {
    const given = JSON.stringify(each.values);
    const made = new Set([
      ...each.all("ConfigMap").map((map) => `configMap ${map.metadata.name}`),
      ...each.all("Certificate").map((certificate) => `secret ${certificate.spec.secretName}`),
    ]);
    return each.pods.flatMap((pod) => (pod.spec.volumes ?? []).flatMap(({ name, configMap, secret }) => {
      const what = configMap?.name ?? secret?.secretName;
      return !what || made.has(`${configMap ? "configMap" : "secret"} ${what}`) || given.includes(`"${what}"`)
        ? [] : [`${pod.kind}: nobody makes ${what} (${name})`];
    })).concat(each.pods.flatMap((pod) => containers(pod).flatMap(({ volumeMounts = [] }) => volumeMounts
      .filter((mount) => !(pod.spec.volumes ?? []).some((volume) => volume.name === mount.name)
        && !each.all("StatefulSet")[0]?.spec.volumeClaimTemplates?.some((claim) => claim.metadata.name === mount.name))
      .map((mount) => `${pod.kind}: ${mount.name} is no volume`))));
  },

  "no secret is in anything that is no Secret": ({ objects, env }) => [
    ...objects.filter((object) => object.kind === "Secret").map((secret) => secret.metadata.name),
    ...objects.filter((object) => /PRIVATE KEY|[?&]password=/i.test(JSON.stringify(object))).map((object) => object.kind),
    ...(!env.DATABASE_PASSWORD || env.DATABASE_PASSWORD.valueFrom?.secretKeyRef ? [] : ["DATABASE_PASSWORD"]),
  ],

  "SQLite has exactly one server, PostgreSQL as many as it says": (each) => {
    const counts = Object.fromEntries(["StatefulSet", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"]
      .map((kind) => [kind, each.all(kind).length]));
    if (each.values.store?.type !== "postgresql") {
      const claims = each.all("StatefulSet")[0]?.spec.volumeClaimTemplates ?? [];
      return same(counts, { StatefulSet: 1, Deployment: 0, HorizontalPodAutoscaler: 0, PodDisruptionBudget: 0 }) &&
        each.all("StatefulSet")[0].spec.replicas === 1 && claims.length === (each.values.store?.sqlite?.existingClaim ? 0 : 1) &&
        each.env.DATABASE_URL === "jdbc:sqlite:/app/data/mbank.db" ? [] : [JSON.stringify(counts)];
    }
    const [{ spec }] = each.all("Deployment");
    const scaled = each.values.autoscaling?.enabled === true;
    const least = scaled ? each.values.autoscaling.minReplicas : each.values.replicaCount ?? 1;
    return [
      ...(same(counts, { StatefulSet: 0, Deployment: 1, HorizontalPodAutoscaler: +scaled, PodDisruptionBudget: +(least > 1) })
        ? [] : [JSON.stringify(counts)]),
      ...(spec.replicas === (scaled ? undefined : least) ? [] : [`replicas ${spec.replicas}`]),
      ...(same(spec.strategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }) ? [] : ["strategy"]),
      ...(!scaled || each.all("HorizontalPodAutoscaler")[0].spec.scaleTargetRef.name === each.all("Deployment")[0].metadata.name ? [] : ["scales another"]),
      ...(each.server.spec.topologySpreadConstraints?.length > 0 ? [] : ["no topologySpreadConstraints"]),
      ...(each.server.spec.volumes.some((volume) => volume.name === "data") ? [] : ["nowhere for the audit trail"]),
    ];
  },

  "each server's audit trail is a file of its own": ({ env, server }) => {
    const shared = server.kind === "Deployment" &&
      server.spec.volumes.some((volume) => volume.name === "data" && volume.persistentVolumeClaim);
    return env.AUDIT_FILE === (shared ? "/app/data/audit-$(POD_NAME).jsonl" : "/app/data/audit.jsonl")
      ? [] : [env.AUDIT_FILE];
  },

  "labels and selectors find the server, and nothing else": (each) => {
    const [workload] = [...each.all("StatefulSet"), ...each.all("Deployment")];
    const selectors = [
      ["workload", workload.spec.selector.matchLabels],
      ...each.all("Service").map((service) => [service.metadata.name, service.spec.selector]),
      ...[...each.all("PodDisruptionBudget"), ...each.all("NetworkPolicy")].map((one) =>
        [one.kind, (one.spec.selector ?? one.spec.podSelector).matchLabels]),
    ];
    const ports = each.container.ports.map((port) => port.name);
    return [
      ...selectors.flatMap(([who, selector]) => [
        ...(selects(selector, each.server.metadata.labels) ? [] : [`${who} does not find the server`]),
        ...each.pods.filter((pod) => pod.kind === "Pod" && selects(selector, pod.metadata.labels)).map(() => `${who} finds the test`),
        ...(Object.keys(selector).some((key) => /version|chart/.test(key)) ? [`${who} changes with the version`] : []),
      ]),
      ...(workload.spec.volumeClaimTemplates ?? []).flatMap((claim) => Object.keys(claim.metadata.labels).filter((key) => /version|chart/.test(key))),
      ...each.all("Service").flatMap((service) => service.spec.ports.filter((port) => !ports.includes(port.targetPort)).map((port) => port.targetPort)),
      ...each.all("ServiceMonitor").flatMap(({ spec }) => {
        const found = each.all("Service").filter((service) => selects(spec.selector.matchLabels, service.metadata.labels));
        return found.length === 1 && found[0].spec.ports[0].name === spec.endpoints[0].port ? [] : [`the ServiceMonitor finds ${found.length}`];
      }),
      ...each.objects.filter(({ metadata: { labels } }) => ["name", "instance", "version", "managed-by", "part-of", "component"]
        .some((label) => !labels[`app.kubernetes.io/${label}`])).map((object) => `${object.kind} without labels`),
      ...each.objects.filter(({ metadata: { name } }) => name.length > 63).map((object) => object.metadata.name),
    ];
  },

  "helm test is the client, by its certificate, where there is one": (each) => {
    const [pod] = each.all("Pod");
    const certificate = each.values.client?.tls?.existingSecret ?? (each.values.tls?.existingSecret ? undefined : "made");
    if (!certificate) return pod ? ["a test without a certificate"] : [];
    const env = Object.fromEntries(pod.spec.containers[0].env.map(({ name, value }) => [name, value]));
    const service = each.all("Service").find((one) => one.metadata.name === env.HOST);
    return [
      ...(pod.metadata.annotations["helm.sh/hook"] === "test" ? [] : ["no hook"]),
      ...(service?.spec.ports.some((port) => `${port.port}` === env.PORT) ? [] : ["not at the Service"]),
      ...(pod.spec.restartPolicy === "Never" ? [] : ["again and again"]),
      ...(each.all("NetworkPolicy").every((policy) => policy.spec.ingress[0].from.some(
        (peer) => peer.podSelector && !peer.namespaceSelector && selects(peer.podSelector.matchLabels, pod.metadata.labels)))
        ? [] : ["the NetworkPolicy shuts it out"]),
    ];
  },

  "the rules and the dashboards are those of the files": (each) => [
    ...each.all("PrometheusRule").flatMap(({ spec }) =>
      same(spec, parse(readFileSync(join(chart, "rules/mbank.yml"), "utf8"))) && spec.groups.length ? [] : ["rules"]),
    ...each.all("ConfigMap").filter((map) => map.metadata.name.endsWith("-dashboards")).flatMap(({ metadata, data }) => {
      const files = readdirSync(join(chart, "dashboards"));
      return metadata.labels.grafana_dashboard === "1" && files.length && same(Object.keys(data).sort(), files.sort()) &&
        Object.values(data).every((text) => JSON.parse(text).title) ? [] : ["dashboards"];
    }),
  ],
};

// ---- what a values file is there for

const policyText = (each) => each.named("ConfigMap", "-policy").data["policy.txt"];
const volume = (each, name) => each.server.spec.volumes.find((one) => one.name === name);
const purposes = {
  "default": (each) => each.all("Certificate").length === 3 && each.all("Issuer").length === 2 && each.all("Pod").length === 1,
  "sqlite-existing-claim": (each) => volume(each, "data").persistentVolumeClaim.claimName === "data-old-0",
  "sqlite-rsa": (each) => {
    const { spec } = each.named("Certificate", "-server");
    const claim = each.all("StatefulSet")[0].spec.volumeClaimTemplates[0].spec;
    return spec.privateKey.algorithm === "RSA" && spec.dnsNames.includes("bank.example.com") && spec.ipAddresses.includes("192.0.2.7") &&
      same(claim, { accessModes: ["ReadWriteOncePod"], storageClassName: "fast", resources: { requests: { storage: "100Gi" } } });
  },
  "postgresql": (each) => each.env.DATABASE_URL.startsWith("jdbc:postgresql://db:5432/") &&
    same(each.env.DATABASE_USERNAME.valueFrom, { secretKeyRef: { name: "bank-db", key: "username" } }),
  "postgresql-autoscaled": (each) => each.all("HorizontalPodAutoscaler")[0].spec.maxReplicas === 9 &&
    same(each.env.DATABASE_URL.valueFrom, { secretKeyRef: { name: "bank-db", key: "jdbc-url" } }),
  "postgresql-one": (each) => each.all("PodDisruptionBudget").length === 0,
  "postgresql-audit-claim": (each) => volume(each, "data").persistentVolumeClaim.claimName === "bank-audit" &&
    each.env.POD_NAME.valueFrom.fieldRef.fieldPath === "metadata.name" && each.env.MBANK_AUDIT_TOTAL_SIZE === "16GB",
  "existing-secrets": (each) => each.objects.every((one) => !one.apiVersion.startsWith("cert-manager")) &&
    volume(each, "tls").secret.secretName === "bank-server" &&
    same(volume(each, "ca").secret.items, [{ key: "bundle.pem", path: "ca.crt" }]) &&
    each.all("Pod")[0].spec.volumes[0].secret.secretName === "bank-client",
  "existing-server-secret": (each) => each.all("Pod").length === 0 && volume(each, "ca").configMap.name === "bank-cas",
  "issuer": (each) => each.all("Issuer").length === 0 && each.all("Certificate").length === 2 &&
    each.all("Certificate").every((one) => one.spec.issuerRef.name === "company"),
  "ca-inline": (each) => each.named("ConfigMap", "-ca").data["ca.crt"].match(/BEGIN/g).length === 2,
  "crl": (each) => each.env.CRL_FILE === "/etc/mbank/crl/ca.crl" &&
    each.pods.every((pod) => pod.spec.volumes.some((one) => one.configMap?.name === "bank-crls")),
  "policy": (each) => same(policyText(each).trim().split("\n").slice(1).map((line) => line.split(/\s{2,}/)),
    each.values.policy.map(({ identity, roles }) => [identity, roles.join(", ")])),
  "existing-policy": (each) => same(volume(each, "policy").configMap, { name: "bank-policy", items: [{ key: "grants", path: "policy.txt" }] }) &&
    !each.named("ConfigMap", "-policy"),
  "network-policy": (each) => {
    const { ingress, egress } = each.all("NetworkPolicy")[0].spec;
    return ingress.length === 2 && same(ingress[1].from, each.values.networkPolicy.prometheus) &&
      same(egress[1], { ports: [{ port: 6432 }], to: each.values.networkPolicy.database }) && egress.length === 3;
  },
  "monitoring": (each) => ["ServiceMonitor", "PrometheusRule", "NetworkPolicy"].every((kind) => each.all(kind).length === 1) &&
    each.all("ServiceMonitor")[0].metadata.labels.release === "kube-prometheus-stack" &&
    each.named("ConfigMap", "-dashboards").metadata.annotations.grafana_folder === "Bank" &&
    each.all("NetworkPolicy")[0].spec.egress.length === 1,
  "extras": (each) => {
    const { spec, metadata } = each.server;
    return each.env.MBANK_COMMIT_MAX_BATCH === "512" && each.container.envFrom.length === 1 && spec.containers.length === 2 &&
      metadata.annotations["example.com/owner"] === "bank" && metadata.labels.tier === "ledger" &&
      ["nodeSelector", "tolerations", "affinity", "priorityClassName", "topologySpreadConstraints"].every((key) => same(spec[key], each.values[key])) &&
      same(each.container.resources, each.values.resources) && each.container.startupProbe.failureThreshold === 300 &&
      spec.serviceAccountName === "bank" && each.all("ServiceAccount").length === 0 &&
      spec.terminationGracePeriodSeconds === 90 && each.all("Pod")[0].spec.containers[0].env.find((one) => one.name === "PORT").value === "443";
  },
  "names": (each) => each.objects.every((one) => one.metadata.labels.team === "payments") &&
    each.container.image === `registry.example.com/mbank/bank-server@${each.values.image.digest}` &&
    each.all("Pod")[0].spec.containers[0].image === "registry.example.com/mbank/bank-client:1.2" &&
    each.pods.every((pod) => pod.spec.imagePullSecrets[0].name === "registry"),
};

// ---- the chart broken, for each check once: [file, what, instead, values file]

const pod = "templates/_pod.tpl";
const helpers = "templates/_helpers.tpl";
const certificates = "templates/certificates.yaml";
const breakages = {
  "every pod is restricted": [helpers, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "default"],
  "no subPath, so that what is mounted can change": [pod, "mountPath: /etc/mbank/tls", "mountPath: /etc/mbank/tls\n          subPath: tls.crt", "default"],
  "keys are their pod's only, and the CA's key is nobody's": [helpers, "  items:\n    - key: {{ .Values.ca.key }}\n      path: ca.crt", "", "default"],
  "probes ask over HTTP, on the management port": [pod, "health/readiness, port: http-management", "health/readiness, port: tls-grpc", "default"],
  "nothing in the images needs a shell": [pod, "sleep: {seconds: {{ .Values.shutdown.preStopSleep }}}", "sleep: {seconds: {{ .Values.shutdown.preStopSleep }}}\n          exec: {command: [sleep, '10']}", "default"],
  "a stop has the time that its phases take": [helpers, ".preStopSleep .calls .commits 15", ".preStopSleep .calls 15", "default"],
  "each variable is one that the programs know": [pod, "MBANK_COMMIT_CLOSE_TIMEOUT", "MBANK_COMMITS_CLOSE_TIMEOUT", "default"],
  "certificates: PKCS#8, a new key each, names, usages": [certificates, "encoding: PKCS8\n    rotationPolicy: Always", "encoding: PKCS1\n    rotationPolicy: Always", "default"],
  "what a pod mounts is made here, or named in the values": [certificates, "secretName: {{ include \"mbank.serverSecret\" . }}", "secretName: other", "default"],
  "no secret is in anything that is no Secret": ["templates/_guards.tpl", "PRIVATE KEY", "NOTHING", "refused/ca-key"],
  "SQLite has exactly one server, PostgreSQL as many as it says": ["templates/statefulset.yaml", "replicas: 1", "replicas: 2", "default"],
  "each server's audit trail is a file of its own": [pod, "audit-$(POD_NAME).jsonl", "audit.jsonl", "postgresql-audit-claim"],
  "labels and selectors find the server, and nothing else": ["templates/tests/bank.yaml", "\"component\" \"client\"", "\"component\" \"server\"", "default"],
  "helm test is the client, by its certificate, where there is one": ["templates/tests/bank.yaml", "$.Values.service.port | quote", "\"8081\"", "default"],
  "the rules and the dashboards are those of the files": ["templates/configmaps.yaml", "dashboards/*.json", "dashboards/*.jsn", "monitoring"],
};

// ---- strict parsing: manifests as literals of the types that Kubernetes, cert-manager and the
// Prometheus operator publish; TypeScript refuses a field too many, one too few and a wrong value.

const typesOf = (apiVersion) =>
  apiVersion.startsWith("cert-manager.io/") ? "@kubernetes-models/cert-manager/" :
  apiVersion.startsWith("monitoring.coreos.com/") ? "@kubernetes-models/prometheus-operator/" : "kubernetes-models/";

function strictly(rendered) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const each of rendered) {
    writeFileSync(join(work, `${each.name}.ts`), each.objects.map((object, at) =>
      `import type { I${object.kind} as T${at} } from "${typesOf(object.apiVersion)}${object.apiVersion}/${object.kind}";\n` +
      `export const o${at}: T${at} = ${JSON.stringify(object)};\n`).join(""));
  }
  const { status, stdout, stderr } = spawnSync(join(here, "node_modules/.bin/tsc"),
    ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", ...rendered.map((each) => join(work, `${each.name}.ts`))],
    { encoding: "utf8", cwd: work });
  return status === 0 ? [] : (stdout + stderr).trim().split("\n");
}

// ---- run it all

let passed = 0;
let failed = 0;
function check(name, wrong) {
  wrong.length ? failed++ : passed++;
  console.log(`${wrong.length ? "FAILED" : "ok    "}  ${name}`);
  wrong.slice(0, 10).forEach((what) => console.log(`          ${what}`));
}
const trying = (work) => { try { return work(); } catch (e) { return [`${e.message}`]; } };

check("helm lint --strict", trying(() => {
  const { status, stdout, stderr } = run("lint", "--strict", chart);
  return status === 0 ? [] : [stdout + stderr];
}));

const tests = join(here, "tests");
const files = (folder) => readdirSync(folder).filter((name) => name.endsWith(".yaml")).map((name) => join(folder, name));
const rendered = [];
for (const file of files(tests)) {
  check(`values ${basename(file)}`, trying(() => {
    const each = render(file);
    rendered.push(each);
    return purposes[each.name]?.(each) ? [] : ["it does not do what it is for"];
  }));
}
const pods = rendered.reduce((sum, each) => sum + each.pods.length, 0);
for (const [name, find] of Object.entries(checks)) {
  check(`${name} (${rendered.length} value sets, ${pods} pods)`,
    rendered.flatMap((each) => trying(() => find(each)).map((what) => `${each.name}: ${what}`)));
}
const objects = rendered.reduce((sum, each) => sum + each.objects.length, 0);
check(`no field that Kubernetes, cert-manager or Prometheus do not know (${objects} objects)`, trying(() => strictly(rendered)));

for (const file of files(join(tests, "refused"))) {
  check(`refused ${basename(file)}`, trying(() => {
    const expected = readFileSync(file, "utf8").split("\n")[0].slice(2);
    const { status, stderr } = run("template", release, chart, "--values", file);
    return status !== 0 && stderr.includes(expected) ? [] : [`expected: ${expected}`, `got: ${stderr.trim() || "no error"}`];
  }));
}
check("refused: a Kubernetes without the native sleep", trying(() => {
  const { status, stderr } = run("template", release, chart, "--kube-version", "1.29.9");
  return status !== 0 && stderr.includes(">=1.30.0-0") ? [] : [stderr];
}));

/** Maps of the schema that let in what nobody named, but those that are Kubernetes' own. */
check("the schema is strict all over", trying(() => {
  const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8"));
  const open = [];
  (function look(node, path) {
    if (node.properties && node.additionalProperties !== false) open.push(path);
    for (const [key, value] of Object.entries(node)) {
      if (value !== null && typeof value === "object") look(value, `${path}/${key}`);
    }
  })(schema, "");
  const free = Object.entries(schema.properties).filter(([, value]) => same(value, { type: "object" })).map(([key]) => key);
  return [...open, ...(same(free.sort(), ["affinity", "resources"]) ? [] : free)];
}));

check("a new policy restarts nobody, a new setting does", trying(() => {
  const template = (name, ...more) => render(join(tests, `${name}.yaml`), chart, ...more).server;
  const before = template("default");
  return [
    ...(same(before, template("policy")) ? [] : ["a policy is part of the pod"]),
    ...(same(before, template("default", "--set", "grpc.maxConnectionAge=4m")) ? ["a setting is none"] : []),
  ];
}));

const notes = (name, ...more) => run("install", release, chart, "--namespace", namespace, "--dry-run=client",
  "--values", join(tests, `${name}.yaml`), ...more).stdout.split("NOTES:\n")[1] ?? "";
const says = (text, yes, no) => [
  ...yes.filter((words) => !text.includes(words)).map((words) => `does not say: ${words}`),
  ...no.filter((words) => text.includes(words)).map((words) => `says: ${words}`),
];
check("the notes guard and guide", trying(() => [
  ...says(notes("default"), ["helm test bank --namespace money --logs", "statefulset/bank-mbank", "shows no cert-manager",
    "store.type sqlite has one server", "data-bank-mbank-0", "networkPolicy.enabled is false", "demo-alice"], ["audit trail is in the pods"]),
  ...says(notes("postgresql"), ["deployment/bank-mbank", "3 servers on PostgreSQL", "audit trail is in the pods"], ["sqlite", "with one server"]),
  ...says(notes("postgresql-one"), ["with one server calls fail"], []),
  ...says(notes("postgresql-audit-claim"), ["2 servers"], ["audit trail is in the pods"]),
  ...says(notes("existing-server-secret"), ["there is no test"], ["cert-manager)", "helm test"]),
  ...says(notes("network-policy"), [], ["networkPolicy.enabled is false"]),
  ...says(notes("default", "--set", "client.tls.uri=spiffe://mbank.local/other"), ["`policy` grants nothing to spiffe://mbank.local/other"], []),
  ...says(notes("policy", "--set", "client.tls.uri=spiffe://mbank.local/other"), [], ["grants nothing"]),
]));

check("each check finds a chart that was broken for it", trying(() => [
  ...Object.keys(checks).filter((name) => !breakages[name]).map((name) => `no broken chart for: ${name}`),
  ...Object.entries(breakages).flatMap(([name, [file, what, instead, values]]) => {
    const broken = join(root, "target/helm/broken");
    rmSync(broken, { recursive: true, force: true });
    cpSync(chart, broken, { recursive: true });
    const text = readFileSync(join(chart, file), "utf8");
    if (!text.includes(what)) return [`${file} has no ${what}`];
    writeFileSync(join(broken, file), text.replaceAll(what, instead));
    return checks[name](render(join(tests, `${values}.yaml`), broken)).length ? [] : [`finds nothing: ${name}`];
  }),
]));
check("strict parsing finds a wrong field, a missing one and a wrong value", trying(() => {
  const [certificate, service] = ["Certificate", "Service"].map((kind) => structuredClone(rendered.find((each) => each.name === "default").all(kind)[0]));
  const wrong = (object, change) => { const copy = structuredClone(object); change(copy); return [copy]; };
  return [
    wrong(certificate, (copy) => { copy.spec.dnsName = []; }),
    wrong(certificate, (copy) => { delete copy.spec.issuerRef; }),
    wrong(service, (copy) => { copy.spec.ports[0].targetport = 1; }),
    wrong(service, (copy) => { copy.spec.ports[0].port = "8443"; }),
  ].flatMap((objects, at) => (strictly([{ name: "wrong", objects }]).length ? [] : [`${at}`]));
}));
rmSync(work, { recursive: true, force: true });

console.log(`\nhelm: ${passed} passed, ${failed} failed (${rendered.length} value sets rendered)`);
process.exit(failed || rendered.length < Object.keys(purposes).length ? 1 : 0);
