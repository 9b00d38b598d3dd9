module bench

go 1.22

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/gomodule/redigo v1.9.2
	github.com/rest-sessions/rest-sessions/adapters/go v0.1.0
	github.com/rest-sessions/rest-sessions/adapters/go/scsstore v0.1.0
)

require github.com/alexedwards/scs/redisstore v0.0.0-20251002162104-209de6e426de

replace (
	github.com/rest-sessions/rest-sessions/adapters/go => ../../../../adapters/go
	github.com/rest-sessions/rest-sessions/adapters/go/scsstore => ../../../../adapters/go/scsstore
)
