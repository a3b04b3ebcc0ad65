{{/*
Everything that cannot be, all at once; each sentence names the values and what to do: _refuse-config.tpl has what is asked of
eggcup, _refuse-pod.tpl what is asked of Kubernetes.
*/}}
{{- define "eggcup.refuse" -}}
{{- include "eggcup.refuseNull" . -}}
{{- $found := "" -}}
{{- range tuple "names" "labels" "image" "config" "health" "http" "monitor" "stop" "cpu" "amounts" "user" "network" "scale" "env" "twice" -}}
{{- $found = print $found "\n" (include (printf "eggcup.refuse.%s" .) $) -}}
{{- end -}}
{{- include "eggcup.fail" $found -}}
{{- end -}}

{{- define "eggcup.fail" -}}
{{- $found := list -}}
{{- range splitList "\n" . -}}
{{- with trim . -}}{{- $found = append $found (printf "  - %s" .) -}}{{- end -}}
{{- end -}}
{{- if $found -}}{{- fail (printf "these values cannot be:\n%s" (join "\n" $found)) -}}{{- end -}}
{{- end -}}

{{/*
null is Helm's way to take a default away, and what is not there passes the schema. Each template begins with this, since
Helm may render any of them first; the other sentences already need what is looked for here.
*/}}
{{- define "eggcup.refuseNull" -}}
{{- $switches := tuple "probes.startup" "probes.readiness" "probes.liveness" "service" "ingress" "httpRoute" "hpa" "pdb" "networkPolicy" "serviceMonitor" "test" -}}
{{- $needed := tuple "image" "config" "probes" "probes.command" "probes.startup.periodSeconds" "preStop" "preStop.seconds" "terminationMarginSeconds" "serviceAccount" "serviceAccount.create" "strategy" "service.type" "service.port" "hpa.enabled" "hpa.minReplicas" "hpa.maxReplicas" "test.path" -}}
{{- $found := list -}}
{{- range concat $switches $needed -}}
{{- $names := splitList "." . -}}
{{- $parent := $.Values -}}
{{- range initial $names -}}
{{- if kindIs "map" $parent -}}{{- $parent = index $parent . -}}{{- end -}}
{{- end -}}
{{- if kindIs "map" $parent -}}
{{- if kindIs "invalid" (index $parent (last $names)) -}}
{{- $remedy := ternary (printf "set %s.enabled to false" .) "leave it out, and the chart's default stands" (has . $switches) -}}
{{- $found = append $found (printf "%s is null, but the chart is rendered from it: %s" . $remedy) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "eggcup.fail" (join "\n" $found) -}}
{{- end -}}
