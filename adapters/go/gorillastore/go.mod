module github.com/rest-sessions/rest-sessions/adapters/go/gorillastore

go 1.22

require (
	github.com/gorilla/sessions v1.3.0
	github.com/rest-sessions/rest-sessions/adapters/go v0.1.0
)

require github.com/gorilla/securecookie v1.1.2 // indirect

replace github.com/rest-sessions/rest-sessions/adapters/go => ../
