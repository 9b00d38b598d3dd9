// Package scsstore keeps the sessions of github.com/alexedwards/scs on a REST-Sessions server.
//
//	client, err := restsessions.New(restsessions.Options{URL: "http://127.0.0.1:3000", App: "shop"})
//	sessionManager := scs.New()
//	sessionManager.Store = scsstore.New(client, scsstore.Options{})
//	sessionManager.Codec = scsstore.Codec{}
//
// With Codec the keys of the session manager are keys of the session's data: other stacks read and write them, and of two requests at
// once both keep what they wrote. With any other codec of scs the session is one opaque value, and the later request wins.
package scsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/delta"
)

// ErrSessionEnded says that a session was ended between its read and its write. It is not brought back. errors.Is finds
// restsessions.ErrNotFound in it as well.
var ErrSessionEnded = fmt.Errorf("rest-sessions: the session was ended meanwhile: %w", restsessions.ErrNotFound)

// privateKey is where the store's own part of a session is, apart from the application's data.
const privateKey = "_scs"

// idPrefix begins what All gives in the place of tokens, which the server does not have.
const idPrefix = "id:"

// Options of a store. The zero value is good.
type Options struct {
	// Subject gives whose session it is, from its values; empty for nobody. With it a user's sessions can be listed and ended. It needs
	// Codec. Default: nobody's, or whose it is.
	Subject func(values map[string]json.RawMessage) string
	// TouchInterval is for how long one read is enough to tell that someone is there. Default: 30 s.
	TouchInterval time.Duration
}

// Store is a store for scs. It is safe for concurrent use.
type Store struct {
	client  *restsessions.Client
	subject func(map[string]json.RawMessage) string
	touches *delta.TouchTimes
	// known are tokens that opened a session, with what this process last read or wrote there. It is what a write without a baseline is
	// compared with: one after Clear, or the second one of a request that has begun the session.
	mu    sync.Mutex
	known map[string]delta.Texts
}

var (
	_ scs.CtxStore         = (*Store)(nil)
	_ scs.IterableStore    = (*Store)(nil)
	_ scs.IterableCtxStore = (*Store)(nil)
)

// mostKnown is how many tokens are remembered.
const mostKnown = 10_000

// New gives a store.
func New(client *restsessions.Client, options Options) *Store {
	return &Store{
		client:  client,
		subject: options.Subject,
		touches: delta.NewTouchTimes(options.TouchInterval),
		known:   map[string]delta.Texts{},
	}
}

// Find is FindCtx without a context.
func (s *Store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// FindCtx reads a session. A text that can be no token is not found, and the server is not asked.
func (s *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	now := time.Now()
	touch := s.touches.IsDue(token, now)
	session, err := s.client.Get(ctx, token, restsessions.ReadOptions{Touch: touch})
	if errors.Is(err, restsessions.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if touch {
		s.touches.Note(token, session.IdleTimeout, now)
	}
	b, err := packed(token, session)
	if err != nil {
		return nil, false, err
	}
	// packed has taken our own part out.
	s.note(token, textsOf(session.Data))
	return b, true, nil
}

// Commit is CommitCtx without a context.
func (s *Store) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// CommitCtx writes what has changed of a session, or begins it. Errors: ErrSessionEnded.
func (s *Store) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	if strings.HasPrefix(token, idPrefix) {
		return errors.New("rest-sessions: a session of All can be ended, and not written: the server does not have its token")
	}
	in, isOurs := open(b)
	if !isOurs {
		return s.commitOpaque(ctx, token, b, expiry)
	}
	texts := textsOf(in.Data)
	was := in.Was
	if in.Token != token || was == nil {
		was = s.lastKnown(token)
	}
	if was == nil {
		return s.begin(ctx, token, in, texts, expiry)
	}
	return s.update(ctx, token, in, texts, was)
}

func (s *Store) begin(ctx context.Context, token string, in *envelope, texts delta.Texts, expiry time.Time) error {
	private, err := json.Marshal(in.State)
	if err != nil {
		return err
	}
	session := restsessions.NewSession{Data: texts.Data(), IdleTimeout: until(expiry), AbsoluteTimeout: until(in.State.Deadline)}
	session.Data[privateKey] = private
	if s.subject != nil {
		if subject := s.subject(in.Data); subject != "" {
			session.Subject = &subject
		}
	}
	saved, err := s.client.Put(ctx, token, session, restsessions.OnlyNew)
	if err != nil {
		return err
	}
	s.touches.Note(token, saved.IdleTimeout, time.Now())
	s.note(token, texts)
	return nil
}

func (s *Store) update(ctx context.Context, token string, in *envelope, texts, was delta.Texts) error {
	change := delta.Between(was, texts)
	if in.WasState == nil || !sameState(*in.WasState, in.State) {
		private, err := json.Marshal(in.State)
		if err != nil {
			return err
		}
		if change.Set == nil {
			change.Set = restsessions.Data{}
		}
		change.Set[privateKey] = private
	}
	if s.subject != nil && !change.IsEmpty() {
		if subject := s.subject(in.Data); subject != "" {
			change.Subject = &subject
		}
	}
	if change.IsEmpty() {
		return nil
	}
	saved, err := s.client.Patch(ctx, token, change)
	if errors.Is(err, restsessions.ErrNotFound) {
		return ErrSessionEnded
	}
	if err != nil {
		return err
	}
	s.touches.Note(token, saved.IdleTimeout, time.Now())
	s.note(token, texts)
	return nil
}

// commitOpaque keeps what another codec made, whole.
func (s *Store) commitOpaque(ctx context.Context, token string, b []byte, expiry time.Time) error {
	private, err := json.Marshal(state{Deadline: expiry.UTC(), Opaque: b})
	if err != nil {
		return err
	}
	session := restsessions.NewSession{
		Data:            restsessions.Data{privateKey: private},
		IdleTimeout:     until(expiry),
		AbsoluteTimeout: until(expiry),
	}
	condition := restsessions.Always
	if s.isKnown(token) {
		condition = restsessions.OnlyExisting
	}
	_, err = s.client.Put(ctx, token, session, condition)
	var failure *restsessions.Error
	if errors.As(err, &failure) && failure.Code == "version_mismatch" {
		return ErrSessionEnded
	}
	if err == nil {
		s.note(token, nil)
	}
	return err
}

// Delete is DeleteCtx without a context.
func (s *Store) Delete(token string) error {
	return s.DeleteCtx(context.Background(), token)
}

// DeleteCtx ends a session. One that has ended already is no error.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	s.touches.Forget(token)
	s.mu.Lock()
	delete(s.known, token)
	s.mu.Unlock()
	if id, is := strings.CutPrefix(token, idPrefix); is {
		_, err := s.client.RevokeByID(ctx, id)
		return err
	}
	_, err := s.client.Revoke(ctx, token)
	return err
}

// All is AllCtx without a context.
func (s *Store) All() (map[string][]byte, error) {
	return s.AllCtx(context.Background())
}

// AllCtx gives all sessions of the app. The keys are not their tokens, of which the server has hashes only: they can be given to
// DeleteCtx, and open nothing.
func (s *Store) AllCtx(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	for cursor := ""; ; {
		page, err := s.client.List(ctx, restsessions.ListOptions{Limit: 1000, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for i := range page.Sessions {
			key := idPrefix + page.Sessions[i].ID
			if all[key], err = packed(key, &page.Sessions[i]); err != nil {
				return nil, err
			}
		}
		if cursor = page.Cursor; cursor == "" {
			return all, nil
		}
	}
}

// packed gives a session as Codec reads it, or as another codec wrote it.
func packed(token string, session *restsessions.Session) ([]byte, error) {
	out := envelope{Form: 1, Token: token, Data: session.Data}
	if private, is := session.Data[privateKey]; is {
		// What is no state of ours is left alone: the session then begins without one.
		_ = json.Unmarshal(private, &out.State)
	}
	for key := range out.Data {
		// Another framework's own part.
		if strings.HasPrefix(key, "_") {
			delete(out.Data, key)
		}
	}
	if out.State.Opaque != nil {
		return out.State.Opaque, nil
	}
	if out.State.Deadline.IsZero() {
		out.State.Deadline = deadlineOf(session)
	}
	if out.Data == nil {
		out.Data = restsessions.Data{}
	}
	return json.Marshal(out)
}

// deadlineOf gives when a session that another stack has begun ends in any case. scs needs one: a hundred years for none.
func deadlineOf(session *restsessions.Session) time.Time {
	if session.AbsoluteExpiresAt != nil {
		return *session.AbsoluteExpiresAt
	}
	return session.CreatedAt.AddDate(100, 0, 0)
}

func sameState(a, b state) bool {
	return a.Deadline.Equal(b.Deadline) && maps.Equal(a.Types, b.Types) &&
		maps.EqualFunc(a.Private, b.Private, func(one, other json.RawMessage) bool { return string(one) == string(other) })
}

// until gives a timeout in seconds. What is over already is 0: the session then ends at once.
func until(at time.Time) *float64 {
	return restsessions.Seconds(max(0, time.Until(at)))
}

func textsOf(data restsessions.Data) delta.Texts {
	texts := make(delta.Texts, len(data))
	for key, text := range data {
		texts[key] = string(text)
	}
	return texts
}

func (s *Store) note(token string, texts delta.Texts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, is := s.known[token]; !is && len(s.known) >= mostKnown {
		for old := range s.known {
			delete(s.known, old)
			break
		}
	}
	s.known[token] = texts
}

func (s *Store) isKnown(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, is := s.known[token]
	return is
}

// lastKnown gives what this process last read or wrote in a session. Absence: nil.
func (s *Store) lastKnown(token string) delta.Texts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[token]
}
