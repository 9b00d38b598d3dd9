package gorillastore

import (
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// shortestIdle is the shortest idle timeout that a server takes where its policy says nothing of it.
const shortestIdle = 10

// lasting gives the timeouts of a session with such a MaxAge, in seconds; nil for those that stay as they are. `session` is as the server
// has it, or nil for a new one. What is too short for an idle timeout is told as an absolute one, which every save moves on.
func lasting(maxAge int, session *restsessions.Session) (idle, absolute *float64) {
	seconds := float64(maxAge)
	switch {
	case maxAge <= 0:
		return nil, nil
	case maxAge < shortestIdle && session == nil:
		return nil, &seconds
	case maxAge < shortestIdle:
		began := session.CreatedAt
		if session.AuthenticatedAt != nil {
			began = *session.AuthenticatedAt
		}
		return nil, restsessions.Seconds(time.Since(began) + time.Duration(maxAge)*time.Second)
	case session != nil && session.IdleTimeout != nil && *session.IdleTimeout == seconds:
		return nil, nil
	}
	return &seconds, nil
}
