package restsessions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"strings"
	"time"
)

// ListenOptions say which events are heard, and from where on.
type ListenOptions struct {
	// After is the position behind which it begins: that of the last one that was heard. Empty: now.
	After string
	// Types leaves out all others; nil for all.
	Types []string
	// Subject leaves out the events of other users; empty for all.
	Subject string
	// OnLost is told why a connection was lost, or why there was none. It is made again by itself. May be nil.
	OnLost func(error)
	// Silence is how long nothing may come before a connection is taken for dead; the server sends something each 15 s. Default: 45 s.
	Silence time.Duration
}

// Heard is what a listener hears.
type Heard struct {
	// Event is nil where Resync is true.
	Event *Event
	// Resync says that events were lost, because the server does not keep them any more or the listener was too slow. Whoever keeps
	// something by events begins anew.
	Resync bool
	// Position is where to begin (ListenOptions.After) so that what comes behind this is heard.
	Position string
}

const (
	longestSilence = 45 * time.Second
	firstWait      = time.Second
	longestWait    = 30 * time.Second
)

var errSilent = errors.New("nothing came any more")

// Listen gives the events of the app as they happen, for a loop:
//
//	for heard, err := range client.Listen(ctx, restsessions.ListenOptions{}) {
//
// (with Go 1.22 it takes the body of the loop as a function). A lost connection is made again, and goes on behind the last event that
// was heard, so nothing is missed; an event may come twice. An error is the last thing that the loop gets: that of ctx, or one that is
// not gone by asking again, such as a key that is not taken. The body runs while no other event is read: a slow one makes the server
// drop the connection, and gets a Resync where that has cost it events.
func (c *Client) Listen(ctx context.Context, options ListenOptions) func(yield func(Heard, error) bool) {
	return func(yield func(Heard, error) bool) {
		l := &listener{client: c, options: options, position: options.After, backOff: backOff{first: firstWait}}
		if l.options.Silence <= 0 {
			l.options.Silence = longestSilence
		}
		if strings.ContainsFunc(l.position, func(r rune) bool { return r <= ' ' || r > '~' }) {
			yield(Heard{}, &Error{Code: "invalid_cursor", Message: fmt.Sprintf("After must be a position of the server, and is %q", l.position)})
			return
		}
		for {
			err := l.connect(ctx, yield)
			if errors.Is(err, errLeft) {
				return
			}
			if ctx.Err() != nil {
				yield(Heard{}, ctx.Err())
				return
			}
			var failure *Error
			if !errors.As(err, &failure) || !failure.Retryable && failure.Status != http.StatusRequestTimeout {
				yield(Heard{}, err)
				return
			}
			if options.OnLost != nil {
				options.OnLost(err)
			}
			wait := max(l.backOff.next(), time.Duration(failure.RetryAfter)*time.Second)
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
	}
}

// errLeft says that the body of the loop has ended it.
var errLeft = errors.New("the loop was left")

type listener struct {
	client   *Client
	options  ListenOptions
	position string
	backOff  backOff
}

// connect hears one connection to its end. It always gives an error: why it ended.
func (l *listener) connect(ctx context.Context, yield func(Heard, error) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(l.options.Silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	response, err := l.ask(ctx)
	if err != nil {
		return l.lost(ctx, err)
	}
	defer response.Body.Close()
	body := &watched{body: response.Body, watchdog: watchdog, silence: l.options.Silence}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode != http.StatusOK || media != "text/event-stream" {
		return l.refused(ctx, response, body)
	}
	frames := newFrames(body)
	for {
		frame, err := frames.next()
		if frames.retry > 0 {
			l.backOff.first = frames.retry
		}
		if errors.Is(err, errTooLong) {
			return l.wrong(err.Error())
		}
		if err != nil {
			return l.lost(ctx, err)
		}
		l.backOff.failures = 0
		if frame.id != "" {
			l.position = frame.id
		}
		heard, err := l.heard(frame)
		if err != nil {
			return err
		}
		if heard != nil && !yield(*heard, nil) {
			return errLeft
		}
	}
}

func (l *listener) ask(ctx context.Context) (*http.Response, error) {
	c := l.client
	at := c.base + c.path("/events") + queryText(choiceOf(l.options.Types, l.options.Subject))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "text/event-stream")
	if l.position != "" {
		request.Header.Set("Last-Event-ID", l.position)
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	// A time limit for whole answers would end every stream.
	withoutLimit := *c.http
	withoutLimit.Timeout = 0
	return withoutLimit.Do(request)
}

// heard gives what a frame says; nil for nothing that is to be told.
func (l *listener) heard(frame frame) (*Heard, error) {
	if frame.data == nil {
		return nil, nil
	}
	switch frame.name {
	case "", "message":
		var event Event
		if err := unmarshalObject(frame.data, &event); err != nil {
			return nil, l.wrong("it sent an event that is none: " + err.Error())
		}
		return &Heard{Event: &event, Position: l.position}, nil
	case "resync":
		var at struct {
			Position string `json:"position"`
		}
		if err := unmarshalObject(frame.data, &at); err != nil {
			return nil, l.wrong("it sent a resync that is none: " + err.Error())
		}
		if at.Position != "" {
			l.position = at.Position
		}
		return &Heard{Resync: true, Position: l.position}, nil
	}
	return nil, nil
}

func (l *listener) refused(ctx context.Context, response *http.Response, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, longestFrame))
	if err != nil {
		return l.lost(ctx, err)
	}
	if err := l.client.read(call{repeatable: true}, response, text, nil); err != nil {
		return err
	}
	return l.wrong(fmt.Sprintf("it answered %d with no stream of events", response.StatusCode))
}

func (l *listener) lost(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	message := fmt.Sprintf("the stream of events from %s was lost: %s", l.client.base, reason(err))
	return &Error{Code: "unreachable", Message: message, Retryable: true, kind: ErrUnreachable, cause: err}
}

func (l *listener) wrong(what string) error {
	message := fmt.Sprintf("there is no REST-Sessions server at %s: %s", l.client.base, what)
	return &Error{Code: "not_rest_sessions", Message: message, kind: ErrConfiguration}
}

// unmarshalObject reads a JSON object, and nothing else: null would leave a value as it is.
func unmarshalObject(text []byte, into any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	if members == nil {
		return errors.New("null is no object")
	}
	return json.Unmarshal(text, into)
}

// watched reads, and has the watchdog bark when a read takes too long. While nobody reads it sleeps.
type watched struct {
	body     io.Reader
	watchdog *time.Timer
	silence  time.Duration
}

func (w *watched) Read(into []byte) (int, error) {
	w.watchdog.Reset(w.silence)
	defer w.watchdog.Stop()
	return w.body.Read(into)
}

// backOff says how long to wait: each time about twice as long, and not all listeners the same.
type backOff struct {
	first    time.Duration
	failures int
}

func (b *backOff) next() time.Duration {
	wait := min(b.first<<min(b.failures, 10), longestWait)
	b.failures++
	return wait/2 + rand.N(wait/2+1)
}
