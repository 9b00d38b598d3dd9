package scsstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

// Which types the values of a session have is one value of the data.
func TestRequestsAtOnceKeepTheTypesOfWhatEachPut(t *testing.T) {
	manager := newManager(contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-own"))
	load := func(token string) context.Context {
		ctx, err := manager.Load(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		return ctx
	}
	save := func(ctx context.Context) string {
		token, _, err := manager.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	begun := load("")
	manager.Put(begun, "old", int8(1))
	token := save(begun)
	one, two := load(token), load(token)
	manager.Put(two, "at", time.Unix(0, 0).UTC())
	manager.Put(two, "__rememberMe", true)
	manager.Remove(two, "old")
	save(two)
	manager.Put(one, "bytes", []byte{1})
	save(one)
	now := load(token)
	at, remembered, bytes := manager.Get(now, "at"), manager.Get(now, "__rememberMe"), manager.GetBytes(now, "bytes")
	if at != time.Unix(0, 0).UTC() || remembered != true || len(bytes) != 1 || manager.Exists(now, "old") {
		t.Fatalf("%v %v %v", at, remembered, bytes)
	}
}
