{{- define "eggcup.pod" -}}
serviceAccountName: {{ include "eggcup.serviceAccountName" . | quote }}
automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
# The variables of services are many, and may be taken for somebody's settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ (include "eggcup.times" . | fromYaml).period }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml . | nindent 4 | trim }}
    {{- if not .labelSelector }}
    labelSelector:
      matchLabels:
        {{- include "eggcup.selectorLabels" $ | nindent 8 }}
    {{- if and (not .matchLabelKeys) (include "eggcup.since" (list $ "1.27")) }}
    matchLabelKeys: [pod-template-hash]
    {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- with .Values.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: app
    {{- include "eggcup.container" . | nindent 4 }}
  {{- with .Values.sidecars }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  - name: eggcup-config
    configMap:
      name: {{ include "eggcup.fullname" . | quote }}
  # In memory: the heartbeat is written every second.
  - name: eggcup-health
    emptyDir:
      medium: Memory
      sizeLimit: {{ .Values.healthDirSize }}
  {{- range $index, $dir := .Values.writableDirs }}
  - name: writable-{{ $index }}
    emptyDir: {{ omit $dir "path" | toJson }}
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "eggcup.container" -}}
{{- $times := include "eggcup.times" . | fromYaml -}}
image: {{ include "eggcup.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.command }}
command:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.args }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
env:
  - name: EGGCUP_CONFIG
    value: /etc/eggcup/cluster.yaml
  - name: EGGCUP_HEALTH_DIR
    value: {{ include "eggcup.healthDir" . | quote }}
  - name: EGGCUP_GRACE
    value: {{ $times.eggcupGrace }}s
  {{- if .Values.cpuRequestAsQuota }}
  - name: EGGCUP_CPU_REQUEST
    valueFrom:
      resourceFieldRef:
        containerName: app
        resource: requests.cpu
        divisor: 1m
  - name: EGGCUP__WORKERS__CPU
    value: $(EGGCUP_CPU_REQUEST)m
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $port := include "eggcup.port" . }}
{{- $healthPort := include "eggcup.healthPort" . }}
{{- if or $port $healthPort }}
ports:
  {{- with $port }}
  - name: app
    containerPort: {{ . }}
  {{- end }}
  {{- with $healthPort }}
  - name: health
    containerPort: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resizePolicy }}
resizePolicy:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationMessagePath: {{ include "eggcup.terminationLog" . | quote }}
terminationMessagePolicy: {{ .Values.terminationMessagePolicy }}
{{- include "eggcup.probe" (list . "startup" "started" $times.startupThreshold) }}
{{- include "eggcup.probe" (list . "readiness" "ready" .Values.probes.readiness.failureThreshold) }}
{{- include "eggcup.probe" (list . "liveness" "live" .Values.probes.liveness.failureThreshold) }}
{{- if gt (int .Values.preStop.seconds) 0 }}
lifecycle:
  preStop:
    {{- toYaml (.Values.preStop.handler | default (dict "sleep" (dict "seconds" .Values.preStop.seconds))) | nindent 4 }}
{{- end }}
volumeMounts:
  - name: eggcup-config
    mountPath: /etc/eggcup
    readOnly: true
  - name: eggcup-health
    mountPath: {{ include "eggcup.healthDir" . | quote }}
  {{- range $index, $dir := .Values.writableDirs }}
  - name: writable-{{ $index }}
    mountPath: {{ $dir.path | quote }}
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "eggcup.probe" -}}
{{- $probes := (index . 0).Values.probes -}}
{{- $probe := get $probes (index . 1) -}}
{{- if $probe.enabled }}
{{ index . 1 }}Probe:
  {{- if $probe.handler }}
  {{- toYaml $probe.handler | nindent 2 }}
  {{- else if eq $probes.mode "http" }}
  httpGet:
    path: /{{ index . 2 }}
    port: health
  {{- else }}
  exec:
    command:
      {{- toYaml (append $probes.command (index . 2)) | nindent 6 }}
  {{- end }}
  periodSeconds: {{ $probe.periodSeconds }}
  timeoutSeconds: {{ $probe.timeoutSeconds }}
  failureThreshold: {{ index . 3 }}
{{- end }}
{{- end -}}
