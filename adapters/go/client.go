package restsessions

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Options say where the server is, and who asks.
type Options struct {
	// URL is that of the server, without /v1, for example http://127.0.0.1:3000.
	URL string
	// App is the name of the app whose sessions these are.
	App string
	// Key is an API key; empty where the server has none.
	Key string
	// Timeout is for a whole call, with its second attempt. Default: 2 s.
	Timeout time.Duration
	// HTTPClient sends the requests. Default: a pool of its own that gives up on a connection after 1 s, and follows no redirect.
	HTTPClient *http.Client
}

// Client calls the v1 API of the server. It is safe for concurrent use.
type Client struct {
	base, app, key string
	timeout        time.Duration
	http           *http.Client
}

var appName = regexp.MustCompile(`^[A-Za-z0-9_-]{3,20}$`)

// New gives a client. Errors: *Error of the kind ErrConfiguration that says which option is wrong; the server is not asked.
func New(options Options) (*Client, error) {
	wrong := func(code, message string) (*Client, error) {
		return nil, &Error{Code: code, Message: message, kind: ErrConfiguration}
	}
	at, err := url.Parse(strings.TrimRight(options.URL, "/"))
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return wrong("wrong_url", fmt.Sprintf("URL must be an http or https URL, and is %q", options.URL))
	}
	if at.User != nil || at.RawQuery != "" || at.Fragment != "" {
		return wrong("wrong_url", "URL must have no user, query or fragment: an API key is the option Key")
	}
	if !appName.MatchString(options.App) {
		return wrong("wrong_app", fmt.Sprintf("App must be 3 to 20 letters, digits, _ or -, and is %q", options.App))
	}
	if strings.ContainsFunc(options.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return wrong("wrong_key", "Key must be visible ASCII characters without spaces")
	}
	if options.Timeout < 0 {
		return wrong("wrong_timeout", "Timeout must not be negative")
	}
	client := &Client{base: at.String(), app: options.App, key: options.Key, timeout: options.Timeout, http: options.HTTPClient}
	if client.timeout == 0 {
		client.timeout = 2 * time.Second
	}
	if client.http == nil {
		client.http = &http.Client{
			Transport: newTransport(),
			// It would take tokens and keys to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return client, nil
}

// ReadOptions say how a session is read.
type ReadOptions struct {
	// Touch says that someone is there: it slides the idle deadline.
	Touch bool
}

// Create makes a session, with a token of the server. It has an Idempotency-Key of its own, so a lost answer leaves no orphan.
func (c *Client) Create(ctx context.Context, session NewSession) (*TokenAndSession, error) {
	var made TokenAndSession
	what := call{method: http.MethodPost, path: c.path("/sessions"), headers: withKey(nil), body: session, repeatable: true}
	if err := c.send(ctx, what, &made); err != nil {
		return nil, err
	}
	return &made, nil
}

// Get reads a session. Errors: ErrNotFound, also for a text that can be no token, for which the server is not asked.
func (c *Client) Get(ctx context.Context, token string, options ReadOptions) (*Session, error) {
	query := ""
	if options.Touch {
		query = "?touch=true"
	}
	return c.session(ctx, token, call{method: http.MethodGet, path: c.path("/session" + query), repeatable: true})
}

// Patch changes top-level keys of the data, and touches the session. It never creates one. Errors: ErrNotFound when it was ended.
func (c *Client) Patch(ctx context.Context, token string, change Change) (*Session, error) {
	headers := map[string]string{}
	if change.IfVersion != 0 {
		headers["If-Match"] = fmt.Sprintf(`"%d"`, change.IfVersion)
	}
	return c.session(ctx, token, call{method: http.MethodPatch, path: c.path("/session"), headers: headers, body: change})
}

// PutCondition says what must be true of a session that is put.
type PutCondition string

// Conditions of Put.
const (
	// Always creates or replaces.
	Always PutCondition = ""
	// OnlyNew creates. Errors: version_mismatch when there is one.
	OnlyNew PutCondition = "If-None-Match"
	// OnlyExisting replaces. Errors: version_mismatch when there is none, so a slow write never brings back what was ended.
	OnlyExisting PutCondition = "If-Match"
)

// Put creates or replaces the session under a token that the caller has chosen.
func (c *Client) Put(ctx context.Context, token string, session NewSession, condition PutCondition) (*Session, error) {
	headers := map[string]string{}
	if condition != Always {
		headers[string(condition)] = "*"
	}
	return c.session(ctx, token, call{method: http.MethodPut, path: c.path("/session"), headers: headers, body: session})
}

// ReplaceData replaces the whole data of a session.
func (c *Client) ReplaceData(ctx context.Context, token string, data Data) (*Session, error) {
	if data == nil {
		data = Data{}
	}
	return c.session(ctx, token, call{method: http.MethodPut, path: c.path("/session/data"), body: data})
}

// Touch slides the idle deadline. With an idle timeout, in seconds, that one holds from now on; nil leaves it as it is.
func (c *Client) Touch(ctx context.Context, token string, idleTimeout *float64) (*Session, error) {
	what := call{method: http.MethodPost, path: c.path("/session/touch"), repeatable: true}
	if idleTimeout != nil {
		what.body = map[string]float64{"idleTimeout": *idleTimeout}
	}
	return c.session(ctx, token, what)
}

// Rotate gives a session a new token, and with a Subject logs somebody in. It has an Idempotency-Key of its own.
func (c *Client) Rotate(ctx context.Context, token string, rotation Rotation) (*TokenAndSession, error) {
	if !IsToken(token) {
		return nil, notAsked()
	}
	var made TokenAndSession
	headers := withKey(map[string]string{"Session-Token": token})
	what := call{method: http.MethodPost, path: c.path("/session/rotate"), headers: headers, body: rotation, repeatable: true}
	if err := c.send(ctx, what, &made); err != nil {
		return nil, err
	}
	return &made, nil
}

// EndOption says more of the end of sessions.
type EndOption struct{ reason string }

// Because says why sessions are ended: the note of their events, in their history, and in the audit log. Up to 200 characters.
func Because(reason string) EndOption { return EndOption{reason} }

// Revoke ends a session. It tells whether there was one.
func (c *Client) Revoke(ctx context.Context, token string, options ...EndOption) (bool, error) {
	if !IsToken(token) {
		return false, nil
	}
	headers := map[string]string{"Session-Token": token}
	ended, err := c.revoked(ctx, "/session", headers, options, url.Values{})
	return ended == 1, err
}

// GetByID reads a session by its public id.
func (c *Client) GetByID(ctx context.Context, id string) (*Session, error) {
	var session Session
	what := call{method: http.MethodGet, path: c.path("/sessions/" + url.PathEscape(id)), repeatable: true}
	if err := c.send(ctx, what, &session); err != nil {
		return nil, err
	}
	return &session, nil
}

// RevokeByID ends a session by its public id. It tells whether there was one.
func (c *Client) RevokeByID(ctx context.Context, id string, options ...EndOption) (bool, error) {
	ended, err := c.revoked(ctx, "/sessions/"+url.PathEscape(id), nil, options, url.Values{})
	return ended == 1, err
}

// Page is a part of a list. Cursor leads to the next one, and is empty on the last.
type Page struct {
	Sessions []Session `json:"sessions"`
	Cursor   string    `json:"cursor"`
}

func (p *Page) isWhole() bool {
	for i := range p.Sessions {
		if !p.Sessions[i].isWhole() {
			return false
		}
	}
	return p.Sessions != nil
}

// ListOptions choose sessions of the app.
type ListOptions struct {
	// ActiveWithin leaves out who was not there for longer; 0 for all.
	ActiveWithin time.Duration
	// Limit is for one page, 1 to 1000; 0 for the server's own.
	Limit  int
	Cursor string
}

// List gives a page of the sessions of the app, the latest activity first.
func (c *Client) List(ctx context.Context, options ListOptions) (*Page, error) {
	return c.list(ctx, "/sessions", options)
}

// ListSubject gives a page of the sessions of a user: their devices.
func (c *Client) ListSubject(ctx context.Context, subject string, options ListOptions) (*Page, error) {
	at, err := subjectPath(subject, "/sessions")
	if err != nil {
		return nil, err
	}
	return c.list(ctx, at, options)
}

// RevokeSubject ends all sessions of a user, but for the one with the public id `except`, if that is not empty. It gives how many.
func (c *Client) RevokeSubject(ctx context.Context, subject, except string, options ...EndOption) (int, error) {
	at, err := subjectPath(subject, "/sessions")
	if err != nil {
		return 0, err
	}
	query := url.Values{}
	if except != "" {
		query.Set("except", except)
	}
	return c.revoked(ctx, at, nil, options, query)
}

// Verify tells for each token whether it opens a session, in order. Asking is no activity. 500 tokens at most.
func (c *Client) Verify(ctx context.Context, tokens ...string) ([]*Session, error) {
	answer := verified{asked: len(tokens)}
	body := map[string][]string{"tokens": tokens}
	what := call{method: http.MethodPost, path: c.path("/sessions:verify"), body: body, repeatable: true}
	if err := c.send(ctx, what, &answer); err != nil {
		return nil, err
	}
	sessions := make([]*Session, len(tokens))
	for i, result := range answer.Results {
		if *result.Active {
			sessions[i] = result.Session
		}
	}
	return sessions, nil
}

// verified is the answer of Verify to so many tokens.
type verified struct {
	asked   int
	Results []struct {
		Active  *bool    `json:"active"`
		Session *Session `json:"session"`
	} `json:"results"`
}

func (v *verified) isWhole() bool {
	for _, result := range v.Results {
		if result.Active == nil || *result.Active && (result.Session == nil || !result.Session.isWhole()) {
			return false
		}
	}
	return len(v.Results) == v.asked
}

func (c *Client) session(ctx context.Context, token string, what call) (*Session, error) {
	if !IsToken(token) {
		return nil, notAsked()
	}
	if what.headers == nil {
		what.headers = map[string]string{}
	}
	what.headers["Session-Token"] = token
	var session Session
	if err := c.send(ctx, what, &session); err != nil {
		return nil, err
	}
	return &session, nil
}

func (c *Client) list(ctx context.Context, at string, options ListOptions) (*Page, error) {
	query := url.Values{}
	if options.ActiveWithin > 0 {
		query.Set("activeWithin", strconv.FormatFloat(options.ActiveWithin.Seconds(), 'f', -1, 64))
	}
	if options.Limit > 0 {
		query.Set("limit", strconv.Itoa(options.Limit))
	}
	if options.Cursor != "" {
		query.Set("cursor", options.Cursor)
	}
	what := call{method: http.MethodGet, path: c.path(at) + queryText(query), repeatable: true}
	var page Page
	if err := c.send(ctx, what, &page); err != nil {
		return nil, err
	}
	return &page, nil
}

func (c *Client) revoked(
	ctx context.Context, at string, headers map[string]string, options []EndOption, query url.Values,
) (int, error) {
	for _, option := range options {
		query.Set("reason", option.reason)
	}
	what := call{method: http.MethodDelete, path: c.path(at) + queryText(query), headers: headers, repeatable: true}
	var answer revokedAnswer
	if err := c.send(ctx, what, &answer); err != nil {
		return 0, err
	}
	return *answer.Revoked, nil
}

type revokedAnswer struct {
	Revoked *int `json:"revoked"`
}

func (r *revokedAnswer) isWhole() bool { return r.Revoked != nil }

func (c *Client) path(rest string) string {
	return "/v1/apps/" + c.app + rest
}

// subjectPath gives the path of what a user has. URLs take "." and ".." for steps, so the server cannot see them.
func subjectPath(subject, what string) (string, error) {
	if subject == "" || subject == "." || subject == ".." {
		return "", &Error{Code: "invalid_request", Message: fmt.Sprintf("a subject must not be %q", subject)}
	}
	return "/subjects/" + url.PathEscape(subject) + what, nil
}

func withKey(headers map[string]string) map[string]string {
	if headers == nil {
		headers = map[string]string{}
	}
	var random [16]byte
	// It never fails: the runtime ends the process when there is no randomness.
	_, _ = rand.Read(random[:])
	headers["Idempotency-Key"] = hex.EncodeToString(random[:])
	return headers
}

func notAsked() error {
	return &Error{Code: "session_not_found", Message: "this can be no token", kind: ErrNotFound}
}
