// Package delta has what session layers send: the top-level keys that changed since the session was read, and nothing else. Then two
// requests that change different keys at the same time both keep what they wrote, whatever stacks they run on.
package delta

import (
	"encoding/json"
	"fmt"
	"sort"
	"sync"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// Texts is a picture of data: the JSON text of each top-level key.
type Texts map[string]string

// TextsOf takes a picture. Errors: a value that JSON has no form for, with its key.
func TextsOf(values map[string]any) (Texts, error) {
	texts := make(Texts, len(values))
	for key, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("rest-sessions: %s cannot be sent as JSON: %w", key, err)
		}
		texts[key] = string(text)
	}
	return texts, nil
}

// Data gives a picture as the client sends it.
func (t Texts) Data() restsessions.Data {
	data := make(restsessions.Data, len(t))
	for key, text := range t {
		data[key] = json.RawMessage(text)
	}
	return data
}

// Between gives what leads from one picture to the other.
func Between(before, after Texts) restsessions.Change {
	change := restsessions.Change{}
	for key, text := range after {
		if old, was := before[key]; was && old == text {
			continue
		}
		if change.Set == nil {
			change.Set = restsessions.Data{}
		}
		change.Set[key] = json.RawMessage(text)
	}
	for key := range before {
		if _, is := after[key]; !is {
			change.Unset = append(change.Unset, key)
		}
	}
	sort.Strings(change.Unset)
	return change
}

// most is how many tokens are remembered. One that is forgotten is touched once more, which does no harm.
const most = 10_000

// TouchTimes knows when each session was last touched by this process: a read slides the idle deadline, but once in a while is enough.
type TouchTimes struct {
	interval time.Duration
	mu       sync.Mutex
	due      map[string]time.Time
}

// NewTouchTimes gives one. A touch is enough for `interval`; 0 stands for 30 s.
func NewTouchTimes(interval time.Duration) *TouchTimes {
	if interval == 0 {
		interval = 30 * time.Second
	}
	return &TouchTimes{interval: interval, due: map[string]time.Time{}}
}

// IsDue tells whether a read is to touch.
func (t *TouchTimes) IsDue(token string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	due, known := t.due[token]
	return !known || !now.Before(due)
}

// Note notes a touch. A session that ends sooner than the interval is touched twice in its idle timeout, or it would end while
// someone is there. `idleTimeout` is in seconds; nil for none.
func (t *TouchTimes) Note(token string, idleTimeout *float64, now time.Time) {
	enough := t.interval
	if idleTimeout != nil {
		enough = min(enough, time.Duration(*idleTimeout*float64(time.Second)/2))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.due) >= most {
		t.drop(now)
	}
	t.due[token] = now.Add(enough)
}

// Forget takes a token away.
func (t *TouchTimes) Forget(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.due, token)
}

// drop makes room: those that are due again, else any.
func (t *TouchTimes) drop(now time.Time) {
	for token, due := range t.due {
		if !now.Before(due) {
			delete(t.due, token)
		}
	}
	for token := range t.due {
		if len(t.due) < most/2 {
			return
		}
		delete(t.due, token)
	}
}
