// Package gorillastore keeps the sessions of github.com/gorilla/sessions on a REST-Sessions server.
//
//	client, err := restsessions.New(restsessions.Options{URL: "http://127.0.0.1:3000", App: "shop"})
//	store := gorillastore.New(client)
//	session, err := store.Get(r, "session")
//	session.Values["cart"] = map[string]any{"lamp": 1}
//	err = session.Save(r, w)
//
// The cookie holds the token as it is. Values under string keys are keys of the session's data, which other stacks read and write, and of
// two requests at once both keep what they wrote. What JSON has no form for (other keys, flashes, values of other types) is kept
// under the key _gorilla, encoded by encoding/gob as in gorilla's own stores.
package gorillastore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/sessions"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/delta"
)

// ErrSessionEnded says that a session was ended between its read and its write. It is not brought back. errors.Is finds
// restsessions.ErrNotFound in it as well.
var ErrSessionEnded = fmt.Errorf("rest-sessions: the session was ended meanwhile: %w", restsessions.ErrNotFound)

// Store is a store for gorilla/sessions. It is safe for concurrent use.
type Store struct {
	// Options are those of new sessions: HttpOnly, SameSite=Lax and Path=/ at first, Secure over TLS, and no MaxAge. With a MaxAge the
	// session also lasts so long without activity.
	Options *sessions.Options

	client  *restsessions.Client
	touches *delta.TouchTimes
	types   delta.KnownTypes
	// baselines are what was read of each session that some request still has.
	mu        sync.Mutex
	baselines map[uintptr]baseline
}

var _ sessions.Store = (*Store)(nil)

type baseline struct {
	texts   delta.Texts
	private private
	// session is as the server last gave it.
	session *restsessions.Session
}

// New gives a store. `types` are samples of types of the application's own whose values are to be seen by other stacks; values of types
// that are not named are kept by gob.
func New(client *restsessions.Client, types ...any) *Store {
	return &Store{
		Options:   &sessions.Options{Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode},
		client:    client,
		touches:   delta.NewTouchTimes(0),
		types:     delta.Types(types),
		baselines: map[uintptr]baseline{},
	}
}

// Get gives the session of a request, the same for all that ask.
func (s *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session of a request. It never gives nil. Errors: the server was not asked in vain, but did not answer; the session is then
// new, and must not be saved.
func (s *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	options := *s.Options
	session.Options = &options
	session.IsNew = true
	cookie, err := r.Cookie(name)
	if err != nil || !restsessions.IsToken(cookie.Value) {
		return session, nil
	}
	now := time.Now()
	touch := s.touches.IsDue(cookie.Value, now)
	found, err := s.client.Get(r.Context(), cookie.Value, restsessions.ReadOptions{Touch: touch})
	if errors.Is(err, restsessions.ErrNotFound) {
		return session, nil
	}
	if err != nil {
		return session, err
	}
	if touch {
		s.touches.Note(cookie.Value, found.IdleTimeout, now)
	}
	if err := s.fill(session, found); err != nil {
		return session, err
	}
	session.ID = cookie.Value
	session.IsNew = false
	return session, nil
}

// Save writes what has changed, or begins the session, and sets the cookie. With a negative MaxAge it ends the session. Errors:
// ErrSessionEnded.
func (s *Store) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	ctx := r.Context()
	if session.Options.MaxAge < 0 {
		if err := s.end(ctx, session); err != nil {
			return err
		}
		s.setCookie(r, w, session)
		return nil
	}
	texts, state, err := s.packed(session)
	if err != nil {
		return err
	}
	if session.ID == "" {
		if err := s.begin(ctx, session, "", texts, state); err != nil {
			return err
		}
	} else if err := s.update(ctx, session, texts, state); err != nil {
		return err
	}
	s.setCookie(r, w, session)
	return nil
}

// Login makes the session that of a user, under a new token, and keeps its values. Call it where the password was checked: whoever knew
// the old token has nothing.
func (s *Store) Login(r *http.Request, w http.ResponseWriter, session *sessions.Session, subject string) error {
	if session.ID == "" {
		texts, state, err := s.packed(session)
		if err != nil {
			return err
		}
		if err := s.begin(r.Context(), session, subject, texts, state); err != nil {
			return err
		}
	} else {
		made, err := s.client.Rotate(r.Context(), session.ID, restsessions.Rotation{Subject: &subject})
		if err != nil {
			return ended(err)
		}
		s.touches.Forget(session.ID)
		session.ID = made.Token
		was := s.read(session)
		was.session = &made.Session
		// The picture is as old as it was: what another request has written of our own part since is not in it.
		was.session.Version = delta.NoVersion
		s.keep(session, was)
	}
	s.setCookie(r, w, session)
	return nil
}

func (s *Store) end(ctx context.Context, session *sessions.Session) error {
	if session.ID == "" {
		return nil
	}
	s.touches.Forget(session.ID)
	_, err := s.client.Revoke(ctx, session.ID)
	if err == nil {
		session.ID = ""
	}
	return err
}

func (s *Store) begin(ctx context.Context, session *sessions.Session, subject string, texts delta.Texts, state private) error {
	wanted := restsessions.NewSession{Data: texts.Data()}
	if subject != "" {
		wanted.Subject = &subject
	}
	wanted.IdleTimeout, wanted.AbsoluteTimeout = lasting(session.Options.MaxAge, nil)
	if !state.isEmpty() {
		if err := state.into(wanted.Data); err != nil {
			return err
		}
	}
	made, err := s.client.Create(ctx, wanted)
	if err != nil {
		return err
	}
	s.touches.Note(made.Token, made.Session.IdleTimeout, time.Now())
	session.ID = made.Token
	s.keep(session, baseline{texts: texts, private: state, session: &made.Session})
	return nil
}

func (s *Store) update(ctx context.Context, session *sessions.Session, texts delta.Texts, state private) error {
	was := s.read(session)
	change := delta.Between(was.texts, texts)
	if !was.private.equal(state) {
		if change.Set == nil {
			change.Set = restsessions.Data{}
		}
		if err := state.into(change.Set); err != nil {
			return err
		}
	}
	change.IdleTimeout, change.AbsoluteTimeout = lasting(session.Options.MaxAge, was.session)
	if change.IsEmpty() {
		return nil
	}
	version := int64(0)
	if was.session != nil {
		version = was.session.Version
	}
	saved, err := delta.Write(ctx, s.client, session.ID, change, version, privateKey, func(there json.RawMessage) (json.RawMessage, error) {
		return state.rebase(was.private, there)
	})
	if err != nil {
		return ended(err)
	}
	s.touches.Note(session.ID, saved.IdleTimeout, time.Now())
	s.keep(session, baseline{texts: texts, private: state, session: saved})
	return nil
}

func ended(err error) error {
	if delta.HasEnded(err) {
		return ErrSessionEnded
	}
	return err
}

func (s *Store) setCookie(r *http.Request, w http.ResponseWriter, session *sessions.Session) {
	options := *session.Options
	options.Secure = options.Secure || r.TLS != nil || strings.HasPrefix(session.Name(), "__")
	http.SetCookie(w, sessions.NewCookie(session.Name(), session.ID, &options))
}

// keep notes what a session was when it was last read or written, for as long as some request has it.
func (s *Store) keep(session *sessions.Session, was baseline) {
	at := reflect.ValueOf(session).Pointer()
	s.mu.Lock()
	_, known := s.baselines[at]
	s.baselines[at] = was
	s.mu.Unlock()
	if !known {
		runtime.SetFinalizer(session, func(*sessions.Session) {
			s.mu.Lock()
			delete(s.baselines, at)
			s.mu.Unlock()
		})
	}
}

func (s *Store) read(session *sessions.Session) baseline {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baselines[reflect.ValueOf(session).Pointer()]
}
