package gorillastore

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/gorilla/sessions"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/delta"
)

// privateKey is where the store's own part of a session is, apart from the application's data.
const privateKey = "_gorilla"

// private is what is under privateKey.
type private struct {
	// Types are the Go types of keys whose JSON does not tell them.
	Types map[string]string `json:"types,omitempty"`
	// Opaque are the values that JSON has no form for, by gob.
	Opaque []byte `json:"opaque,omitempty"`
}

func init() {
	// What JSON gives, when it is in a value that gob keeps.
	gob.Register(map[string]any{})
	gob.Register([]any{})
	gob.Register(time.Time{})
}

// fill gives a session its values, and keeps what they were.
func (s *Store) fill(session *sessions.Session, found *restsessions.Session) error {
	data := found.Data
	var state private
	if text, is := data[privateKey]; is {
		_ = json.Unmarshal(text, &state)
	}
	values := map[string]any{}
	for key, text := range data {
		// Our own part, and those of other frameworks.
		if strings.HasPrefix(key, "_") {
			continue
		}
		value, err := s.types.Restore(text, state.Types[key])
		if err != nil {
			return err
		}
		values[key] = value
		session.Values[key] = value
	}
	texts, err := delta.TextsOf(values)
	if err != nil {
		return err
	}
	opaque, err := ungob(state.Opaque)
	if err != nil {
		return err
	}
	for key, value := range opaque {
		session.Values[key] = value
	}
	s.keep(session, baseline{texts: texts, private: state, session: found})
	return nil
}

// packed takes the values of a session apart: what all stacks see, and what only gob can keep.
func (s *Store) packed(session *sessions.Session) (delta.Texts, private, error) {
	texts, state, opaque := delta.Texts{}, private{}, map[any]any{}
	for key, value := range session.Values {
		name, isText := key.(string)
		// gorilla's own keys, as _flash, begin so.
		if !isText || strings.HasPrefix(name, "_") {
			opaque[key] = value
			continue
		}
		text, err := json.Marshal(value)
		if err != nil || !delta.IsExact(text) {
			opaque[key] = value
			continue
		}
		typeName, comesBack, err := s.types.NameOf(value, text)
		if err != nil {
			return nil, private{}, err
		}
		if !comesBack {
			opaque[key] = value
			continue
		}
		if typeName != "" {
			if state.Types == nil {
				state.Types = map[string]string{}
			}
			state.Types[name] = typeName
		}
		texts[name] = string(text)
	}
	if len(opaque) > 0 {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(opaque); err != nil {
			return nil, private{}, fmt.Errorf("rest-sessions: a value has no form in JSON, and gob refuses it: %w", err)
		}
		state.Opaque = b.Bytes()
	}
	return texts, state, nil
}

func (p private) isEmpty() bool {
	return len(p.Types) == 0 && len(p.Opaque) == 0
}

// into adds it to data that is written.
func (p private) into(data restsessions.Data) error {
	text, err := json.Marshal(p)
	data[privateKey] = text
	return err
}

// equal compares values: gob writes the same map in another order each time.
func (p private) equal(other private) bool {
	if len(p.Types)+len(other.Types) > 0 && !reflect.DeepEqual(p.Types, other.Types) {
		return false
	}
	if bytes.Equal(p.Opaque, other.Opaque) {
		return true
	}
	one, err := ungob(p.Opaque)
	two, err2 := ungob(other.Opaque)
	return err == nil && err2 == nil && reflect.DeepEqual(one, two)
}

// rebase gives the private part for what is there by now, where another request has changed it since `was` was read.
func (p private) rebase(was private, there json.RawMessage) (json.RawMessage, error) {
	var theirs private
	if there != nil {
		_ = json.Unmarshal(there, &theirs)
	}
	var maps [3]map[any]any
	for i, part := range []private{was, p, theirs} {
		values, err := ungob(part.Opaque)
		if err != nil {
			return nil, err
		}
		maps[i] = values
	}
	merged := private{Types: delta.Merge(was.Types, p.Types, theirs.Types, func(a, b string) bool { return a == b })}
	values := delta.Merge(maps[0], maps[1], maps[2], func(a, b any) bool { return reflect.DeepEqual(a, b) })
	if len(values) > 0 {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(values); err != nil {
			return nil, err
		}
		merged.Opaque = b.Bytes()
	}
	return json.Marshal(merged)
}

func ungob(b []byte) (map[any]any, error) {
	values := map[any]any{}
	if len(b) == 0 {
		return values, nil
	}
	err := gob.NewDecoder(bytes.NewReader(b)).Decode(&values)
	return values, err
}
