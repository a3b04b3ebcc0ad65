{{- define "eggcup.refuse.image" -}}
{{- with .Values.image -}}
{{- if not .repository }}
image.repository is not set: name the image of your application, which has eggcup as its entrypoint
{{- else if not (or .tag .digest) }}
image.tag and image.digest are not set: say which {{ .repository }} is meant, because nobody knows what "latest" is at the next restart
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.config" -}}
{{- $app := .Values.config.app | default dict -}}
{{- if and $app.framework $app.script }}
config.app.framework {{ $app.framework | quote }} and config.app.script {{ $app.script | quote }} cannot both be set: remove one of them
{{- else if not (or $app.framework $app.script) }}
neither config.app.framework nor config.app.script is set: name a framework such as "egg", or the program to run
{{- end }}
{{- range $key, $text := include "eggcup.durations" . | fromYaml }}
{{- if contains "${" $text }}
config.{{ $key }} is {{ $text | quote }}, which is known only in the container, but the pod's times are computed from it: write a duration
{{- end }}
{{- end }}
{{- $dir := include "eggcup.healthDir" . }}
{{- if not (hasPrefix "/" $dir) }}
config.health.dir is {{ $dir | quote }}, but the volume for it needs an absolute path
{{- else if contains "$" $dir }}
config.health.dir is {{ $dir | quote }}, which is known only in the container, but the pod's volume is rendered from it: write a path
{{- end }}
{{- range .Values.writableDirs }}
{{- if eq (clean .path) (clean $dir) }}
writableDirs has {{ .path | quote }} and config.health.dir is {{ $dir | quote }}: the folder of the health files has a volume of its own, remove it from writableDirs
{{- end }}
{{- end }}
{{- $log := include "eggcup.terminationLog" . }}
{{- if not (hasPrefix "/" $log) }}
config.terminationLog is {{ $log | quote }}, but the kubelet needs an absolute path
{{- else if contains "$" $log }}
config.terminationLog is {{ $log | quote }}, which is known only in the container, but the kubelet is told of it: write a path
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.health" -}}
{{- $times := include "eggcup.times" . | fromYaml -}}
{{- with .Values.probes -}}
{{- $seconds := mul .startup.periodSeconds $times.startupThreshold }}
{{- if and .startup.enabled (lt $seconds (int64 $times.startup)) }}
probes.startup.periodSeconds {{ .startup.periodSeconds }} × failureThreshold {{ $times.startupThreshold }} = {{ $seconds }} s is less than config.startup.timeout {{ $times.startup }} s: the kubelet would end a start that eggcup still allows; raise failureThreshold, or leave it null
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.http" -}}
{{- $enabled := include "eggcup.setting" (list .Values.config "" "health" "http" "enabled") -}}
{{- $host := include "eggcup.setting" (list .Values.config "0.0.0.0" "health" "http" "host") -}}
{{- $port := include "eggcup.healthPort" . -}}
{{- $appPort := include "eggcup.port" . -}}
{{- if and (eq .Values.probes.mode "http") (eq $enabled "false") }}
probes.mode is "http", but config.health.http.enabled is false: remove config.health.http.enabled, or take probes.mode "exec"
{{- end }}
{{- if contains "${" $enabled }}
config.health.http.enabled is {{ $enabled | quote }}, which is known only in the container, but the pod's ports and probes are rendered from it: write true or false
{{- end }}
{{- if and $port (not (include "eggcup.isNumber" $port)) }}
config.health.http.port is {{ $port | quote }}, which is known only in the container, but the pod's port "health" is rendered from it: write a number
{{- end }}
{{- if and $port (eq $port $appPort) }}
config.health.http.port {{ $port }} is the port of the application as well ({{ if include "eggcup.isNumber" (.Values.config.app | default dict).port }}config.app.port{{ else }}containerPort{{ end }} {{ $appPort }}): change one of them
{{- end }}
{{- if and $port (regexMatch "^(127[.].*|::1|localhost)$" $host) }}
{{- if eq .Values.probes.mode "http" }}
probes.mode is "http", but config.health.http.host is {{ $host | quote }}, where only the pod itself gets an answer: remove config.health.http.host
{{- else if .Values.serviceMonitor.enabled }}
serviceMonitor.enabled is true, but config.health.http.host is {{ $host | quote }}, where only the pod itself gets an answer: remove config.health.http.host
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.monitor" -}}
{{- $port := include "eggcup.healthPort" . -}}
{{- $service := .Values.service -}}
{{- with .Values.serviceMonitor -}}
{{- if .enabled -}}
{{- if not $port }}
serviceMonitor.enabled is true, but config.health.http.enabled is {{ include "eggcup.setting" (list $.Values.config "false" "health" "http" "enabled") }}: set that to true, or probes.mode to "http"
{{- end }}
{{- if not $service.enabled }}
serviceMonitor.enabled is true, but service.enabled is false: there is nothing to find the pods by
{{- else if ne $service.type "ClusterIP" }}
serviceMonitor.enabled is true, but service.type is {{ $service.type | quote }}, which would open the port of the health endpoints to the outside: take service.type "ClusterIP", or a PodMonitor of your own
{{- else if eq $port (toString $service.port) }}
service.port {{ $service.port }} is config.health.http.port {{ $port }} as well, and serviceMonitor.enabled gives the service both: change one of them
{{- end }}
{{- if gt (include "eggcup.milliseconds" .scrapeTimeout | int64) (include "eggcup.milliseconds" .interval | int64) }}
serviceMonitor.scrapeTimeout {{ .scrapeTimeout }} is longer than serviceMonitor.interval {{ .interval }}: shorten the one or lengthen the other
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.stop" -}}
{{- $times := include "eggcup.times" . | fromYaml -}}
{{- $preStop := .Values.preStop -}}
{{- if and (gt (int $preStop.seconds) 0) (gt (int64 $times.delayMs) 0) }}
preStop.seconds {{ $preStop.seconds }} and config.shutdown.delay {{ .Values.config.shutdown.delay }} cover the same time: set one of them to 0 (config.shutdown.delay to "0s")
{{- end }}
{{- if and $preStop.handler (le (int $preStop.seconds) 0) }}
preStop.handler is set, but preStop.seconds is {{ $preStop.seconds }}: say how long it takes at most, because terminationGracePeriodSeconds counts it
{{- end }}
{{- if and (gt (int $preStop.seconds) 0) (not $preStop.handler) (not (include "eggcup.since" (list . "1.30"))) }}
preStop.seconds {{ $preStop.seconds }} needs the sleep of Kubernetes 1.30, but this is {{ .Capabilities.KubeVersion.Version }}: set preStop.handler, or config.shutdown.delay instead
{{- end }}
{{- if and $times.hasGrace (lt (int64 $times.graceMs) (int64 $times.sumMs)) }}
config.shutdown.grace {{ .Values.config.shutdown.grace }} is less than delay + app + agent = {{ divf $times.sumMs 1000 }} s: raise it, or leave it out, then EGGCUP_GRACE sets it
{{- end }}
{{- with .Values.terminationGracePeriodSeconds }}
{{- if lt (int64 .) (int64 $times.needed) }}
terminationGracePeriodSeconds {{ . }} is less than preStop.seconds {{ $preStop.seconds }} + config.shutdown {{ $times.own }} s + terminationMarginSeconds {{ $.Values.terminationMarginSeconds }} = {{ $times.needed }}: raise it, or leave it null
{{- end }}
{{- end }}
{{- end -}}
