{{/*
What the schema cannot see, as it takes more than one value. Each says the value, and what was expected.
*/}}
{{- define "mbank.guards" -}}
{{- $v := .Values }}
{{- if not $v.tls.enabled }}
{{- fail "tls.enabled: false (expected: true; without TLS whoever reaches the port may do everything)" }}
{{- end }}
{{- if include "mbank.postgresql" . }}
  {{- if not $v.store.postgresql.existingSecret }}
  {{- fail "store.postgresql.existingSecret: empty (expected: the name of a Secret with the username and the password)" }}
  {{- end }}
  {{- if regexMatch "(?i)[?&](password|sslpassword)=" $v.store.postgresql.url }}
  {{- fail "store.postgresql.url: has a password (expected: that in the Secret, for the URL can be read in the pod)" }}
  {{- end }}
  {{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}
  {{- fail (printf "autoscaling.minReplicas: %d (expected: at most maxReplicas, %d)" (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}
  {{- end }}
{{- else }}
  {{- if ne (int $v.replicaCount) 1 }}
  {{- fail (printf "replicaCount: %d (expected: 1 with store.type sqlite; several servers share a store.type postgresql)" (int $v.replicaCount)) }}
  {{- end }}
  {{- if $v.autoscaling.enabled }}
  {{- fail "autoscaling.enabled: true (expected: false with store.type sqlite, which has one server)" }}
  {{- end }}
  {{- if $v.audit.existingClaim }}
  {{- fail (printf "audit.existingClaim: %s (expected: empty with store.type sqlite, where the trail is beside the journal)" $v.audit.existingClaim) }}
  {{- end }}
{{- end }}
{{- $cas := without (list (ternary "existingConfigMap" "" (ne $v.ca.existingConfigMap "")) (ternary "existingSecret" "" (ne $v.ca.existingSecret "")) (ternary "inline" "" (ne $v.ca.inline ""))) "" }}
{{- if gt (len $cas) 1 }}
{{- fail (printf "ca: has %s (expected: at most one of existingConfigMap, existingSecret, inline)" (join " and " $cas)) }}
{{- end }}
{{- if and (not $cas) (not (include "mbank.ownCa" .)) }}
{{- fail (printf "ca: empty (expected: one of existingConfigMap, existingSecret, inline, with %s)" (ternary "tls.existingSecret" "tls.certManager.issuerRef" (ne $v.tls.existingSecret ""))) }}
{{- end }}
{{- if contains "PRIVATE KEY" $v.ca.inline }}
{{- fail "ca.inline: has a private key (expected: certificates only)" }}
{{- end }}
{{- $sizes := ternary (list 256 384 521) (list 2048 3072 4096) (eq $v.tls.certManager.algorithm "ECDSA") }}
{{- if not (has (int $v.tls.certManager.size) $sizes) }}
{{- fail (printf "tls.certManager.size: %d (expected: one of %s with %s)" (int $v.tls.certManager.size) (join ", " $sizes) $v.tls.certManager.algorithm) }}
{{- end }}
{{- $ours := list "HOST" "PORT" "TLS_ENABLED" "CA_FILE" "CERT_FILE" "KEY_FILE" "CRL_FILE" "DATABASE_URL" "DATABASE_USERNAME" "DATABASE_PASSWORD" "MANAGEMENT_HOST" "MANAGEMENT_PORT" "REFLECTION_ENABLED" "POLICY_FILE" "AUDIT_FILE" "MBANK_AUDIT_TOTAL_SIZE" "GRPC_SERVER_SHUTDOWN_GRACE_PERIOD" "GRPC_SERVER_MAX_CONNECTION_AGE" "GRPC_SERVER_MAX_CONNECTION_AGE_GRACE" "MBANK_COMMIT_CLOSE_TIMEOUT" "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE" "POD_NAME" }}
{{- range $v.extraEnv }}
{{- if has .name $ours }}
{{- fail (printf "extraEnv: %s (expected: the chart's own value, which sets it)" .name) }}
{{- end }}
{{- end }}
{{- $seen := dict }}
{{- range $v.policy }}
{{- if hasKey $seen .identity }}
{{- fail (printf "policy: %s twice (expected: each identity once)" .identity) }}
{{- end }}
{{- $_ := set $seen .identity true }}
{{- if and (has "auditor" .roles) (or (has "teller" .roles) (has "customer" .roles)) }}
{{- fail (printf "policy: %s is %s (expected: auditor, which writes nothing, or roles that write, not both)" .identity (join ", " .roles)) }}
{{- end }}
{{- end }}
{{- end }}
