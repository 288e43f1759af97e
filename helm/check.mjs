// Renders the chart with each values file of tests/ and says what is wrong with what comes out.
// Each check is tried on a chart that was broken for it, too: one that finds nothing there fails.
// Run through `make helm`.
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual as same } from "node:util";
import { parse } from "yaml";
import { purposes } from "./checks/purposes.mjs";
import {
  chart,
  here,
  release,
  namespace,
  render,
  root,
  run,
  strictly,
} from "./checks/rendered.mjs";
import { breakages, checks } from "./checks/rules.mjs";

let passed = 0;
let failed = 0;
function check(name, wrong) {
  wrong.length ? failed++ : passed++;
  console.log(`${wrong.length ? "FAILED" : "ok    "}  ${name}`);
  wrong.slice(0, 10).forEach((what) => console.log(`          ${what}`));
}
const trying = (work) => {
  try {
    return work();
  } catch (e) {
    return [`${e.message}`];
  }
};

check(
  "the chart and the programs have one version",
  trying(() => {
    const { appVersion } = parse(readFileSync(join(chart, "Chart.yaml"), "utf8"));
    const pom = /<artifactId>mbank<\/artifactId>\s*<version>([^<]+)/.exec(
      readFileSync(join(root, "pom.xml"), "utf8"),
    )[1];
    return appVersion === pom ? [] : [`appVersion: ${appVersion} (expected: ${pom})`];
  }),
);
check(
  "helm lint --strict",
  trying(() => {
    const { status, stdout, stderr } = run("lint", "--strict", chart);
    return status === 0 ? [] : [stdout + stderr];
  }),
);

const tests = join(here, "tests");
const files = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => join(folder, name));
const rendered = [];
for (const file of files(tests)) {
  check(
    `values ${basename(file)}`,
    trying(() => {
      const each = render(file);
      rendered.push(each);
      return purposes[each.name]?.(each) ? [] : ["it does not do what it is for"];
    }),
  );
}
const pods = rendered.reduce((sum, each) => sum + each.pods.length, 0);
for (const [name, find] of Object.entries(checks)) {
  check(
    `${name} (${rendered.length} value sets, ${pods} pods)`,
    rendered.flatMap((each) => trying(() => find(each)).map((what) => `${each.name}: ${what}`)),
  );
}
const objects = rendered.reduce((sum, each) => sum + each.objects.length, 0);
check(
  `no field that Kubernetes, cert-manager or Prometheus do not know (${objects} objects)`,
  trying(() => strictly(rendered)),
);

for (const file of files(join(tests, "refused"))) {
  check(
    `refused ${basename(file)}`,
    trying(() => {
      const expected = readFileSync(file, "utf8").split("\n")[0].slice(2);
      const { status, stderr } = run("template", release, chart, "--values", file);
      return status !== 0 && stderr.includes(expected)
        ? []
        : [`expected: ${expected}`, `got: ${stderr.trim() || "no error"}`];
    }),
  );
}
check(
  "refused: a Kubernetes without the native sleep",
  trying(() => {
    const { status, stderr } = run("template", release, chart, "--kube-version", "1.29.9");
    return status !== 0 && stderr.includes(">=1.30.0-0") ? [] : [stderr];
  }),
);

/** Maps of the schema that let in what nobody named, but those that are Kubernetes' own. */
check(
  "the schema is strict all over",
  trying(() => {
    const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8"));
    const open = [];
    (function look(node, path) {
      if (node.properties && node.additionalProperties !== false) open.push(path);
      for (const [key, value] of Object.entries(node)) {
        if (value !== null && typeof value === "object") look(value, `${path}/${key}`);
      }
    })(schema, "");
    const free = Object.entries(schema.properties)
      .filter(([, value]) => same(value, { type: "object" }))
      .map(([key]) => key);
    return [...open, ...(same(free.sort(), ["affinity", "resources"]) ? [] : free)];
  }),
);

check(
  "a new policy restarts nobody, a new setting does",
  trying(() => {
    const template = (name, ...more) => render(join(tests, `${name}.yaml`), chart, ...more).server;
    const before = template("default");
    return [
      ...(same(before, template("policy")) ? [] : ["a policy is part of the pod"]),
      ...(same(before, template("default", "--set", "grpc.maxConnectionAge=4m"))
        ? ["a setting is none"]
        : []),
    ];
  }),
);

const notes = (name, ...more) =>
  run(
    "install",
    release,
    chart,
    "--namespace",
    namespace,
    "--dry-run=client",
    "--values",
    join(tests, `${name}.yaml`),
    ...more,
  ).stdout.split("NOTES:\n")[1] ?? "";
const says = (text, yes, no) => [
  ...yes.filter((words) => !text.includes(words)).map((words) => `does not say: ${words}`),
  ...no.filter((words) => text.includes(words)).map((words) => `says: ${words}`),
];
check(
  "the notes guard and guide",
  trying(() => [
    ...says(
      notes("default"),
      [
        "helm test bank --namespace money --logs",
        "statefulset/bank-mbank",
        "shows no cert-manager",
        "store.type sqlite has one server",
        "data-bank-mbank-0",
        "networkPolicy.enabled is false",
        "demo-alice",
      ],
      ["audit trail is in the pods"],
    ),
    ...says(
      notes("postgresql"),
      ["deployment/bank-mbank", "3 servers on PostgreSQL", "audit trail is in the pods"],
      ["sqlite", "with one server"],
    ),
    ...says(notes("postgresql-one"), ["with one server calls fail"], []),
    ...says(notes("postgresql-audit-claim"), ["2 servers"], ["audit trail is in the pods"]),
    ...says(notes("existing-server-secret"), ["there is no test"], ["cert-manager)", "helm test"]),
    ...says(notes("network-policy"), [], ["networkPolicy.enabled is false"]),
    ...says(
      notes("default", "--set", "client.tls.uri=spiffe://mbank.local/other"),
      ["`policy` grants nothing to spiffe://mbank.local/other"],
      [],
    ),
    ...says(
      notes("policy", "--set", "client.tls.uri=spiffe://mbank.local/other"),
      [],
      ["grants nothing"],
    ),
  ]),
);

check(
  "each check finds a chart that was broken for it",
  trying(() => [
    ...Object.keys(checks)
      .filter((name) => !breakages[name])
      .map((name) => `no broken chart for: ${name}`),
    ...Object.entries(breakages).flatMap(([name, [file, what, instead, values]]) => {
      const broken = join(root, "target/helm/broken");
      rmSync(broken, { recursive: true, force: true });
      cpSync(chart, broken, { recursive: true });
      const text = readFileSync(join(chart, file), "utf8");
      if (!text.includes(what)) return [`${file} has no ${what}`];
      writeFileSync(join(broken, file), text.replaceAll(what, instead));
      return checks[name](render(join(tests, `${values}.yaml`), broken)).length
        ? []
        : [`finds nothing: ${name}`];
    }),
  ]),
);
check(
  "strict parsing finds a wrong field, a missing one and a wrong value",
  trying(() => {
    const [certificate, service] = ["Certificate", "Service"].map((kind) =>
      structuredClone(rendered.find((each) => each.name === "default").all(kind)[0]),
    );
    const wrong = (object, change) => {
      const copy = structuredClone(object);
      change(copy);
      return [copy];
    };
    return [
      wrong(certificate, (copy) => {
        copy.spec.dnsName = [];
      }),
      wrong(certificate, (copy) => {
        delete copy.spec.issuerRef;
      }),
      wrong(service, (copy) => {
        copy.spec.ports[0].targetport = 1;
      }),
      wrong(service, (copy) => {
        copy.spec.ports[0].port = "8443";
      }),
    ].flatMap((objects, at) => (strictly([{ name: "wrong", objects }]).length ? [] : [`${at}`]));
  }),
);

console.log(`\nhelm: ${passed} passed, ${failed} failed (${rendered.length} value sets rendered)`);
process.exit(failed || rendered.length < Object.keys(purposes).length ? 1 : 0);
