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
	known   memory
	// gone are tokens that DeleteCtx was to end, and that opened nothing any more.
	gone memory
}

var (
	_ scs.CtxStore         = (*Store)(nil)
	_ scs.IterableStore    = (*Store)(nil)
	_ scs.IterableCtxStore = (*Store)(nil)
)

// New gives a store.
func New(client *restsessions.Client, options Options) *Store {
	return &Store{
		client:  client,
		subject: options.Subject,
		touches: delta.NewTouchTimes(options.TouchInterval),
		known:   memory{of: map[string]known{}},
		gone:    memory{of: map[string]known{}},
	}
}

// Find is FindCtx without a context.
func (s *Store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// FindCtx reads a session. A text that can be no token is not found, and the server is not asked.
func (s *Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	token = tokenOf(token)
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
	s.known.note(token, session, textsOf(session.Data))
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
	token = tokenOf(token)
	last, isKnown := s.known.get(token)
	in, isOurs := open(b)
	if !isOurs {
		return s.commitOpaque(ctx, token, b, expiry, last, isKnown)
	}
	texts := textsOf(in.Data)
	if in.Token != token || in.Was == nil {
		in.Was, in.Began = last.texts, last.began
	}
	if in.Was == nil {
		// RenewToken keeps the values. What was somebody's and had ended before that, as by "log out everywhere", would go on under the new token.
		if _, isGone := s.gone.get(in.Token); isGone && in.IsLogin && in.Token != token {
			return ErrSessionEnded
		}
		return s.begin(ctx, token, in, texts, expiry)
	}
	return s.update(ctx, token, in, texts, expiry)
}

func (s *Store) begin(ctx context.Context, token string, in *envelope, texts delta.Texts, expiry time.Time) error {
	private, err := json.Marshal(in.State)
	if err != nil {
		return err
	}
	end := earlier(expiry, in.State.Deadline)
	session := restsessions.NewSession{Data: texts.Data(), IdleTimeout: idle(expiry), AbsoluteTimeout: absolute(time.Time{}, end)}
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
	s.known.note(token, saved, texts)
	return nil
}

func (s *Store) update(ctx context.Context, token string, in *envelope, texts delta.Texts, expiry time.Time) error {
	change := delta.Between(in.Was, texts)
	if idle(expiry) == nil {
		change.AbsoluteTimeout = absolute(in.Began, expiry)
	}
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
	version := in.Version
	if in.WasState == nil {
		in.WasState, version = &state{}, 0
	}
	return s.patch(ctx, token, change, texts, version, func(there json.RawMessage) (json.RawMessage, error) {
		return in.State.rebase(*in.WasState, there)
	})
}

// patch writes a change. `version` and `rebase` are as of delta.Write: 0 and nil where nothing is to be put together.
func (s *Store) patch(
	ctx context.Context, token string, change restsessions.Change, texts delta.Texts, version int64,
	rebase func(json.RawMessage) (json.RawMessage, error),
) error {
	saved, err := delta.Write(ctx, s.client, token, change, version, privateKey, rebase)
	if delta.HasEnded(err) {
		return ErrSessionEnded
	}
	if err != nil {
		return err
	}
	s.touches.Note(token, saved.IdleTimeout, time.Now())
	s.known.note(token, saved, texts)
	return nil
}

// commitOpaque keeps what another codec made, whole. It does not see the deadline of scs, only when the session ends without another request.
func (s *Store) commitOpaque(ctx context.Context, token string, b []byte, expiry time.Time, last known, isKnown bool) error {
	private, err := json.Marshal(state{Deadline: expiry.UTC(), Opaque: b})
	if err != nil {
		return err
	}
	data := restsessions.Data{privateKey: private}
	if !isKnown {
		session := restsessions.NewSession{Data: data, IdleTimeout: idle(expiry), AbsoluteTimeout: absolute(time.Time{}, expiry)}
		saved, err := s.client.Put(ctx, token, session, restsessions.OnlyNew)
		if err == nil {
			s.known.note(token, saved, nil)
		}
		var failure *restsessions.Error
		if !errors.As(err, &failure) || failure.Code != "version_mismatch" {
			return err
		}
		// Another process has begun it.
		there, err := s.client.Get(ctx, token, restsessions.ReadOptions{})
		if err != nil {
			return err
		}
		last.began = beganOf(there)
	}
	change := restsessions.Change{Set: data, IdleTimeout: idle(expiry), AbsoluteTimeout: absolute(last.began, expiry)}
	return s.patch(ctx, token, change, nil, 0, nil)
}

// Delete is DeleteCtx without a context.
func (s *Store) Delete(token string) error {
	return s.DeleteCtx(context.Background(), token)
}

// DeleteCtx ends a session. One that has ended already is no error.
func (s *Store) DeleteCtx(ctx context.Context, token string) error {
	token = tokenOf(token)
	s.touches.Forget(token)
	s.known.forget(token)
	if id, is := strings.CutPrefix(token, idPrefix); is {
		_, err := s.client.RevokeByID(ctx, id)
		return err
	}
	was, err := s.client.Revoke(ctx, token)
	if err == nil && !was {
		s.gone.set(token, known{})
	}
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
	out := envelope{Form: 1, Token: token, Began: beganOf(session), Version: session.Version, Data: session.Data}
	out.IsLogin = session.Subject != nil
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

func textsOf(data restsessions.Data) delta.Texts {
	texts := make(delta.Texts, len(data))
	for key, text := range data {
		texts[key] = string(text)
	}
	return texts
}
