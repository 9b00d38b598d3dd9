package scsstore

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// shortestIdle is the shortest idle timeout that a server takes where its policy says nothing of it. What ends sooner is told as an absolute timeout,
// which every commit moves on.
const shortestIdle = 10 * time.Second

// idle gives the idle timeout of what ends at `expiry`. Absence: nil, where that is too near.
func idle(expiry time.Time) *float64 {
	if left := time.Until(expiry); left >= shortestIdle || left <= 0 {
		return restsessions.Seconds(max(0, left))
	}
	return nil
}

// absolute gives the absolute timeout of a session that began then and ends at `expiry`. A session that begins now has no `began`.
func absolute(began, expiry time.Time) *float64 {
	if began.IsZero() {
		began = time.Now()
	}
	return restsessions.Seconds(max(0, expiry.Sub(began)))
}

// earlier gives the end of a new session. A deadline that is not known is none.
func earlier(expiry, deadline time.Time) time.Time {
	if idle(expiry) == nil || deadline.IsZero() {
		return expiry
	}
	return deadline
}

var shortToken = regexp.MustCompile(`^[A-Za-z0-9._~:,-]{1,21}$`)

// tokenOf gives the server's token for one of scs. They are the same, unless the application has chosen one that is too short for the server.
func tokenOf(token string) string {
	if strings.HasPrefix(token, idPrefix) || !shortToken.MatchString(token) {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	return "scs." + hex.EncodeToString(sum[:])
}
