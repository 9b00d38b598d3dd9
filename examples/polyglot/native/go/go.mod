module polyglot

go 1.22

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/rest-sessions/rest-sessions/adapters/go v0.1.0
	github.com/rest-sessions/rest-sessions/adapters/go/scsstore v0.1.0
)

replace (
	github.com/rest-sessions/rest-sessions/adapters/go => ../../../../adapters/go
	github.com/rest-sessions/rest-sessions/adapters/go/scsstore => ../../../../adapters/go/scsstore
)
