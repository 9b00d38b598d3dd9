{{- define "rest-sessions.labels" -}}
app.kubernetes.io/name: rest-sessions
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
