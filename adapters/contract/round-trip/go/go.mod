module roundtrip

go 1.23

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/gorilla/sessions v1.4.0
	github.com/rest-sessions/rest-sessions/adapters/go v0.1.0
	github.com/rest-sessions/rest-sessions/adapters/go/gorillastore v0.1.0
	github.com/rest-sessions/rest-sessions/adapters/go/scsstore v0.1.0
)

require github.com/gorilla/securecookie v1.1.2 // indirect

replace (
	github.com/rest-sessions/rest-sessions/adapters/go => ../../../go
	github.com/rest-sessions/rest-sessions/adapters/go/gorillastore => ../../../go/gorillastore
	github.com/rest-sessions/rest-sessions/adapters/go/scsstore => ../../../go/scsstore
)
