module github.com/rest-sessions/rest-sessions/adapters/go

go 1.22
