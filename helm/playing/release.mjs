// What a values file renders to, and its pods.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import {
  dropped,
  inspect,
  log,
  objects,
  play,
  played,
  podOf,
  podman,
  put,
  remove,
  work,
} from "./podman.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(here);

export const tag = process.env.IMAGE_TAG ?? "latest";

export let passed = 0;
export function ok(is, what, detail = "") {
  if (!is) throw new Error(`${what}${detail ? `\n${detail}` : ""}`);
  passed++;
  console.log(`ok      ${what}`);
}

/** Waits for a condition, which may fail until then. */
export async function until(what, seconds, condition) {
  const end = Date.now() + seconds * 1000;
  for (let last; ; await sleep(100)) {
    try {
      const answer = await condition();
      if (answer) return answer;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end)
      throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ""}`);
  }
}

/** What cert-manager would put into the Secret of a Certificate. */
function issue({ spec }, issuers) {
  const folder = mkdtempSync(join(work, "issue-"));
  const file = (name, content) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const usages = spec.usages.map(
    (usage) =>
      ({
        "digital signature": "digitalSignature",
        "cert sign": "keyCertSign",
        "crl sign": "cRLSign",
        "server auth": "serverAuth",
        "client auth": "clientAuth",
      })[usage],
  );
  const extended = usages.filter((usage) => usage.endsWith("Auth"));
  const names = [
    ["DNS", spec.dnsNames],
    ["IP", spec.ipAddresses],
    ["URI", spec.uris],
  ].flatMap(([kind, of = []]) => of.map((name) => `${kind}:${name}`));
  const config = file(
    "config",
    [
      "[req]",
      "prompt=no",
      "distinguished_name=dn",
      "x509_extensions=ext",
      "[dn]",
      `CN=${spec.commonName}`,
      `O=${spec.subject.organizations[0]}`,
      "[ext]",
      `basicConstraints=critical,CA:${spec.isCA ? "TRUE" : "FALSE"}`,
      `keyUsage=critical,${usages.filter((usage) => !extended.includes(usage))}`,
      "subjectKeyIdentifier=hash",
      ...(extended.length ? [`extendedKeyUsage=${extended}`] : []),
      ...(names.length ? [`subjectAltName=${names}`] : []),
      "",
    ].join("\n"),
  );
  const ca = objects.secret[issuers[spec.issuerRef.name].ca?.secretName];
  const by = ca
    ? ["-CA", file("ca.crt", ca["tls.crt"]), "-CAkey", file("ca.key", ca["tls.key"])]
    : [];
  const [key, certificate] = [join(folder, "tls.key"), join(folder, "tls.crt")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-config",
      config,
      "-days",
      String(parseInt(spec.duration) / 24),
      "-keyout",
      key,
      "-out",
      certificate,
      ...by,
    ],
    { stdio: "pipe" },
  );
  const pem = (path) => readFileSync(path, "utf8");
  put("secret", spec.secretName, {
    "tls.crt": pem(certificate),
    "tls.key": pem(key),
    "ca.crt": ca ? ca["tls.crt"] : pem(certificate),
  });
}

export class Release {
  constructor(values) {
    const helm = join(root, "target/helm/helm");
    this.objects = parseAllDocuments(
      execFileSync(
        helm,
        [
          "template",
          "bank",
          join(here, "mbank"),
          "--values",
          join(here, "tests", values),
          "--set",
          ["image", "client.image"]
            .map((image) => `${image}.registry=localhost,${image}.tag=${tag}`)
            .join(","),
        ],
        { encoding: "utf8" },
      ),
      { version: "1.1" },
    )
      .map((document) => document.toJS())
      .filter(Boolean);
    console.log(`\n=== ${values}`);
    for (const kind of new Set(this.objects.map((object) => object.kind))) {
      if (!played.includes(kind) && !(kind in dropped))
        throw new Error(`who stands for a ${kind}?`);
      if (kind in dropped) console.log(`        not played: ${kind}; ${dropped[kind]}`);
    }
    [this.workload] = [...this.of("StatefulSet"), ...this.of("Deployment")];
    this.template = this.workload.spec.template;
    [this.container] = this.template.spec.containers;
    this.claims = this.workload.spec.volumeClaimTemplates ?? [];
    [this.test] = this.of("Pod");
    this.addresses = {}; // pod → address
    this.of("ConfigMap").forEach((map) => put("configMap", map.metadata.name, map.data));
    const issuers = Object.fromEntries(
      this.of("Issuer").map(({ metadata, spec }) => [metadata.name, spec]),
    );
    this.issue = (suffix) =>
      this.of("Certificate")
        .filter((each) => each.metadata.name.endsWith(suffix))
        .forEach((each) => issue(each, issuers));
    ["-ca", "-server", "-client"].forEach(this.issue);
  }
  of(kind) {
    return this.objects.filter((object) => object.kind === kind);
  }
  pod(ordinal) {
    return `${this.workload.metadata.name}-${ordinal}`;
  }
  server(ordinal) {
    return `${this.pod(ordinal)}-${this.container.name}`;
  }

  claim(ordinal) {
    play(
      ...this.claims.map((claim) => ({
        ...claim,
        metadata: { ...claim.metadata, name: `${claim.metadata.name}-${this.pod(ordinal)}` },
      })),
    );
  }

  /** Starts a pod, and waits for it as the kubelet does. */
  async start(ordinal) {
    const name = this.pod(ordinal);
    play(podOf(name, this.template, { claims: this.claims }));
    const network = inspect(
      podman("pod", "inspect", "--format", "{{.InfraContainerID}}", name),
    ).NetworkSettings;
    this.addresses[name] = network.IPAddress || Object.values(network.Networks)[0].IPAddress;
    for (const probe of ["startupProbe", "readinessProbe"]) {
      const { httpGet, periodSeconds, failureThreshold } = this.container[probe];
      const { containerPort } = this.container.ports.find((port) => port.name === httpGet.port);
      const url = `http://${this.addresses[name]}:${containerPort}${httpGet.path}`;
      try {
        await until(url, periodSeconds * failureThreshold, async () => (await fetch(url)).ok);
      } catch (e) {
        throw new Error(`${e.message}\n${log(this.server(ordinal))}`);
      }
    }
    ok(true, `${name} is ready by its own probes`);
  }

  /** As the kubelet, without the sleep before. */
  stop(ordinal) {
    const began = Date.now();
    const grace = this.template.spec.terminationGracePeriodSeconds;
    podman("stop", "--time", String(grace), this.server(ordinal));
    const seconds = (Date.now() - began) / 1000;
    const { ExitCode: code } = inspect(this.server(ordinal)).State;
    ok(
      [0, 143].includes(code) && seconds < grace,
      `${this.pod(ordinal)} stopped by itself, with ${code} in ${seconds.toFixed(1)} s of ${grace}`,
      log(this.server(ordinal)),
    );
    remove(this.pod(ordinal));
    delete this.addresses[this.pod(ordinal)];
  }

  async metrics(ordinal) {
    return (
      await fetch(`http://${this.addresses[this.pod(ordinal)]}:8081/actuator/prometheus`)
    ).text();
  }
  async reloads(ordinal, of) {
    const line = (await this.metrics(ordinal))
      .split("\n")
      .find(
        (each) =>
          each.startsWith("mbank_reloads_total") &&
          each.includes(`"${of}"`) &&
          each.includes('"accepted"'),
      );
    return Number(line?.split(" ").pop() ?? 0);
  }

  /** `helm test`. */
  async bank() {
    const name = this.test.metadata.name;
    const [client] = this.test.spec.containers;
    const host = client.env.find((each) => each.name === "HOST").value;
    const service = this.of("Service").find((each) => each.metadata.name === host);
    if (
      Object.entries(service.spec.selector).some(
        ([key, value]) => this.template.metadata.labels[key] !== value,
      )
    ) {
      throw new Error(`the Service ${host} does not find the servers`);
    }
    play(
      podOf(name, this.test, {
        hostAliases: Object.values(this.addresses).map((ip) => ({ ip, hostnames: [host] })),
      }),
    );
    const container = `${name}-${client.name}`;
    const state = await until(`${container} ends`, this.test.spec.activeDeadlineSeconds, () => {
      const { State } = inspect(container);
      return State.Status === "exited" && State;
    });
    const said = log(container);
    remove(name);
    return { code: state.ExitCode, said };
  }
}
