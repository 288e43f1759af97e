{{/* What a server's pod is, whatever runs it. */}}
{{- define "mbank.pod" -}}
metadata:
  labels:
    {{- include "mbank.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: bank-server
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "mbank.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- include "mbank.podSecurityContext" . | nindent 4 }}
  terminationGracePeriodSeconds: {{ include "mbank.gracePeriod" . }}
  containers:
    - name: bank-server
      image: {{ include "mbank.image" (dict "image" .Values.image "context" $) }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        {{- include "mbank.securityContext" . | nindent 8 }}
      ports:
        - name: tls-grpc
          containerPort: 8443
        - name: http-management
          containerPort: 8081
      env:
        # Every address of the pod, of IPv4 and IPv6.
        - name: HOST
          value: "*"
        - name: PORT
          value: "8443"
        - name: MANAGEMENT_HOST
          value: 0.0.0.0
        - name: MANAGEMENT_PORT
          value: "8081"
        - name: CA_FILE
          value: /etc/mbank/ca/ca.crt
        - name: CERT_FILE
          value: /etc/mbank/tls/tls.crt
        - name: KEY_FILE
          value: /etc/mbank/tls/tls.key
        {{- if .Values.crl.existingConfigMap }}
        - name: CRL_FILE
          value: /etc/mbank/crl/ca.crl
        {{- end }}
        - name: POLICY_FILE
          value: /etc/mbank/policy/policy.txt
        {{- if include "mbank.postgresql" . }}
        {{- with .Values.store.postgresql }}
        - name: DATABASE_URL
          {{- if .url }}
          value: {{ .url | quote }}
          {{- else }}
          valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: {{ .urlKey }}}}
          {{- end }}
        - name: DATABASE_USERNAME
          valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: {{ .usernameKey }}}}
        - name: DATABASE_PASSWORD
          valueFrom: {secretKeyRef: {name: {{ .existingSecret }}, key: {{ .passwordKey }}}}
        {{- end }}
        {{- else }}
        - name: DATABASE_URL
          value: jdbc:sqlite:/app/data/mbank.db
        {{- end }}
        {{- if .Values.audit.existingClaim }}
        # A server has a file of its own.
        - name: POD_NAME
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        - name: AUDIT_FILE
          value: /app/data/audit-$(POD_NAME).jsonl
        {{- else }}
        - name: AUDIT_FILE
          value: /app/data/audit.jsonl
        {{- end }}
        - name: MBANK_AUDIT_TOTAL_SIZE
          value: {{ .Values.audit.totalSize }}
        - name: REFLECTION_ENABLED
          value: {{ .Values.grpc.reflection | quote }}
        - name: GRPC_SERVER_MAX_CONNECTION_AGE
          value: {{ .Values.grpc.maxConnectionAge }}
        - name: GRPC_SERVER_MAX_CONNECTION_AGE_GRACE
          value: {{ .Values.grpc.maxConnectionAgeGrace }}
        - name: GRPC_SERVER_SHUTDOWN_GRACE_PERIOD
          value: {{ .Values.shutdown.calls }}s
        - name: MBANK_COMMIT_CLOSE_TIMEOUT
          value: {{ .Values.shutdown.commits }}s
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      # Over HTTP, for a kubelet has no client certificate to show.
      startupProbe:
        httpGet: {path: /actuator/health/liveness, port: http-management}
        {{- toYaml .Values.startupProbe | nindent 8 }}
      livenessProbe:
        httpGet: {path: /actuator/health/liveness, port: http-management}
        {{- toYaml .Values.livenessProbe | nindent 8 }}
      readinessProbe:
        httpGet: {path: /actuator/health/readiness, port: http-management}
        {{- toYaml .Values.readinessProbe | nindent 8 }}
      lifecycle:
        # It serves on until every proxy and every name server has heard that it goes.
        preStop:
          sleep: {seconds: {{ .Values.shutdown.preStopSleep }}}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      # Whole folders: a file that is mounted by itself (subPath) never changes.
      volumeMounts:
        - name: tls
          mountPath: /etc/mbank/tls
          readOnly: true
        - name: ca
          mountPath: /etc/mbank/ca
          readOnly: true
        - name: policy
          mountPath: /etc/mbank/policy
          readOnly: true
        {{- if .Values.crl.existingConfigMap }}
        - name: crl
          mountPath: /etc/mbank/crl
          readOnly: true
        {{- end }}
        - name: data
          mountPath: /app/data
        - name: tmp
          mountPath: /tmp
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - {{ include "mbank.tlsVolume" (include "mbank.serverSecret" .) | nindent 6 | trim }}
    - {{ include "mbank.caVolume" . | nindent 6 | trim }}
    - name: policy
      configMap:
        name: {{ default (printf "%s-policy" (include "mbank.fullname" .)) .Values.existingPolicyConfigMap }}
        items:
          - key: {{ .Values.policyKey }}
            path: policy.txt
    {{- with .Values.crl }}
    {{- if .existingConfigMap }}
    - name: crl
      configMap:
        name: {{ .existingConfigMap }}
        items:
          - key: {{ .key }}
            path: ca.crl
    {{- end }}
    {{- end }}
    {{- if include "mbank.postgresql" . }}
    - name: data
      {{- if .Values.audit.existingClaim }}
      persistentVolumeClaim: {claimName: {{ .Values.audit.existingClaim }}}
      {{- else }}
      emptyDir: {sizeLimit: {{ .Values.audit.emptyDirSizeLimit }}}
      {{- end }}
    {{- else if .Values.store.sqlite.existingClaim }}
    - name: data
      persistentVolumeClaim: {claimName: {{ .Values.store.sqlite.existingClaim }}}
    {{- end }}
    - name: tmp
      emptyDir: {sizeLimit: 256Mi}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
  {{- else if include "mbank.postgresql" . }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      # Each version by itself, or the old pods of an update would count.
      matchLabelKeys: [pod-template-hash]
      labelSelector:
        matchLabels:
          {{- include "mbank.selectorLabels" $ | nindent 10 }}
    {{- end }}
  {{- end }}
{{- end }}
