{{- define "mbank.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for the longest suffix, -management. */}}
{{- define "mbank.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "mbank.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mbank.serviceAccountName" -}}
{{- default (ternary (include "mbank.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "mbank.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mbank.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{/* Of every object; what is not the server overrides the component by (dict "context" $ "component" …). */}}
{{- define "mbank.labels" -}}
{{- $context := default . .context -}}
helm.sh/chart: {{ printf "%s-%s" $context.Chart.Name $context.Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "mbank.name" $context }}
app.kubernetes.io/instance: {{ $context.Release.Name }}
app.kubernetes.io/component: {{ default "server" .component }}
app.kubernetes.io/version: {{ $context.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $context.Release.Service }}
app.kubernetes.io/part-of: mbank
{{- with $context.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The reference of an image, of (dict "image" … "context" $). */}}
{{- define "mbank.image" -}}
{{- $name := .image.repository }}
{{- if .image.registry }}{{ $name = printf "%s/%s" .image.registry $name }}{{ end }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default .context.Chart.AppVersion .image.tag) }}
{{- end }}
{{- end }}

{{- define "mbank.postgresql" -}}
{{- if eq .Values.store.type "postgresql" }}true{{ end }}
{{- end }}

{{/* Whether cert-manager is to make certificates. */}}
{{- define "mbank.certManager" -}}
{{- if not .Values.tls.existingSecret }}true{{ end }}
{{- end }}

{{/* Whether it is to make them with a CA of this release. */}}
{{- define "mbank.ownCa" -}}
{{- if and (include "mbank.certManager" .) (not .Values.tls.certManager.issuerRef) }}true{{ end }}
{{- end }}

{{- define "mbank.serverSecret" -}}
{{- default (printf "%s-server-tls" (include "mbank.fullname" .)) .Values.tls.existingSecret }}
{{- end }}

{{/* Empty if the client has no certificate. */}}
{{- define "mbank.clientSecret" -}}
{{- if .Values.client.tls.existingSecret }}
{{- .Values.client.tls.existingSecret }}
{{- else if include "mbank.certManager" . }}
{{- printf "%s-client-tls" (include "mbank.fullname" .) }}
{{- end }}
{{- end }}

{{/* The volume of the CAs. Of the CA's own Secret it takes the certificate only, never the key. */}}
{{- define "mbank.caVolume" -}}
{{- $ca := .Values.ca -}}
name: ca
{{- if or .Values.ca.existingConfigMap .Values.ca.inline }}
configMap:
  name: {{ default (printf "%s-ca" (include "mbank.fullname" .)) .Values.ca.existingConfigMap }}
{{- else }}
secret:
  secretName: {{ default (printf "%s-ca" (include "mbank.fullname" .)) .Values.ca.existingSecret }}
{{- end }}
  defaultMode: 0440
  items:
    - key: {{ ternary $ca.key "ca.crt" (or $ca.existingConfigMap $ca.existingSecret $ca.inline | empty | not) }}
      path: ca.crt
{{- end }}

{{/* The volume of a certificate and its key, of the name of its Secret. */}}
{{- define "mbank.tlsVolume" -}}
name: tls
secret:
  secretName: {{ . }}
  # Root's, and readable by the group that is fsGroup: by nobody else.
  defaultMode: 0440
  items:
    - key: tls.crt
      path: tls.crt
    - key: tls.key
      path: tls.key
{{- end }}

{{- define "mbank.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
# Or every start would make the journal, which is its owner's only, readable by the group.
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "mbank.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The longest that a stop may take. Tomcat, the store and the JVM need the rest. */}}
{{- define "mbank.gracePeriod" -}}
{{- with .Values.shutdown }}{{ add .preStopSleep .calls .commits 15 }}{{ end }}
{{- end }}

{{/* Names by which the server is called. */}}
{{- define "mbank.dnsNames" -}}
{{- $fullname := include "mbank.fullname" . -}}
- localhost
{{- range list $fullname (printf "%s-headless" $fullname) }}
- {{ . }}
- {{ . }}.{{ $.Release.Namespace }}
- {{ . }}.{{ $.Release.Namespace }}.svc
- {{ . }}.{{ $.Release.Namespace }}.svc.{{ $.Values.tls.clusterDomain }}
{{- end }}
{{- with .Values.tls.certManager.extraDnsNames }}
{{ toYaml . }}
{{- end }}
{{- end }}
