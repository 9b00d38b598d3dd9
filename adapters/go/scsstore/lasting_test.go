package scsstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

func codecs() map[string]scs.Codec {
	return map[string]scs.Codec{"ours": scsstore.Codec{}, "gob": scs.GobCodec{}}
}

// What a codec of scs has written does not show its deadline, only when the session ends.
func TestWritesDoNotMoveTheDeadline(t *testing.T) {
	for name, codec := range codecs() {
		for _, otherProcess := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, another process %v", name, otherProcess), func(t *testing.T) {
				t.Parallel()
				client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-deadline-"+name)
				manager := scs.New()
				manager.Codec, manager.Lifetime = codec, time.Hour
				manager.Store = scsstore.New(client, scsstore.Options{})
				of := commit(t, manager, "")
				first := endOf(t, client, of)
				time.Sleep(time.Second)
				if otherProcess {
					manager.Store = scsstore.New(client, scsstore.Options{})
				}
				commit(t, manager, of)
				if last := endOf(t, client, of); last.Before(first.Add(-700 * time.Millisecond)) {
					t.Fatalf("the deadline moved by %v", last.Sub(first))
				}
			})
		}
	}
}

func TestVeryShortTimeoutsSlideAndEnd(t *testing.T) {
	for name, codec := range codecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-short-"+name)
			manager := scs.New()
			manager.Codec, manager.Lifetime, manager.IdleTimeout = codec, time.Hour, 2*time.Second
			manager.Store = scsstore.New(client, scsstore.Options{})
			of := commit(t, manager, "")
			first := endOf(t, client, of)
			commit(t, manager, of)
			if last := endOf(t, client, of); !last.After(first) || time.Until(last) > 3*time.Second {
				t.Fatalf("it ended at %v, and then at %v", first, last)
			}
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				_, found, err := manager.Store.Find(of)
				if err != nil || time.Now().After(deadline) {
					t.Fatal("it does not end", err)
				}
				if !found {
					return
				}
			}
		})
	}
}

func TestTokensThatTheServerWouldNotTake(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-tokens")
	for _, short := range []string{"session_token", "x", "a_token_of_21_letters"} {
		store := scsstore.New(client, scsstore.Options{})
		if err := store.Commit(short, []byte("one"), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		other := scsstore.New(client, scsstore.Options{})
		if err := other.Commit(short, []byte("two"), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if b, found, err := store.Find(short); string(b) != "two" || !found || err != nil {
			t.Fatalf("%q %v %v", b, found, err)
		}
		if _, err := client.Get(context.Background(), short, restsessions.ReadOptions{}); !errors.Is(err, restsessions.ErrNotFound) {
			t.Fatalf("the short token itself opens something: %v", err)
		}
		if err := store.Delete(short); err != nil {
			t.Fatal(err)
		}
		if _, found, err := other.Find(short); found || err != nil {
			t.Fatal(found, err)
		}
	}
}

func commit(t *testing.T, manager *scs.SessionManager, token string) string {
	t.Helper()
	ctx, err := manager.Load(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	manager.Put(ctx, "visits", manager.GetInt(ctx, "visits")+1)
	of, _, err := manager.Commit(ctx)
	if err != nil || token != "" && of != token {
		t.Fatal(of, err)
	}
	return of
}

func endOf(t *testing.T, client *restsessions.Client, token string) time.Time {
	t.Helper()
	session, err := client.Get(context.Background(), token, restsessions.ReadOptions{})
	if err != nil || session.AbsoluteExpiresAt == nil {
		t.Fatal(session, err)
	}
	return *session.AbsoluteExpiresAt
}
