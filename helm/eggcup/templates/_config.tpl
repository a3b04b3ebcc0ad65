{{/* What eggcup is told, and what the pod must know of it. */}}

{{- define "eggcup.config" -}}
{{- $own := dict "apiVersion" "eggcup/v1" -}}
{{- if eq .Values.probes.mode "http" -}}{{- $_ := set $own "health" (dict "http" (dict "enabled" true)) -}}{{- end -}}
{{- toYaml (merge $own (deepCopy .Values.config)) -}}
{{- end -}}

{{/* eggcup's own defaults stand in for what is null here; a test compares them with its schema. */}}
{{- define "eggcup.setting" -}}
{{- $found := index . 0 -}}
{{- range slice . 2 -}}
{{- if kindIs "map" $found -}}{{- $found = get $found . -}}{{- else -}}{{- $found = "" -}}{{- end -}}
{{- end -}}
{{- if or (kindIs "map" $found) (kindIs "invalid" $found) (eq (toString $found) "") -}}{{- $found = index . 1 -}}{{- end -}}
{{- $found -}}
{{- end -}}

{{- define "eggcup.healthDir" -}}{{- include "eggcup.setting" (list .Values.config "/run/eggcup" "health" "dir") -}}{{- end -}}
{{- define "eggcup.terminationLog" -}}{{- include "eggcup.setting" (list .Values.config "/dev/termination-log" "terminationLog") -}}{{- end -}}

{{/* The durations of the config as they are written, and whether each is one. */}}
{{- define "eggcup.durations" -}}
startup.timeout: {{ include "eggcup.setting" (list .Values.config "60s" "startup" "timeout") | quote }}
shutdown.delay: {{ include "eggcup.setting" (list .Values.config "0s" "shutdown" "delay") | quote }}
shutdown.app: {{ include "eggcup.setting" (list .Values.config "20s" "shutdown" "app") | quote }}
shutdown.agent: {{ include "eggcup.setting" (list .Values.config "5s" "shutdown" "agent") | quote }}
{{- with include "eggcup.setting" (list .Values.config "" "shutdown" "grace") }}
shutdown.grace: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* eggcup's durations have one unit, those of Prometheus may have several: 1m30s. */}}
{{- define "eggcup.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- if regexMatch "^([0-9]+([.][0-9]+)?(ms|[smhdwy]))+$" . -}}
{{- range regexFindAll "[0-9.]+[a-z]+" . -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $sum = addf $sum (mulf (trimSuffix $unit . | float64) (get $units $unit)) -}}
{{- end -}}
{{- end -}}
{{- $sum | ceil | int64 -}}
{{- end -}}

{{/* A quantity of Kubernetes as a number that can be compared: 1500m is 1.5, 1e3 is 1k, 1Gi is 1024Mi; null is 0. */}}
{{- define "eggcup.amount" -}}
{{- $units := dict "" 1 "n" 0.000000001 "u" 0.000001 "m" 0.001 -}}
{{- $_ := merge $units (dict "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18) -}}
{{- $_ := merge $units (dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976) -}}
{{- $unit := regexFind "[A-Za-z]*$" (toString .) -}}
{{- mulf (trimSuffix $unit (toString .) | float64) (get $units $unit) -}}
{{- end -}}

{{/* Whole seconds of everything that has to fit into something. */}}
{{- define "eggcup.times" -}}
{{- $durations := include "eggcup.durations" . | fromYaml -}}
{{- $ms := dict -}}
{{- range $key, $text := $durations -}}{{- $_ := set $ms $key (include "eggcup.milliseconds" $text | int64) -}}{{- end -}}
{{- $sum := add (get $ms "shutdown.delay") (get $ms "shutdown.app") (get $ms "shutdown.agent") -}}
{{- $own := divf (max $sum (get $ms "shutdown.grace" | default 0)) 1000 | ceil | int64 -}}
{{- $needed := add .Values.preStop.seconds $own .Values.terminationMarginSeconds -}}
{{- $period := .Values.terminationGracePeriodSeconds | default $needed | int64 -}}
{{- $startup := .Values.probes.startup -}}
{{- $boot := divf (get $ms "startup.timeout") 1000 | ceil | int64 -}}
delayMs: {{ get $ms "shutdown.delay" }}
sumMs: {{ $sum }}
graceMs: {{ get $ms "shutdown.grace" | default 0 }}
hasGrace: {{ and (hasKey $ms "shutdown.grace") (not (contains "$" (get $durations "shutdown.grace"))) }}
own: {{ $own }}
needed: {{ $needed }}
period: {{ $period }}
eggcupGrace: {{ sub $period (add .Values.preStop.seconds 2) }}
startup: {{ $boot }}
startupThreshold: {{ $startup.failureThreshold | default (add 2 (divf $boot $startup.periodSeconds | ceil | int64)) | int64 }}
{{- end -}}

{{/* The port of the health endpoints, when they are on. */}}
{{- define "eggcup.healthPort" -}}
{{- $enabled := include "eggcup.setting" (list .Values.config "false" "health" "http" "enabled") -}}
{{- if or (eq .Values.probes.mode "http") (eq $enabled "true") -}}
{{- include "eggcup.setting" (list .Values.config "7002" "health" "http" "port") -}}
{{- end -}}
{{- end -}}

{{/* The port, when the config or containerPort tells it. */}}
{{- define "eggcup.port" -}}
{{- $app := .Values.config.app | default dict -}}
{{- if not $app.unixSocket -}}
{{- if include "eggcup.isNumber" $app.port -}}{{- int $app.port -}}
{{- else if .Values.containerPort -}}{{- int .Values.containerPort -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* By its digits: Helm 3.18 hands numbers on as text. */}}
{{- define "eggcup.isNumber" -}}
{{- if regexMatch "^[0-9]+$" (toString .) -}}true{{- end -}}
{{- end -}}

{{- define "eggcup.replicas" -}}
{{- ternary .Values.hpa.minReplicas .Values.replicaCount .Values.hpa.enabled | int -}}
{{- end -}}

{{/* Set when this Kubernetes has what came with the version. */}}
{{- define "eggcup.since" -}}
{{- $kubernetes := index . 0 -}}
{{- if semverCompare (printf ">=%s-0" (index . 1)) $kubernetes.Capabilities.KubeVersion.Version -}}true{{- end -}}
{{- end -}}
