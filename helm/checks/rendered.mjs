// Helm, what it makes of the chart and a values file, and the strict parsing of that.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";

export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(here);
export const chart = join(here, "mbank");
export const release = "bank";
export const namespace = "money";
const helm = join(root, "target/helm/helm");
const work = join(here, "node_modules/.check"); // Where TypeScript finds the packages.

/** Kubernetes reads YAML 1.1, in which 0440 is octal. */
function manifests(text) {
  return parseAllDocuments(text, { version: "1.1", uniqueKeys: true }).flatMap((document) => {
    if (document.errors.length) throw new Error(document.errors.join("\n"));
    return document.toJS() ?? [];
  });
}

export function run(...args) {
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

export function render(values, from = chart, ...more) {
  const { status, stdout, stderr } = run(
    "template",
    release,
    from,
    "--namespace",
    namespace,
    "--values",
    values,
    ...more,
  );
  if (status !== 0) throw new Error(`${basename(values)}: ${stderr.trim()}`);
  return new Rendered(
    basename(values, ".yaml"),
    parse(readFileSync(values, "utf8")),
    manifests(stdout),
  );
}

class Rendered {
  constructor(name, values, objects) {
    Object.assign(this, { name, values, objects });
    // Those that are there by themselves, and those that a workload makes.
    this.pods = objects.flatMap((each) =>
      each.kind === "Pod"
        ? [each]
        : each.spec?.template
          ? [{ kind: each.kind, ...each.spec.template }]
          : [],
    );
    this.server = this.pods.find((pod) => pod.kind !== "Pod");
    this.container = this.server?.spec.containers.find((each) => each.name === "bank-server");
    this.env = Object.fromEntries(
      (this.container?.env ?? []).map((each) => [each.name, each.value ?? each]),
    );
  }
  all(kind) {
    return this.objects.filter((each) => each.kind === kind);
  }
  named(kind, suffix) {
    return this.all(kind).find((each) => each.metadata.name.endsWith(suffix));
  }
}

const typesOf = (apiVersion) =>
  apiVersion.startsWith("cert-manager.io/")
    ? "@kubernetes-models/cert-manager/"
    : apiVersion.startsWith("monitoring.coreos.com/")
      ? "@kubernetes-models/prometheus-operator/"
      : "kubernetes-models/";

/**
 * Manifests as literals of the types that Kubernetes, cert-manager and the Prometheus operator
 * publish: TypeScript refuses a field too many, one too few and a wrong value.
 */
export function strictly(rendered) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const each of rendered) {
    writeFileSync(
      join(work, `${each.name}.ts`),
      each.objects
        .map(
          (object, at) =>
            `import type { I${object.kind} as T${at} } from ` +
            `"${typesOf(object.apiVersion)}${object.apiVersion}/${object.kind}";\n` +
            `export const o${at}: T${at} = ${JSON.stringify(object)};\n`,
        )
        .join(""),
    );
  }
  const { status, stdout, stderr } = spawnSync(
    join(here, "node_modules/.bin/tsc"),
    [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      "nodenext",
      ...rendered.map((each) => join(work, `${each.name}.ts`)),
    ],
    { encoding: "utf8", cwd: work },
  );
  return status === 0 ? [] : (stdout + stderr).trim().split("\n");
}
