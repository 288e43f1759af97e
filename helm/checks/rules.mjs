// The checks: each gets what one values file renders to, and says what is wrong with it. Each has a
// way to break the chart, [file, what, instead, values file], after which it has to find something.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual as same } from "node:util";
import { parse } from "yaml";
import { chart, namespace, root } from "./rendered.mjs";

const containers = (pod) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
const selects = (selector, labels) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
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
    [...text.matchAll(/\$\{([A-Z_]+):/g)].map((match) => match[1]),
  ),
  ...[
    ...properties(serverYml),
    ...[...readme.matchAll(/`((?:mbank|grpc)\.[a-z.-]+)`/g)].map((match) => match[1]),
  ].map((name) => name.toUpperCase().replace(/[.-]/g, "_")),
  ...[...readme.matchAll(/`(MBANK_[A-Z_]+)`/g)].map((match) => match[1]),
]);

export const checks = {
  /** Pod Security "restricted", and what we ask for besides. */
  "every pod is restricted": ({ pods }) =>
    pods.flatMap((pod) => {
      const { spec } = pod;
      const wrong = (is, what) => (is ? [] : [`${pod.kind}: ${what}`]);
      return [
        ...wrong(spec.securityContext.runAsNonRoot === true, "runAsNonRoot"),
        ...wrong(spec.securityContext.runAsUser > 0, "runAsUser is no number"),
        ...wrong(spec.securityContext.seccompProfile?.type === "RuntimeDefault", "seccompProfile"),
        ...wrong(spec.automountServiceAccountToken === false, "has a token of Kubernetes"),
        ...wrong(!spec.hostNetwork && !spec.hostPID && !spec.hostIPC, "sees the host"),
        ...(spec.volumes ?? []).flatMap((volume) =>
          wrong(
            ["configMap", "secret", "emptyDir", "persistentVolumeClaim"].some(
              (kind) => kind in volume,
            ),
            `volume ${volume.name}`,
          ),
        ),
        ...containers(pod).flatMap(
          ({ name, securityContext: security = {}, resources, ports = [] }) => [
            ...wrong(
              security.allowPrivilegeEscalation === false,
              `${name}: allowPrivilegeEscalation`,
            ),
            ...wrong(security.readOnlyRootFilesystem === true, `${name}: readOnlyRootFilesystem`),
            ...wrong(same(security.capabilities, { drop: ["ALL"] }), `${name}: capabilities`),
            ...wrong(!security.privileged && security.runAsUser !== 0, `${name}: privileged`),
            ...wrong(
              ports.every((port) => !port.hostPort),
              `${name}: hostPort`,
            ),
            ...wrong(
              resources?.requests?.memory && resources.limits?.memory,
              `${name}: no memory asked for`,
            ),
          ],
        ),
      ];
    }),

  "no subPath, so that what is mounted can change": ({ pods }) =>
    [...keys(pods)].filter((key) => key.startsWith("subPath")),

  "keys are their pod's only, and the CA's key is nobody's": ({ pods }) =>
    pods.flatMap((pod) =>
      (pod.spec.volumes ?? [])
        .filter((volume) => volume.secret && ["tls", "ca"].includes(volume.name))
        .flatMap(({ name, secret }) => [
          ...(secret.defaultMode & 0o007
            ? [`${pod.kind}: ${name} has mode ${secret.defaultMode.toString(8)}`]
            : []),
          ...(pod.spec.securityContext.fsGroup === pod.spec.securityContext.runAsGroup
            ? []
            : ["fsGroup"]),
          ...(same(
            (secret.items ?? []).map((item) => item.path).sort(),
            name === "ca" ? ["ca.crt"] : ["tls.crt", "tls.key"],
          )
            ? []
            : [`${pod.kind}: ${name} has ${JSON.stringify(secret.items)}`]),
        ]),
    ),

  "probes ask over HTTP, on the management port": ({ container }) => [
    ...["startupProbe", "livenessProbe", "readinessProbe"].flatMap((probe) => {
      const { httpGet, exec, grpc } = container[probe] ?? {};
      const path = `/actuator/health/${probe === "readinessProbe" ? "readiness" : "liveness"}`;
      return same(httpGet, { path, port: "http-management" }) && !exec && !grpc ? [] : [probe];
    }),
    ...(container.env.some(
      ({ name, value }) => name === "MANAGEMENT_HOST" && value === "0.0.0.0",
    ) &&
    container.ports.some(
      ({ name, containerPort }) => name === "http-management" && `${containerPort}` === "8081",
    )
      ? []
      : ["the management port is for the pod itself only"]),
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
      ...(grace >= sleep + calls + commits + 10
        ? []
        : [`${grace} s are less than ${sleep} + ${calls} + ${commits} + 10`]),
      ...(calls < phase && commits < phase ? [] : [`a phase ends after ${phase} s`]),
      ...(calls > seconds(clientYml.mbank["call-timeout"]) ? [] : ["a client may wait longer"]),
      ...(seconds(env.GRPC_SERVER_MAX_CONNECTION_AGE) <
      seconds(serverYml.grpc.server["max-connection-age"])
        ? []
        : ["connections grow as old as they do without a cluster"]),
      ...(sleep >= 5 && periodSeconds * failureThreshold <= 2 * 10
        ? []
        : ["who sends calls hears of it late"]),
    ];
  },

  "each variable is one that the programs know": ({ pods, values }) =>
    pods.flatMap((pod) =>
      containers(pod).flatMap(({ env = [] }) => {
        const names = env.map((each) => each.name);
        return [
          ...names.filter((name) => !variables.has(name) && name !== "POD_NAME"),
          ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} twice`),
        ];
      }),
    ),

  "certificates: PKCS#8, a new key each, names, usages": (each) =>
    each.all("Certificate").flatMap(({ metadata, spec }) => {
      const ca = spec.isCA === true;
      const server = spec.usages.includes("server auth");
      const services = each
        .all("Service")
        .map((service) => service.metadata.name)
        .filter((name) => !name.endsWith("-management"));
      const wanted = [
        "localhost",
        ...services.flatMap((name) => [
          name,
          `${name}.${namespace}`,
          `${name}.${namespace}.svc`,
          `${name}.${namespace}.svc.cluster.local`,
        ]),
      ];
      const usages = ca
        ? ["cert sign", "crl sign"]
        : ["digital signature", server ? "server auth" : "client auth"];
      return [
        ...(spec.privateKey.encoding === "PKCS8" ? [] : ["encoding"]),
        ...(spec.privateKey.rotationPolicy === (ca ? "Never" : "Always") ? [] : ["rotationPolicy"]),
        ...(same(spec.privateKey.algorithm, "ECDSA") === (spec.privateKey.size === 256)
          ? []
          : ["key"]),
        ...(same(spec.usages, usages) ? [] : [`usages ${spec.usages}`]),
        ...(hours(spec.renewBefore) > 28 * 24 && hours(spec.renewBefore) < hours(spec.duration) / 2
          ? []
          : ["alerts before it is renewed"]),
        ...(!server || wanted.every((name) => spec.dnsNames.includes(name))
          ? []
          : ["a Service's name is missing"]),
        ...(server || ca || (spec.uris.length === 1 && !spec.dnsNames) ? [] : ["not one identity"]),
        ...(each.all("Issuer").some((issuer) => issuer.metadata.name === spec.issuerRef.name) ||
        spec.issuerRef.kind === "ClusterIssuer"
          ? []
          : ["nobody signs"]),
      ].map((what) => `${metadata.name}: ${what}`);
    }),

  "what a pod mounts is made here, or named in the values": (each) => {
    const given = JSON.stringify(each.values);
    const made = new Set([
      ...each.all("ConfigMap").map((map) => `configMap ${map.metadata.name}`),
      ...each.all("Certificate").map((certificate) => `secret ${certificate.spec.secretName}`),
    ]);
    return each.pods
      .flatMap((pod) =>
        (pod.spec.volumes ?? []).flatMap(({ name, configMap, secret }) => {
          const what = configMap?.name ?? secret?.secretName;
          return !what ||
            made.has(`${configMap ? "configMap" : "secret"} ${what}`) ||
            given.includes(`"${what}"`)
            ? []
            : [`${pod.kind}: nobody makes ${what} (${name})`];
        }),
      )
      .concat(
        each.pods.flatMap((pod) =>
          containers(pod).flatMap(({ volumeMounts = [] }) =>
            volumeMounts
              .filter(
                (mount) =>
                  !(pod.spec.volumes ?? []).some((volume) => volume.name === mount.name) &&
                  !each
                    .all("StatefulSet")[0]
                    ?.spec.volumeClaimTemplates?.some(
                      (claim) => claim.metadata.name === mount.name,
                    ),
              )
              .map((mount) => `${pod.kind}: ${mount.name} is no volume`),
          ),
        ),
      );
  },

  "no secret is in anything that is no Secret": ({ objects, env }) => [
    ...objects.filter((object) => object.kind === "Secret").map((secret) => secret.metadata.name),
    ...objects
      .filter((object) => /PRIVATE KEY|[?&]password=/i.test(JSON.stringify(object)))
      .map((object) => object.kind),
    ...(!env.DATABASE_PASSWORD || env.DATABASE_PASSWORD.valueFrom?.secretKeyRef
      ? []
      : ["DATABASE_PASSWORD"]),
  ],

  "SQLite has exactly one server, PostgreSQL as many as it says": (each) => {
    const counts = Object.fromEntries(
      ["StatefulSet", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"].map(
        (kind) => [kind, each.all(kind).length],
      ),
    );
    if (each.values.store?.type !== "postgresql") {
      const claims = each.all("StatefulSet")[0]?.spec.volumeClaimTemplates ?? [];
      return same(counts, {
        StatefulSet: 1,
        Deployment: 0,
        HorizontalPodAutoscaler: 0,
        PodDisruptionBudget: 0,
      }) &&
        each.all("StatefulSet")[0].spec.replicas === 1 &&
        claims.length === (each.values.store?.sqlite?.existingClaim ? 0 : 1) &&
        each.env.DATABASE_URL === "jdbc:sqlite:/app/data/mbank.db"
        ? []
        : [JSON.stringify(counts)];
    }
    const [{ spec }] = each.all("Deployment");
    const scaled = each.values.autoscaling?.enabled === true;
    const least = scaled ? each.values.autoscaling.minReplicas : (each.values.replicaCount ?? 1);
    return [
      ...(same(counts, {
        StatefulSet: 0,
        Deployment: 1,
        HorizontalPodAutoscaler: +scaled,
        PodDisruptionBudget: +(least > 1),
      })
        ? []
        : [JSON.stringify(counts)]),
      ...(spec.replicas === (scaled ? undefined : least) ? [] : [`replicas ${spec.replicas}`]),
      ...(same(spec.strategy, {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
      })
        ? []
        : ["strategy"]),
      ...(!scaled ||
      each.all("HorizontalPodAutoscaler")[0].spec.scaleTargetRef.name ===
        each.all("Deployment")[0].metadata.name
        ? []
        : ["scales another"]),
      ...(each.server.spec.topologySpreadConstraints?.length > 0
        ? []
        : ["no topologySpreadConstraints"]),
      ...(each.server.spec.volumes.some((volume) => volume.name === "data")
        ? []
        : ["nowhere for the audit trail"]),
    ];
  },

  "each server's audit trail is a file of its own": ({ env, server }) => {
    const shared =
      server.kind === "Deployment" &&
      server.spec.volumes.some((volume) => volume.name === "data" && volume.persistentVolumeClaim);
    return env.AUDIT_FILE ===
      (shared ? "/app/data/audit-$(POD_NAME).jsonl" : "/app/data/audit.jsonl")
      ? []
      : [env.AUDIT_FILE];
  },

  "labels and selectors find the server, and nothing else": (each) => {
    const [workload] = [...each.all("StatefulSet"), ...each.all("Deployment")];
    const selectors = [
      ["workload", workload.spec.selector.matchLabels],
      ...each.all("Service").map((service) => [service.metadata.name, service.spec.selector]),
      ...[...each.all("PodDisruptionBudget"), ...each.all("NetworkPolicy")].map((one) => [
        one.kind,
        (one.spec.selector ?? one.spec.podSelector).matchLabels,
      ]),
    ];
    const ports = each.container.ports.map((port) => port.name);
    return [
      ...selectors.flatMap(([who, selector]) => [
        ...(selects(selector, each.server.metadata.labels)
          ? []
          : [`${who} does not find the server`]),
        ...each.pods
          .filter((pod) => pod.kind === "Pod" && selects(selector, pod.metadata.labels))
          .map(() => `${who} finds the test`),
        ...(Object.keys(selector).some((key) => /version|chart/.test(key))
          ? [`${who} changes with the version`]
          : []),
      ]),
      ...(workload.spec.volumeClaimTemplates ?? []).flatMap((claim) =>
        Object.keys(claim.metadata.labels).filter((key) => /version|chart/.test(key)),
      ),
      ...each
        .all("Service")
        .flatMap((service) =>
          service.spec.ports
            .filter((port) => !ports.includes(port.targetPort))
            .map((port) => port.targetPort),
        ),
      ...each.all("ServiceMonitor").flatMap(({ spec }) => {
        const found = each
          .all("Service")
          .filter((service) => selects(spec.selector.matchLabels, service.metadata.labels));
        return found.length === 1 && found[0].spec.ports[0].name === spec.endpoints[0].port
          ? []
          : [`the ServiceMonitor finds ${found.length}`];
      }),
      ...each.objects
        .filter(({ metadata: { labels } }) =>
          ["name", "instance", "version", "managed-by", "part-of", "component"].some(
            (label) => !labels[`app.kubernetes.io/${label}`],
          ),
        )
        .map((object) => `${object.kind} without labels`),
      ...each.objects
        .filter(({ metadata: { name } }) => name.length > 63)
        .map((object) => object.metadata.name),
    ];
  },

  "helm test is the client, by its certificate, where there is one": (each) => {
    const [pod] = each.all("Pod");
    const certificate =
      each.values.client?.tls?.existingSecret ??
      (each.values.tls?.existingSecret ? undefined : "made");
    if (!certificate) return pod ? ["a test without a certificate"] : [];
    const env = Object.fromEntries(
      pod.spec.containers[0].env.map(({ name, value }) => [name, value]),
    );
    const service = each.all("Service").find((one) => one.metadata.name === env.HOST);
    return [
      ...(pod.metadata.annotations["helm.sh/hook"] === "test" ? [] : ["no hook"]),
      ...(service?.spec.ports.some((port) => `${port.port}` === env.PORT)
        ? []
        : ["not at the Service"]),
      ...(pod.spec.restartPolicy === "Never" ? [] : ["again and again"]),
      ...(each
        .all("NetworkPolicy")
        .every((policy) =>
          policy.spec.ingress[0].from.some(
            (peer) =>
              peer.podSelector &&
              !peer.namespaceSelector &&
              selects(peer.podSelector.matchLabels, pod.metadata.labels),
          ),
        )
        ? []
        : ["the NetworkPolicy shuts it out"]),
    ];
  },

  "the rules and the dashboards are those of the files": (each) => [
    ...each
      .all("PrometheusRule")
      .flatMap(({ spec }) =>
        same(
          spec,
          parse(
            readFileSync(join(chart, "rules/mbank.yml"), "utf8").replaceAll(
              "runbook_url: helm/runbooks/",
              `runbook_url: ${each.values.prometheusRule?.runbookBaseUrl || "helm/runbooks/"}`,
            ),
          ),
        ) &&
        spec.groups.length
          ? []
          : ["rules"],
      ),
    ...each
      .all("ConfigMap")
      .filter((map) => map.metadata.name.endsWith("-dashboards"))
      .flatMap(({ metadata, data }) => {
        const files = readdirSync(join(chart, "dashboards"));
        return metadata.labels.grafana_dashboard === "1" &&
          files.length &&
          same(Object.keys(data).sort(), files.sort()) &&
          Object.values(data).every((text) => JSON.parse(text).title)
          ? []
          : ["dashboards"];
      }),
  ],
};

const pod = "templates/_pod.tpl";
const helpers = "templates/_helpers.tpl";
const certificates = "templates/certificates.yaml";
export const breakages = {
  "every pod is restricted": [
    helpers,
    "readOnlyRootFilesystem: true",
    "readOnlyRootFilesystem: false",
    "default",
  ],
  "no subPath, so that what is mounted can change": [
    pod,
    "mountPath: /etc/mbank/tls",
    "mountPath: /etc/mbank/tls\n          subPath: tls.crt",
    "default",
  ],
  "keys are their pod's only, and the CA's key is nobody's": [
    helpers,
    "      path: ca.crt\n",
    "      path: ca.crt\n    - key: tls.key\n      path: ca.key\n",
    "default",
  ],
  "probes ask over HTTP, on the management port": [
    pod,
    "health/readiness, port: http-management",
    "health/readiness, port: tls-grpc",
    "default",
  ],
  "nothing in the images needs a shell": [
    pod,
    "sleep: {seconds: {{ .Values.shutdown.preStopSleep }}}",
    "exec: {command: [sleep, '10']}",
    "default",
  ],
  "a stop has the time that its phases take": [
    helpers,
    ".preStopSleep .calls .commits 15",
    ".preStopSleep .calls 15",
    "default",
  ],
  "each variable is one that the programs know": [
    pod,
    "MBANK_COMMIT_CLOSE_TIMEOUT",
    "MBANK_COMMITS_CLOSE_TIMEOUT",
    "default",
  ],
  "certificates: PKCS#8, a new key each, names, usages": [
    certificates,
    "encoding: PKCS8\n    rotationPolicy: Always",
    "encoding: PKCS1\n    rotationPolicy: Always",
    "default",
  ],
  "what a pod mounts is made here, or named in the values": [
    certificates,
    'secretName: {{ include "mbank.serverSecret" . }}',
    "secretName: other",
    "default",
  ],
  "no secret is in anything that is no Secret": [
    "templates/_guards.tpl",
    "PRIVATE KEY",
    "NOTHING",
    "refused/ca-key",
  ],
  "SQLite has exactly one server, PostgreSQL as many as it says": [
    "templates/statefulset.yaml",
    "replicas: 1",
    "replicas: 2",
    "default",
  ],
  "each server's audit trail is a file of its own": [
    pod,
    "audit-$(POD_NAME).jsonl",
    "audit.jsonl",
    "postgresql-audit-claim",
  ],
  "labels and selectors find the server, and nothing else": [
    "templates/tests/bank.yaml",
    '"component" "client"',
    '"component" "server"',
    "default",
  ],
  "helm test is the client, by its certificate, where there is one": [
    "templates/tests/bank.yaml",
    "$.Values.service.port | quote",
    '"8081"',
    "default",
  ],
  "the rules and the dashboards are those of the files": [
    "templates/configmaps.yaml",
    "dashboards/*.json",
    "dashboards/*.jsn",
    "monitoring",
  ],
};
