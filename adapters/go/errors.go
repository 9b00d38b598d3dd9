package restsessions

import (
	"errors"
	"fmt"
)

// What a caller asks of an error, with errors.Is.
var (
	// ErrNotFound says that there is no such session: it never was, has expired, or was ended. It is the only error on which a
	// cookie is cleared.
	ErrNotFound = errors.New("there is no such session")
	// ErrTimeout says that the server did not answer in time. A write may have been done.
	ErrTimeout = errors.New("the session server did not answer in time")
	// ErrUnreachable says that there was no connection to the server, or that it broke. A write may have been done.
	ErrUnreachable = errors.New("the session server cannot be reached")
	// ErrConfiguration says that the client is set up wrongly: its URL, its key, its app.
	ErrConfiguration = errors.New("the session client is set up wrongly")
	// ErrWebhook says that a request is no webhook of the session server: VerifyWebhook.
	ErrWebhook = errors.New("this is no webhook of the session server")
)

// Fault is one value of a request that the server refused.
type Fault struct {
	// Pointer is a JSON pointer into the body; empty where the value is not in the body.
	Pointer string `json:"pointer,omitempty"`
	// Parameter is the name of a parameter; empty where the value is in the body.
	Parameter string `json:"parameter,omitempty"`
	// In is where the parameter is: query, header or path.
	In string `json:"in,omitempty"`
	// Rule is the rule that it breaks.
	Rule string `json:"rule"`
	// Message is for people.
	Message string `json:"message"`
}

// Error is what a call failed with. Its text holds no token and no key.
type Error struct {
	// Code is one of docs/errors.md of the server, or timeout, unreachable, wrong_url, wrong_key, wrong_app, not_rest_sessions, or
	// one of VerifyWebhook.
	Code string
	// Message is for people.
	Message string
	// Status is that of the answer; 0 when there was none.
	Status int
	// Retryable tells whether the same call may succeed later and does no harm if the first one did its work after all.
	Retryable bool
	// RetryAfter is when to try again, in seconds; 0 when the server did not say.
	RetryAfter int
	// Faults are the values that were wrong; empty where it is not about values.
	Faults []Fault

	kind  error
	cause error
}

// Error gives the message and the code.
func (e *Error) Error() string {
	return fmt.Sprintf("rest-sessions: %s (%s)", e.Message, e.Code)
}

// Unwrap gives the kind of the error and what caused it, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var wrapped []error
	for _, err := range []error{e.kind, e.cause} {
		if err != nil {
			wrapped = append(wrapped, err)
		}
	}
	return wrapped
}
