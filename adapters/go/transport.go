package restsessions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// call is one request to the server.
type call struct {
	method, path string
	headers      map[string]string
	// body is sent as JSON; nil for none.
	body any
	// repeatable: it does no harm twice, because it is a read or has an Idempotency-Key.
	repeatable bool
	// wait is for how long the server may hold the answer back.
	wait time.Duration
}

// newTransport gives connections that are kept, and given up after a second when there is none.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 nil,
		DialContext:           dialer.DialContext,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   128,
		IdleConnTimeout:       60 * time.Second,
		TLSHandshakeTimeout:   time.Second,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     false,
	}
}

// send sends a call, and reads what it answers into a value. A call that may be repeated is sent once more when its connection was
// lost: the server may have closed it, for example because it was restarted.
func (c *Client) send(ctx context.Context, what call, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout+what.wait)
	defer cancel()
	var body []byte
	if what.body != nil {
		text, err := json.Marshal(what.body)
		if err != nil {
			return &Error{Code: "invalid_request", Message: "the data cannot be sent as JSON: " + err.Error(), cause: err}
		}
		body = text
	}
	err := c.attempt(ctx, what, body, into)
	var failure *Error
	if what.repeatable && errors.As(err, &failure) && failure.Code == "unreachable" && failure.Status == 0 && ctx.Err() == nil {
		return c.attempt(ctx, what, body, into)
	}
	return err
}

func (c *Client) attempt(ctx context.Context, what call, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, what.method, c.base+what.path, bytes.NewReader(body))
	if err != nil {
		return &Error{Code: "wrong_url", Message: err.Error(), kind: ErrConfiguration, cause: err}
	}
	// Without this, net/http would itself send again what has no body, how often is its own affair.
	request.GetBody = nil
	if body == nil {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range what.headers {
		request.Header.Set(name, value)
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.lost(ctx, what, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return c.lost(ctx, what, err)
	}
	return c.read(what, response, text, into)
}

// lost gives the error of a call that has no answer.
func (c *Client) lost(ctx context.Context, what call, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() != nil {
		message := fmt.Sprintf("%s did not answer within %s", c.base, c.timeout+what.wait)
		return &Error{Code: "timeout", Message: message, Retryable: what.repeatable, kind: ErrTimeout, cause: err}
	}
	message := fmt.Sprintf("%s cannot be reached: %s", c.base, reason(err))
	return &Error{Code: "unreachable", Message: message, Retryable: what.repeatable, kind: ErrUnreachable, cause: err}
}

// reason leaves out what net/http puts before it: the method and the whole URL.
func reason(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error()
	}
	return err.Error()
}

// read takes an answer apart. Whatever is none of the server's is never "no such session", on which users are logged out.
func (c *Client) read(what call, response *http.Response, text []byte, into any) error {
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	status := response.StatusCode
	if status < 300 && media == "application/json" {
		if into == nil {
			return nil
		}
		if err := json.Unmarshal(text, into); err == nil && isWhole(into) {
			return nil
		}
	}
	if status < 300 && status == http.StatusNoContent && into == nil {
		return nil
	}
	if status >= 400 && media == "application/problem+json" {
		var problem struct {
			Code   string  `json:"code"`
			Detail string  `json:"detail"`
			Errors []Fault `json:"errors"`
		}
		if err := json.Unmarshal(text, &problem); err == nil && problem.Code != "" {
			return c.refused(problem.Code, problem.Detail, problem.Errors, response)
		}
	}
	if status >= 500 || status == http.StatusTooManyRequests {
		// A proxy that gives up on an answer does not know whether a write was done.
		retryable := what.repeatable || status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
		message := fmt.Sprintf("%s answered %d, which is not of the session server itself", c.base, status)
		return &Error{
			Code: "unreachable", Message: message, Status: status, Retryable: retryable,
			RetryAfter: retryAfter(response), kind: ErrUnreachable,
		}
	}
	message := fmt.Sprintf("there is no REST-Sessions server at %s: it answered %d %s", c.base, status, media)
	return &Error{Code: "not_rest_sessions", Message: strings.TrimSpace(message), Status: status, kind: ErrConfiguration}
}

// isWhole tells whether an answer has what every answer of its kind has. JSON of somebody else has not, and json.Unmarshal takes that for an empty
// session, or for the end of none.
func isWhole(answer any) bool {
	whole, is := answer.(interface{ isWhole() bool })
	return !is || whole.isWhole()
}

func (c *Client) refused(code, detail string, faults []Fault, response *http.Response) error {
	status := response.StatusCode
	failure := &Error{Code: code, Message: detail, Status: status, Faults: faults}
	switch code {
	case "session_not_found":
		failure.kind = ErrNotFound
	case "unauthorized":
		failure.Code, failure.kind = "wrong_key", ErrConfiguration
		failure.Message = fmt.Sprintf("%s does not take the API key (%s)", c.base, detail)
	case "forbidden":
		failure.Code, failure.kind = "wrong_key", ErrConfiguration
		failure.Message = fmt.Sprintf("%s does not let this API key do that in the app %s (%s)", c.base, c.app, detail)
	case "app_not_found":
		failure.Code, failure.kind = "wrong_app", ErrConfiguration
		failure.Message = fmt.Sprintf("%s has no app %s (%s)", c.base, c.app, detail)
	default:
		failure.Retryable = status == http.StatusTooManyRequests || status >= 500
		failure.RetryAfter = retryAfter(response)
	}
	return failure
}

// retryAfter reads seconds, or as proxies have it an instant.
func retryAfter(response *http.Response) int {
	after := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds >= 0 {
		return seconds
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(0, int(time.Until(at).Seconds())+1)
	}
	return 0
}
