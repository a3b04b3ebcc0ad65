{{- define "eggcup.refuse.names" -}}
{{- $name := include "eggcup.fullname" . -}}
{{- if and .Values.service.enabled (not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name)) }}
{{ ternary "fullnameOverride" "the release" (not (empty .Values.fullnameOverride)) }} is {{ $name | quote }}, but service.enabled is true and Kubernetes allows no service of this name: set fullnameOverride to small letters, digits and "-" that begin with a letter
{{- end }}
{{- end -}}

{{/* Of two labels of one name the last would win, and the selectors would find no pod. */}}
{{- define "eggcup.refuse.labels" -}}
{{- $own := include "eggcup.ownLabels" . | fromYaml -}}
{{- $ownOfPods := include "eggcup.ownPodLabels" . | fromYaml -}}
{{- $common := .Values.commonLabels | default dict -}}
{{- range list (list "commonLabels" $common $own dict) (list "podLabels" .Values.podLabels $ownOfPods $common) (list "serviceMonitor.labels" .Values.serviceMonitor.labels $own $common) }}
{{- $where := index . 0 }}
{{- $set := index . 2 }}
{{- $shared := index . 3 }}
{{- range $key, $value := index . 1 }}
{{- if hasKey $set $key }}
{{ $where }} has {{ $key }} {{ $value | quote }}, which this chart sets to {{ get $set $key | quote }} itself: remove it{{ if eq $key "app.kubernetes.io/name" }}, and set nameOverride{{ end }}
{{- else if hasKey $shared $key }}
{{ $where }} has {{ $key }} {{ $value | quote }}, which commonLabels sets to {{ get $shared $key | quote }} already: remove one of them
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $value := .Values.podAnnotations }}
{{- if has $key (tuple "checksum/config" "kubectl.kubernetes.io/default-container") }}
podAnnotations has {{ $key }} {{ $value | quote }}, which this chart sets itself: remove it
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.cpu" -}}
{{- $resources := .Values.resources | default dict -}}
{{- $requests := $resources.requests | default dict -}}
{{- $limits := $resources.limits | default dict -}}
{{- $isSet := not (and (kindIs "invalid" $requests.cpu) (kindIs "invalid" $limits.cpu)) -}}
{{/* Kubernetes takes the limit where there is no request. */}}
{{- $request := ternary $limits.cpu $requests.cpu (kindIs "invalid" $requests.cpu) -}}
{{- $own := get (get .Values.config "workers" | default dict) "cpu" -}}
{{- if and .Values.cpuRequestAsQuota (not $isSet) }}
cpuRequestAsQuota is true, but resources.requests.cpu is not set: set it, or cpuRequestAsQuota to false
{{- else if and .Values.cpuRequestAsQuota (eq (include "eggcup.amount" $request) "0") }}
cpuRequestAsQuota is true, but resources.requests.cpu is {{ $request }}, and no worker can be sized by that: raise it, or set cpuRequestAsQuota to false
{{- end }}
{{- if and .Values.cpuRequestAsQuota $own }}
cpuRequestAsQuota is true and config.workers.cpu is {{ $own }}: both say what to size by; remove config.workers.cpu, or set cpuRequestAsQuota to false
{{- end }}
{{- if and .Values.hpa.enabled .Values.hpa.targetCPU (eq (include "eggcup.amount" $request) "0") }}
hpa.targetCPU {{ .Values.hpa.targetCPU }} is percent of resources.requests.cpu, which is {{ ternary $request "not set" $isSet }}: set it, or hpa.targetCPU to null
{{- end }}
{{- if and .Values.hpa.enabled .Values.hpa.targetMemory (not (or $requests.memory $limits.memory)) }}
hpa.targetMemory {{ .Values.hpa.targetMemory }} is percent of resources.requests.memory, which is not set: set it, or hpa.targetMemory to null
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.amounts" -}}
{{- $resources := .Values.resources | default dict -}}
{{- $requests := $resources.requests | default dict -}}
{{- $limits := $resources.limits | default dict -}}
{{- range $name, $limit := $limits }}
{{- $request := get $requests $name }}
{{- if and (hasKey $requests $name) (not (kindIs "invalid" $limit)) (not (kindIs "invalid" $request)) (not (and (ne $name "cpu") (regexMatch "[num]$" (toString $limit)))) }}
{{- if gt (include "eggcup.amount" $request | float64) (include "eggcup.amount" $limit | float64) }}
resources.requests.{{ $name }} {{ $request }} is more than resources.limits.{{ $name }} {{ $limit }}: lower the one or raise the other
{{- end }}
{{- end }}
{{- end }}
{{- $bytes := dict "healthDirSize" .Values.healthDirSize }}
{{- range tuple "memory" "ephemeral-storage" }}
{{- $_ := set $bytes (print "resources.requests." .) (get $requests .) }}
{{- $_ := set $bytes (print "resources.limits." .) (get $limits .) }}
{{- end }}
{{- range $index, $dir := .Values.writableDirs }}
{{- $_ := set $bytes (printf "writableDirs[%d].sizeLimit" $index) $dir.sizeLimit }}
{{- end }}
{{- range $where, $size := $bytes }}
{{- if regexMatch "[num]$" (toString $size) }}
{{ $where }} is {{ $size }}, which is {{ include "eggcup.amount" $size }} bytes: write {{ regexReplaceAll "[num]$" $size "Mi" }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the container says stands before what the pod says. */}}
{{- define "eggcup.refuse.user" -}}
{{- $user := list -}}
{{- $nonRoot := list -}}
{{- range tuple "podSecurityContext" "securityContext" -}}
{{- $context := get $.Values . | default dict -}}
{{- if not (kindIs "invalid" $context.runAsUser) -}}{{- $user = list . $context.runAsUser -}}{{- end -}}
{{- if not (kindIs "invalid" $context.runAsNonRoot) -}}{{- $nonRoot = list . $context.runAsNonRoot -}}{{- end -}}
{{- end -}}
{{- if and $user $nonRoot }}
{{- if and (eq (index $user 1 | toString) "0") (index $nonRoot 1) }}
{{ index $user 0 }}.runAsUser 0 is root, but {{ index $nonRoot 0 }}.runAsNonRoot is true: name another user, or set {{ index $nonRoot 0 }}.runAsNonRoot to false
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.network" -}}
{{- $app := .Values.config.app | default dict -}}
{{- $port := include "eggcup.port" . -}}
{{- if and $app.unixSocket $app.port }}
config.app.unixSocket {{ $app.unixSocket | quote }} excludes config.app.port {{ $app.port }}: set config.app.port to null
{{- end }}
{{- if and .Values.containerPort (include "eggcup.isNumber" $app.port) (ne (int .Values.containerPort) (int $app.port)) }}
containerPort {{ .Values.containerPort }} is not config.app.port {{ $app.port }}: leave containerPort null
{{- end }}
{{- range tuple "service" "networkPolicy" }}
{{- if and (get $.Values . ).enabled (not $port) }}
{{- if $app.unixSocket }}
{{ . }}.enabled is true, but config.app.unixSocket {{ $app.unixSocket | quote }} listens on no port: set {{ . }}.enabled to false
{{- else }}
{{ . }}.enabled is true, but the port is not known from config.app.port {{ $app.port | default "null" }}: set containerPort
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.service }}
{{- if and .nodePort (eq .type "ClusterIP") }}
service.nodePort {{ .nodePort }} needs service.type "NodePort" or "LoadBalancer", but it is {{ .type | quote }}
{{- end }}
{{- end }}
{{- range tuple "ingress" "httpRoute" }}
{{- if and (get $.Values .).enabled (not $.Values.service.enabled) }}
{{ . }}.enabled is true, but service.enabled is false: there is nothing to send requests to
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
ingress.enabled is true, but ingress.hosts is empty: name a host with its paths
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
httpRoute.enabled is true, but httpRoute.parentRefs is empty: name the gateway
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.scale" -}}
{{- $replicas := include "eggcup.replicas" . | int -}}
{{- with .Values.hpa -}}
{{- if .enabled -}}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
hpa.minReplicas {{ .minReplicas }} is more than hpa.maxReplicas {{ .maxReplicas }}: lower the one or raise the other
{{- end }}
{{- if not (or .targetCPU .targetMemory .metrics) }}
hpa.enabled is true, but hpa.targetCPU, hpa.targetMemory and hpa.metrics are all empty: there is nothing to scale by
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.pdb }}
{{- $min := toString .minAvailable }}
{{- if .enabled }}
{{- if and (not (kindIs "invalid" .minAvailable)) (not (kindIs "invalid" .maxUnavailable)) }}
pdb.minAvailable {{ .minAvailable }} and pdb.maxUnavailable {{ .maxUnavailable }} cannot both be set: set one of them to null
{{- else if and (kindIs "invalid" .minAvailable) (kindIs "invalid" .maxUnavailable) }}
pdb.enabled is true, but pdb.minAvailable and pdb.maxUnavailable are both null: set one of them
{{- else if and (gt $replicas 0) (or (eq $min "100%") (and (not (hasSuffix "%" $min)) (ge (int $min) $replicas) (gt (int $min) 0))) }}
pdb.minAvailable {{ $min }} of {{ ternary "hpa.minReplicas" "replicaCount" $.Values.hpa.enabled }} {{ $replicas }} lets no pod go, so that no node can be drained: lower it
{{- else if has (toString .maxUnavailable) (list "0" "0%") }}
pdb.maxUnavailable {{ .maxUnavailable }} of {{ ternary "hpa.minReplicas" "replicaCount" $.Values.hpa.enabled }} {{ $replicas }} lets no pod go, so that no node can be drained: raise it
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.strategy }}
{{- if and (eq .type "Recreate") .rollingUpdate }}
strategy.type "Recreate" and strategy.rollingUpdate {{ toJson .rollingUpdate }} cannot both be: set strategy.rollingUpdate to null
{{- end }}
{{- with .rollingUpdate }}
{{- if and (has (toString .maxUnavailable) (list "0" "0%")) (has (toString .maxSurge) (list "0" "0%")) }}
strategy.rollingUpdate.maxUnavailable {{ .maxUnavailable }} and maxSurge {{ .maxSurge }} cannot both be 0: no pod could be replaced
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "eggcup.refuse.env" -}}
{{- $set := list "EGGCUP_CONFIG" "EGGCUP_GRACE" "EGGCUP_HEALTH_DIR" "EGGCUP_CPU_REQUEST" -}}
{{- range .Values.extraEnv }}
{{- $normal := .name | upper | replace "__" "." | replace "_" "" -}}
{{- if has .name $set }}
extraEnv has {{ .name }}, which this chart sets itself: remove it
{{- else if and (hasPrefix "EGGCUP.WORKERS.CPU" $normal) $.Values.cpuRequestAsQuota }}
extraEnv has {{ .name }}, but cpuRequestAsQuota is true and sets it: remove one of them
{{- else if regexMatch "^EGGCUP[.](SHUTDOWN|STARTUP|HEALTH$|HEALTH[.](DIR|HTTP)|APP$|APP[.](PORT|UNIXSOCKET|BASEDIR)|TERMINATIONLOG)" $normal }}
extraEnv has {{ .name }}, which would change what the pod is rendered from: set it in config
{{- end }}
{{- end }}
{{- end -}}

{{/* What has a name in the pod; each list is of pairs, who has it and its name. */}}
{{- define "eggcup.refuse.twice" -}}
{{- $dir := include "eggcup.healthDir" . -}}
{{- $containers := list (list "this chart" "app") -}}
{{- $volumes := list (list "this chart" "eggcup-config") (list "this chart" "eggcup-health") -}}
{{- $mounts := list (list "this chart" "/etc/eggcup") (list "config.health.dir" (clean $dir)) -}}
{{- $env := list -}}
{{- range tuple "initContainers" "sidecars" -}}
{{- $where := . -}}
{{- range index $.Values . -}}{{- $containers = append $containers (list $where .name) -}}{{- end -}}
{{- end -}}
{{- range $index, $writable := .Values.writableDirs -}}
{{- $volumes = append $volumes (list "this chart" (printf "writable-%d" $index)) -}}
{{- if ne (clean .path) (clean $dir) -}}{{- $mounts = append $mounts (list "writableDirs" (clean .path)) -}}{{- end -}}
{{- end -}}
{{- range .Values.extraVolumes -}}{{- $volumes = append $volumes (list "extraVolumes" .name) -}}{{- end -}}
{{- range .Values.extraVolumeMounts -}}{{- $mounts = append $mounts (list "extraVolumeMounts" (clean .mountPath)) -}}{{- end -}}
{{- range .Values.extraEnv -}}{{- $env = append $env (list "extraEnv" .name) -}}{{- end }}
{{ include "eggcup.twice" (list "container" "rename" $containers) }}
{{ include "eggcup.twice" (list "volume" "rename" $volumes) }}
{{ include "eggcup.twice" (list "path" "remove" $mounts) }}
{{ include "eggcup.twice" (list "variable" "remove" $env) }}
{{- end -}}

{{- define "eggcup.twice" -}}
{{- $what := index . 0 -}}
{{- $remedy := index . 1 -}}
{{- $first := dict -}}
{{- range index . 2 }}
{{- $where := index . 0 }}
{{- $name := index . 1 }}
{{- $before := get $first $name }}
{{- if not $before }}
{{- $_ := set $first $name $where }}
{{- else if eq $before $where }}
{{ $where }} has the {{ $what }} {{ $name | quote }} twice: {{ $remedy }} one of them
{{- else }}
{{ $where }} has the {{ $what }} {{ $name | quote }}, which {{ $before }} has as well: {{ $remedy }} {{ ternary "it" "one of them" (eq $before "this chart") }}
{{- end }}
{{- end }}
{{- end -}}
