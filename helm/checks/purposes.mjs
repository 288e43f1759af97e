// What each values file of tests/ is there for, as a condition on what comes of it.
import { isDeepStrictEqual as same } from "node:util";

const policyText = (each) => each.named("ConfigMap", "-policy").data["policy.txt"];
const volume = (each, name) => each.server.spec.volumes.find((one) => one.name === name);
export const purposes = {
  default: (each) =>
    each.all("Certificate").length === 3 &&
    each.all("Issuer").length === 2 &&
    each.all("Pod").length === 1,
  "sqlite-existing-claim": (each) =>
    volume(each, "data").persistentVolumeClaim.claimName === "data-old-0",
  "sqlite-rsa": (each) => {
    const { spec } = each.named("Certificate", "-server");
    const claim = each.all("StatefulSet")[0].spec.volumeClaimTemplates[0].spec;
    return (
      spec.privateKey.algorithm === "RSA" &&
      spec.dnsNames.includes("bank.example.com") &&
      spec.ipAddresses.includes("192.0.2.7") &&
      same(claim, {
        accessModes: ["ReadWriteOncePod"],
        storageClassName: "fast",
        resources: { requests: { storage: "100Gi" } },
      })
    );
  },
  postgresql: (each) =>
    each.env.DATABASE_URL.startsWith("jdbc:postgresql://db:5432/") &&
    same(each.env.DATABASE_USERNAME.valueFrom, {
      secretKeyRef: { name: "bank-db", key: "username" },
    }),
  "postgresql-autoscaled": (each) =>
    each.all("HorizontalPodAutoscaler")[0].spec.maxReplicas === 9 &&
    same(each.env.DATABASE_URL.valueFrom, { secretKeyRef: { name: "bank-db", key: "jdbc-url" } }),
  "play-postgresql": (each) =>
    each.all("Deployment")[0].spec.replicas === 2 &&
    each.container.env.every(
      ({ name, valueFrom }) =>
        !name.startsWith("DATABASE_") || valueFrom.secretKeyRef.name === "database",
    ),
  "postgresql-one": (each) => each.all("PodDisruptionBudget").length === 0,
  "postgresql-audit-claim": (each) =>
    volume(each, "data").persistentVolumeClaim.claimName === "bank-audit" &&
    each.env.POD_NAME.valueFrom.fieldRef.fieldPath === "metadata.name" &&
    each.env.MBANK_AUDIT_TOTAL_SIZE === "16GB",
  "existing-secrets": (each) =>
    each.objects.every((one) => !one.apiVersion.startsWith("cert-manager")) &&
    volume(each, "tls").secret.secretName === "bank-server" &&
    same(volume(each, "ca").secret.items, [{ key: "bundle.pem", path: "ca.crt" }]) &&
    each.all("Pod")[0].spec.volumes[0].secret.secretName === "bank-client",
  "existing-server-secret": (each) =>
    each.all("Pod").length === 0 && volume(each, "ca").configMap.name === "bank-cas",
  issuer: (each) =>
    each.all("Issuer").length === 0 &&
    each.all("Certificate").length === 2 &&
    each.all("Certificate").every((one) => one.spec.issuerRef.name === "company"),
  "ca-inline": (each) => each.named("ConfigMap", "-ca").data["ca.crt"].match(/BEGIN/g).length === 2,
  "own-ca-ignores-key": (each) => volume(each, "ca").secret.items[0].key === "ca.crt",
  crl: (each) =>
    each.env.CRL_FILE === "/etc/mbank/crl/ca.crl" &&
    each.pods.every((pod) => pod.spec.volumes.some((one) => one.configMap?.name === "bank-crls")),
  policy: (each) =>
    same(
      policyText(each)
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(/\s{2,}/)),
      each.values.policy.map(({ identity, roles }) => [identity, roles.join(", ")]),
    ),
  "existing-policy": (each) =>
    same(volume(each, "policy").configMap, {
      name: "bank-policy",
      items: [{ key: "grants", path: "policy.txt" }],
    }) && !each.named("ConfigMap", "-policy"),
  "network-policy": (each) => {
    const { ingress, egress } = each.all("NetworkPolicy")[0].spec;
    return (
      ingress.length === 2 &&
      same(ingress[1].from, each.values.networkPolicy.prometheus) &&
      same(egress[1], { ports: [{ port: 6432 }], to: each.values.networkPolicy.database }) &&
      egress.length === 3
    );
  },
  monitoring: (each) =>
    ["ServiceMonitor", "PrometheusRule", "NetworkPolicy"].every(
      (kind) => each.all(kind).length === 1,
    ) &&
    each.all("ServiceMonitor")[0].metadata.labels.release === "kube-prometheus-stack" &&
    each.named("ConfigMap", "-dashboards").metadata.annotations.grafana_folder === "Bank" &&
    each.all("NetworkPolicy")[0].spec.egress.length === 1,
  extras: (each) => {
    const { spec, metadata } = each.server;
    return (
      each.env.MBANK_COMMIT_MAX_BATCH === "512" &&
      each.container.envFrom.length === 1 &&
      spec.containers.length === 2 &&
      metadata.annotations["example.com/owner"] === "bank" &&
      metadata.labels.tier === "ledger" &&
      [
        "nodeSelector",
        "tolerations",
        "affinity",
        "priorityClassName",
        "topologySpreadConstraints",
      ].every((key) => same(spec[key], each.values[key])) &&
      same(each.container.resources, each.values.resources) &&
      each.container.startupProbe.failureThreshold === 300 &&
      spec.serviceAccountName === "bank" &&
      each.all("ServiceAccount").length === 0 &&
      spec.terminationGracePeriodSeconds === 90 &&
      each.all("Pod")[0].spec.containers[0].env.find((one) => one.name === "PORT").value === "443"
    );
  },
  names: (each) =>
    each.objects.every((one) => one.metadata.labels.team === "payments") &&
    each.container.image === `registry.example.com/mbank/bank-server@${each.values.image.digest}` &&
    each.all("Pod")[0].spec.containers[0].image === "registry.example.com/mbank/bank-client:1.2" &&
    each.pods.every((pod) => pod.spec.imagePullSecrets[0].name === "registry"),
};
