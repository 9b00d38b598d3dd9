package restsessions

import (
	"encoding/json"
	"time"
)

// Data is what an application keeps in a session: the JSON text of each top-level key. The text of a key that is not written comes
// back to the letter.
type Data map[string]json.RawMessage

// Session is a session as the server gives it. Its token is never in it.
type Session struct {
	// ID is public: safe to log and to show.
	ID  string `json:"id"`
	App string `json:"app"`
	// Subject is whose session it is; nil before the login.
	Subject   *string   `json:"subject"`
	CreatedAt time.Time `json:"createdAt"`
	// AuthenticatedAt is the instant of the login; nil before it.
	AuthenticatedAt *time.Time `json:"authenticatedAt"`
	LastSeenAt      time.Time  `json:"lastSeenAt"`
	// ExpiresAt is the next deadline; nil when it has none.
	ExpiresAt *time.Time `json:"expiresAt"`
	// AbsoluteExpiresAt is when it ends in any case; nil when it has no such end.
	AbsoluteExpiresAt *time.Time `json:"absoluteExpiresAt"`
	// IdleTimeout is in seconds; nil for none.
	IdleTimeout *float64 `json:"idleTimeout"`
	Version     int64    `json:"version"`
	Reads       int64    `json:"reads"`
	IP          *string  `json:"ip"`
	UserAgent   *string  `json:"userAgent"`
	Label       *string  `json:"label"`
	Data        Data     `json:"data"`
}

func (s *Session) isWhole() bool { return s.ID != "" && s.Version > 0 && s.Data != nil }

// NewSession is what a session begins with. What is nil or empty is left to the policy of the app.
type NewSession struct {
	Subject   *string `json:"subject,omitempty"`
	Data      Data    `json:"data,omitempty"`
	IP        string  `json:"ip,omitempty"`
	UserAgent string  `json:"userAgent,omitempty"`
	Label     string  `json:"label,omitempty"`
	// IdleTimeout and AbsoluteTimeout are in seconds.
	IdleTimeout     *float64 `json:"idleTimeout,omitempty"`
	AbsoluteTimeout *float64 `json:"absoluteTimeout,omitempty"`
}

// Change is what a write changes: whole top-level keys, and no other.
type Change struct {
	Set   Data     `json:"set,omitempty"`
	Unset []string `json:"unset,omitempty"`
	// Subject binds the session to somebody; nil leaves it as it is.
	Subject     *string  `json:"subject,omitempty"`
	Label       *string  `json:"label,omitempty"`
	IdleTimeout *float64 `json:"idleTimeout,omitempty"`
	// AbsoluteTimeout is in seconds since the login; before it, since the session was created.
	AbsoluteTimeout *float64 `json:"absoluteTimeout,omitempty"`
	// IfVersion is the version that the session must have; 0 for any. Errors: version_mismatch.
	IfVersion int64 `json:"-"`
}

// IsEmpty tells whether there is nothing to write.
func (c Change) IsEmpty() bool {
	return len(c.Set) == 0 && len(c.Unset) == 0 && c.Subject == nil && c.Label == nil && c.IdleTimeout == nil &&
		c.AbsoluteTimeout == nil
}

// Rotation is what a session gets with its new token. With a Subject it is a login.
type Rotation struct {
	// Token is chosen by the caller; empty when the server makes it.
	Token   string   `json:"token,omitempty"`
	Subject *string  `json:"subject,omitempty"`
	Data    Data     `json:"data,omitempty"`
	Label   string   `json:"label,omitempty"`
	Grace   *float64 `json:"grace,omitempty"`

	IdleTimeout     *float64 `json:"idleTimeout,omitempty"`
	AbsoluteTimeout *float64 `json:"absoluteTimeout,omitempty"`
}

// TokenAndSession is a session and what opens it. Only this answer has the token.
type TokenAndSession struct {
	Token   string  `json:"token"`
	Session Session `json:"session"`
}

func (m *TokenAndSession) isWhole() bool { return m.Token != "" && m.Session.isWhole() }

// String gives a pointer to a text, for members that may be absent.
func String(text string) *string { return &text }

// Seconds gives a duration as the server takes it.
func Seconds(duration time.Duration) *float64 {
	seconds := duration.Seconds()
	return &seconds
}

// IsToken tells whether a text can be the token of a session. What cannot is no session, and the server need not be asked.
func IsToken(text string) bool {
	if len(text) == 0 || len(text) > 256 {
		return false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		isLetterOrDigit := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !isLetterOrDigit && c != '.' && c != '_' && c != '~' && c != ':' && c != ',' && c != '-' {
			return false
		}
	}
	return true
}
