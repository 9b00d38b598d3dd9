package delta

import (
	"context"
	"encoding/json"
	"errors"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// mostTries is how often a write is tried when other requests are faster. The last time it asks no more.
const mostTries = 8

// NoVersion is one that no session has: for who does not know all that is there, so that the next write merges.
const NoVersion = -1

// Merge puts what led from `before` to `mine` into `theirs`, key by key.
func Merge[K comparable, V any](before, mine, theirs map[K]V, same func(a, b V) bool) map[K]V {
	merged := make(map[K]V, len(theirs)+len(mine))
	for key, value := range theirs {
		_, was := before[key]
		if _, is := mine[key]; is || !was {
			merged[key] = value
		}
	}
	for key, value := range mine {
		if old, was := before[key]; !was || !same(old, value) {
			merged[key] = value
		}
	}
	return merged
}

// HasEnded tells whether a write has failed because the session of its token is gone: ended, or another request has given it a new token, as when a
// login form is sent twice.
func HasEnded(err error) bool {
	var failure *restsessions.Error
	return errors.Is(err, restsessions.ErrNotFound) || errors.As(err, &failure) && failure.Code == "token_replaced"
}

// Write sends a change. Where a session layer's own part is in it, which is one value of the data, that is written only over the version that
// was read, or else what another request has written of it meanwhile would be lost. Where another one was faster, `rebase` gives the own part
// anew for what is there by now.
//
// The session that it gives has NoVersion when others have written since `version`: the caller does not know what.
func Write(
	ctx context.Context, client *restsessions.Client, token string, change restsessions.Change, version int64, ownKey string,
	rebase func(there json.RawMessage) (json.RawMessage, error),
) (*restsessions.Session, error) {
	if _, is := change.Set[ownKey]; is {
		change.IfVersion = version
	}
	for tries := mostTries; ; tries-- {
		if tries == 0 {
			change.IfVersion = 0
		}
		saved, err := client.Patch(ctx, token, change)
		if err == nil && saved.Version != version+1 {
			saved.Version = NoVersion
		}
		var failure *restsessions.Error
		if change.IfVersion == 0 || !errors.As(err, &failure) || failure.Code != "version_mismatch" {
			return saved, err
		}
		there, err := client.Get(ctx, token, restsessions.ReadOptions{})
		if err != nil {
			return nil, err
		}
		if change.Set[ownKey], err = rebase(there.Data[ownKey]); err != nil {
			return nil, err
		}
		change.IfVersion = there.Version
	}
}
