package scsstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rest-sessions/rest-sessions/adapters/go/internal/delta"
)

// baselineKey is where the values of a session carry what was read of it. scs gives a codec nothing else that lives from the read to
// the write of one request.
const baselineKey = "_rest_sessions"

// Codec keeps sessions as JSON, so that the keys of the session manager are keys that every other stack sees.
//
// What JSON does not tell apart comes back as it was put, when this application reads it: time.Time, []byte, the sizes of numbers, and the
// types of Types. Whole numbers of other stacks are int, others float64, and those beyond an int are json.Number.
type Codec struct {
	// Types are samples of types of the application's own, for example User{}. A value of another type is an error that names its key.
	Types []any
}

// baseline is what was read of a session.
type baseline struct {
	token   string
	began   time.Time
	version int64
	isLogin bool
	texts   delta.Texts
	state   state
}

// state is the private part of a session, under the key _scs.
type state struct {
	Deadline time.Time `json:"deadline"`
	// Types are the Go types of keys whose JSON does not tell them.
	Types map[string]string `json:"types,omitempty"`
	// Private are the values whose keys begin with "_", as scs' own __rememberMe: no other stack sees them.
	Private map[string]json.RawMessage `json:"private,omitempty"`
	// Opaque is the whole session, where another codec wrote it.
	Opaque []byte `json:"opaque,omitempty"`
}

// rebase gives the private part for what is there by now, where another request has changed it since `was` was read.
func (s state) rebase(was state, there json.RawMessage) (json.RawMessage, error) {
	var theirs state
	if there != nil {
		_ = json.Unmarshal(there, &theirs)
	}
	s.Types = delta.Merge(was.Types, s.Types, theirs.Types, func(a, b string) bool { return a == b })
	s.Private = delta.Merge(was.Private, s.Private, theirs.Private, func(a, b json.RawMessage) bool { return string(a) == string(b) })
	return json.Marshal(s)
}

// envelope is what codec and store hand to each other.
type envelope struct {
	// Form is 1: no other codec writes such an object.
	Form int `json:"restSessions"`
	// Token is the one that the session was read by; empty for a new one.
	Token string                     `json:"token,omitempty"`
	State state                      `json:"state"`
	Data  map[string]json.RawMessage `json:"data"`
	// Began is when the absolute timeout of the session that was read began to count.
	Began time.Time `json:"began"`
	// Version is that of the session that was read.
	Version int64 `json:"version,omitempty"`
	// IsLogin says that the session that was read is somebody's.
	IsLogin bool `json:"isLogin,omitempty"`
	// Was is what was read; nil for a new session.
	Was      delta.Texts `json:"was,omitempty"`
	WasState *state      `json:"wasState,omitempty"`
}

// Encode makes a text of the values. Errors: a value that would not come back.
func (c Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	known := delta.Types(c.Types)
	out := envelope{Form: 1, State: state{Deadline: deadline.UTC()}, Data: make(map[string]json.RawMessage, len(values))}
	for key, value := range values {
		if read, is := value.(*baseline); is && key == baselineKey {
			out.Token, out.Began, out.Version, out.IsLogin = read.token, read.began, read.version, read.isLogin
			out.Was, out.WasState = read.texts, &read.state
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("rest-sessions: %s cannot be sent as JSON: %w", key, err)
		}
		if !delta.IsExact(text) {
			return nil, fmt.Errorf("rest-sessions: %s has text that is not UTF-8: keep it as []byte", key)
		}
		name, comesBack, err := known.NameOf(value, text)
		if err != nil {
			return nil, err
		}
		if !comesBack {
			plain, _ := delta.Natural(text)
			return nil, fmt.Errorf("rest-sessions: %s is a %s, which would come back as a %T: add a sample to Codec.Types", key, name, plain)
		}
		if name != "" {
			if out.State.Types == nil {
				out.State.Types = map[string]string{}
			}
			out.State.Types[key] = name
		}
		if strings.HasPrefix(key, "_") {
			if out.State.Private == nil {
				out.State.Private = map[string]json.RawMessage{}
			}
			out.State.Private[key] = text
			continue
		}
		out.Data[key] = text
	}
	return json.Marshal(out)
}

// Decode makes values of a text that Store has found.
func (c Codec) Decode(b []byte) (time.Time, map[string]any, error) {
	in, isOurs := open(b)
	if !isOurs {
		return time.Time{}, nil, errors.New("rest-sessions: this session was written by another codec")
	}
	known := delta.Types(c.Types)
	values := make(map[string]any, len(in.Data)+len(in.State.Private)+1)
	for _, part := range []map[string]json.RawMessage{in.Data, in.State.Private} {
		for key, text := range part {
			value, err := known.Restore(text, in.State.Types[key])
			if err != nil {
				return time.Time{}, nil, err
			}
			values[key] = value
		}
	}
	// Compared with what the same values give when nobody has changed them: a number that Go writes in another way is no change.
	texts, err := delta.TextsOf(values)
	if err != nil {
		return time.Time{}, nil, err
	}
	for key := range in.State.Private {
		delete(texts, key)
	}
	values[baselineKey] = &baseline{
		token: in.Token, began: in.Began, version: in.Version, isLogin: in.IsLogin, texts: texts, state: in.State,
	}
	return in.State.Deadline, values, nil
}

// open reads an envelope. False: it is none.
func open(b []byte) (*envelope, bool) {
	var in envelope
	if !bytes.HasPrefix(b, []byte(`{"restSessions":1,`)) || json.Unmarshal(b, &in) != nil {
		return nil, false
	}
	return &in, true
}
