package restsessions

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Event is what happened to a session: a CloudEvent.
type Event struct {
	// ID is the same however often the event comes, and by which way.
	ID string `json:"id"`
	// Source is /apps/ and the app, or /server.
	Source string `json:"source"`
	// Type is for example session.ended. A later server has others, too.
	Type string `json:"type"`
	// Subject is the public id of the session; empty where it is about the server.
	Subject string    `json:"subject"`
	Time    time.Time `json:"time"`
	// Sequence is VERSION.COUNT: of two events of a session, that with the lower count happened before.
	Sequence string    `json:"sequence"`
	Data     EventData `json:"data"`
	// Raw is the event as it came.
	Raw json.RawMessage `json:"-"`
}

// EventData is what an event says. What its type does not have, or what is not known, is nil or empty.
type EventData struct {
	// Session is the public id of the session.
	Session string `json:"session"`
	// Subject is whose session it is.
	Subject   *string `json:"subject"`
	IP        *string `json:"ip"`
	UserAgent *string `json:"userAgent"`
	Label     *string `json:"label"`
	// Reason is why a session ended: logout, revoked, subject, app, cap, idle, absolute, replaced or moved.
	Reason string `json:"reason"`
	// By is the name of the key or of the console's user who asked for it.
	By *string `json:"by"`
	// Note is what they gave as the reason.
	Note *string `json:"note"`
	// From is the id that the session had before a login.
	From    *string `json:"from"`
	Version int64   `json:"version"`
}

// UnmarshalJSON reads an event, and keeps it as it came.
func (e *Event) UnmarshalJSON(text []byte) error {
	type plain Event
	if err := json.Unmarshal(text, (*plain)(e)); err != nil {
		return err
	}
	e.Raw = append(json.RawMessage(nil), text...)
	return nil
}

// EventPageOptions choose events of the app.
type EventPageOptions struct {
	// After is the position behind which the page begins: Next of another page, or the Position of an event. Empty: the oldest event
	// that is kept. "end": no events, but the position of now.
	After string
	// Limit is for one page; 0 for the server's own.
	Limit int
	// Types leaves out all others; nil for all.
	Types []string
	// Subject leaves out the events of other users; empty for all.
	Subject string
	// Wait is how long the server may wait for events when there are none, up to 30 s.
	Wait time.Duration
}

// EventPage is a part of the events of the app, the oldest first.
type EventPage struct {
	Events []Event `json:"events"`
	// Next is the position to ask after for the next page, also when this one is empty.
	Next string `json:"next"`
	// More says that there are events behind Next already. With a choice of types or of a subject a page may be empty and there be more.
	More bool `json:"more"`
	// Resync says that events behind After are not kept any more. The page begins with the oldest that is.
	Resync bool `json:"resync"`
}

func (p *EventPage) isWhole() bool { return p.Events != nil && p.Next != "" }

// EventPage gives a page of the events of the app.
func (c *Client) EventPage(ctx context.Context, options EventPageOptions) (*EventPage, error) {
	query := choiceOf(options.Types, options.Subject)
	if options.After != "" {
		query.Set("after", options.After)
	}
	if options.Limit > 0 {
		query.Set("limit", strconv.Itoa(options.Limit))
	}
	if options.Wait > 0 {
		query.Set("wait", strconv.FormatFloat(options.Wait.Seconds(), 'f', -1, 64))
	}
	what := call{
		method: http.MethodGet, path: c.path("/events") + queryText(query), headers: map[string]string{"Accept": "application/json"},
		repeatable: true, wait: options.Wait,
	}
	var page EventPage
	if err := c.send(ctx, what, &page); err != nil {
		return nil, err
	}
	return &page, nil
}

// EndedSession is a session in the history of its user.
type EndedSession struct {
	// ID is that which the session had.
	ID         string    `json:"id"`
	Label      *string   `json:"label"`
	IP         *string   `json:"ip"`
	UserAgent  *string   `json:"userAgent"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	EndedAt    time.Time `json:"endedAt"`
	// Reason, By and Note are those of EventData.
	Reason string  `json:"reason"`
	By     *string `json:"by"`
	Note   *string `json:"note"`
}

// History gives the sessions of a user that have ended, the latest end first, as far as the policy of the app keeps them.
func (c *Client) History(ctx context.Context, subject string) ([]EndedSession, error) {
	at, err := subjectPath(subject, "/history")
	if err != nil {
		return nil, err
	}
	var answer historyAnswer
	err = c.send(ctx, call{method: http.MethodGet, path: c.path(at), repeatable: true}, &answer)
	return answer.History, err
}

type historyAnswer struct {
	History []EndedSession `json:"history"`
}

func (h *historyAnswer) isWhole() bool { return h.History != nil }

// EraseHistory forgets the sessions of a user that have ended. It gives how many.
func (c *Client) EraseHistory(ctx context.Context, subject string) (int, error) {
	at, err := subjectPath(subject, "/history")
	if err != nil {
		return 0, err
	}
	var answer erasedAnswer
	if err := c.send(ctx, call{method: http.MethodDelete, path: c.path(at), repeatable: true}, &answer); err != nil {
		return 0, err
	}
	return *answer.Erased, nil
}

type erasedAnswer struct {
	Erased *int `json:"erased"`
}

func (e *erasedAnswer) isWhole() bool { return e.Erased != nil }

// choiceOf gives the query that chooses events.
func choiceOf(types []string, subject string) url.Values {
	query := url.Values{}
	if len(types) > 0 {
		query.Set("types", strings.Join(types, ","))
	}
	if subject != "" {
		query.Set("subject", subject)
	}
	return query
}

func queryText(query url.Values) string {
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}
