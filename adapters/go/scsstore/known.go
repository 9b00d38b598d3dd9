package scsstore

import (
	"sync"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/delta"
)

// mostKnown is how many tokens are remembered.
const mostKnown = 10_000

// known is what this process last saw of a session. A write without a baseline is compared with it: one after Clear, the second one of a
// request that has begun the session, or any with another codec.
type known struct {
	texts delta.Texts
	// began is when the absolute timeout began to count.
	began time.Time
}

// memory has what is known, by token. It is safe for concurrent use.
type memory struct {
	mu sync.Mutex
	of map[string]known
}

// note remembers a session as it was read or written.
func (m *memory) note(token string, session *restsessions.Session, texts delta.Texts) {
	m.set(token, known{texts: texts, began: beganOf(session)})
}

// forget takes a token away.
func (m *memory) forget(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, token)
}

func (m *memory) set(token string, what known) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, is := m.of[token]; !is && len(m.of) >= mostKnown {
		for old := range m.of {
			delete(m.of, old)
			break
		}
	}
	m.of[token] = what
}

// get gives what is known. False: nothing.
func (m *memory) get(token string) (known, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	what, is := m.of[token]
	return what, is
}

func beganOf(session *restsessions.Session) time.Time {
	if session.AuthenticatedAt != nil {
		return *session.AuthenticatedAt
	}
	return session.CreatedAt
}
