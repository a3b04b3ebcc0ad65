{{- define "eggcup.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "eggcup.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "eggcup.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "eggcup.selectorLabels" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Release.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* What the chart itself says of its pods. Without the chart's version: a new chart alone replaces no pod. */}}
{{- define "eggcup.ownPodLabels" -}}
{{ include "eggcup.selectorLabels" . }}
{{- with .Values.image.tag }}
app.kubernetes.io/version: {{ toString . | trunc 63 | trimAll "-_." | quote }}
{{- end }}
{{- end -}}

{{- define "eggcup.ownLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "eggcup.ownPodLabels" . }}
{{- end -}}

{{- define "eggcup.podLabels" -}}
{{ include "eggcup.ownPodLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "eggcup.labels" -}}
{{ include "eggcup.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "eggcup.image" -}}
{{- .Values.image.repository -}}
{{- with .Values.image.tag }}:{{ . }}{{ end -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end -}}
