package scsstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

// RenewToken begins a session with all that the old one had. Of somebody who was logged out meanwhile there is none to begin.
func TestRenewTokenBringsNobodyBack(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-renew")
	manager := newManager(client)
	manager.Store = scsstore.New(client, scsstore.Options{Subject: subjectOf})
	begin := func(values map[string]string) string {
		ctx, err := manager.Load(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range values {
			manager.Put(ctx, key, value)
		}
		token, _, err := manager.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	// renewed runs a page that takes a new token after its session was ended.
	renewed := func(token string) (string, error) {
		ctx, err := manager.Load(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		if was, err := client.Revoke(context.Background(), token); !was || err != nil {
			t.Fatalf("%v %v", was, err)
		}
		if err := manager.RenewToken(ctx); err != nil {
			t.Fatal(err)
		}
		manager.Put(ctx, "late", "yes")
		after, _, err := manager.Commit(ctx)
		return after, err
	}
	if _, err := renewed(begin(map[string]string{"user": "anna"})); !errors.Is(err, scsstore.ErrSessionEnded) {
		t.Fatalf("%v", err)
	}
	if page, err := client.ListSubject(context.Background(), "anna", restsessions.ListOptions{}); err != nil || len(page.Sessions) != 0 {
		t.Fatalf("%v %v", page, err)
	}
	// Two login forms of one guest at once.
	token, err := renewed(begin(map[string]string{"cart": "lamp"}))
	if err != nil {
		t.Fatal(err)
	}
	if session, err := client.Get(context.Background(), token, restsessions.ReadOptions{}); err != nil || session.Data["cart"] == nil {
		t.Fatalf("%v %v", session, err)
	}
}

func TestAReplacedTokenIsTold(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-replaced")
	manager := newManager(client)
	manager.Store = scsstore.New(client, scsstore.Options{Subject: subjectOf})
	made, err := client.Create(context.Background(), restsessions.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := manager.Load(context.Background(), made.Token)
	if err != nil {
		t.Fatal(err)
	}
	grace := 60.0
	if _, err := client.Rotate(context.Background(), made.Token, restsessions.Rotation{Grace: &grace}); err != nil {
		t.Fatal(err)
	}
	manager.Put(ctx, "user", "anna")
	if _, _, err := manager.Commit(ctx); !errors.Is(err, scsstore.ErrSessionEnded) {
		t.Fatalf("%v", err)
	}
}

func subjectOf(values map[string]json.RawMessage) string {
	var user string
	_ = json.Unmarshal(values["user"], &user)
	return user
}
