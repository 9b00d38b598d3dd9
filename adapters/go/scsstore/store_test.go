package scsstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

const token = "a-token-as-scs-makes-them-0123456789-abcdef"

// What scs asks of every store, with bytes of whatever codec.
func TestStoreOfBytes(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		client := contract.NewClient(t, url, "scs-bytes")
		store := scsstore.New(client, scsstore.Options{})
		if b, found, err := store.Find(token); found || b != nil || err != nil {
			t.Fatalf("missing: %q %v %v", b, found, err)
		}
		for _, data := range [][]byte{[]byte("encoded_data"), []byte("new_encoded_data"), {0, 255, '{'}} {
			if err := store.Commit(token, data, time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if b, found, err := store.Find(token); !found || !bytes.Equal(b, data) || err != nil {
				t.Fatalf("%q %v %v", b, found, err)
			}
		}
		all, err := store.All()
		if err != nil || len(all) != 1 {
			t.Fatalf("%v %v", all, err)
		}
		for id, b := range all {
			if !bytes.Equal(b, []byte{0, 255, '{'}) || strings.Contains(id, token) {
				t.Fatalf("%q %q", id, b)
			}
			if err := store.Delete(id); err != nil {
				t.Fatal(err)
			}
		}
		if _, found, err := store.Find(token); found || err != nil {
			t.Fatal("it was ended by what All gave")
		}
		if err := store.Delete(token); err != nil {
			t.Fatalf("to end what has ended is no error: %v", err)
		}
		if err := store.Commit(token, []byte("x"), time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, found, err := store.Find(token); found || err != nil {
			t.Fatal("what has expired is not found")
		}
	})
}

func TestBytesAreNotBroughtBack(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-revive")
	store := scsstore.New(client, scsstore.Options{})
	if err := store.Commit(token, []byte("x"), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Revoke(context.Background(), token); err != nil {
		t.Fatal(err)
	}
	if err := store.Commit(token, []byte("y"), time.Now().Add(time.Minute)); !errors.Is(err, scsstore.ErrSessionEnded) {
		t.Fatalf("%v", err)
	}
	if _, found, _ := store.Find(token); found {
		t.Fatal("it is back")
	}
}

type user struct{ Name string }

// The session manager's values come back as they were put, and other stacks see JSON.
func TestValuesAndTypes(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-types")
	manager := newManager(client)
	manager.Codec = scsstore.Codec{Types: []any{user{}}}
	ctx, err := manager.Load(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 28, 12, 0, 0, 123456789, time.UTC)
	put := map[string]any{
		"int": 1, "int64": int64(1) << 60, "whole": 1.0, "float": 1.5, "time": at, "bytes": []byte{0, 255}, "user": user{"Ann"},
		"list": []any{1, "two"}, "strings": []string{"a"}, "text": "ä€😀", "none": nil, "__rememberMe": true,
	}
	for key, value := range put {
		manager.Put(ctx, key, value)
	}
	of, _, err := manager.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := manager.Commit(ctx); err != nil {
		t.Fatalf("a second commit of one request: %v", err)
	}
	again, err := manager.Load(context.Background(), of)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range put {
		if got := manager.Get(again, key); fmt.Sprintf("%T %v", got, got) != fmt.Sprintf("%T %v", value, value) {
			t.Errorf("%s is %T %v, and was %T %v", key, got, got, value, value)
		}
	}
	session, err := client.Get(context.Background(), of, restsessions.ReadOptions{})
	if err != nil || string(session.Data["float"]) != "1.5" || session.Data["__rememberMe"] != nil || session.Data["_scs"] == nil {
		t.Fatalf("%s %v", contract.JSON(session), err)
	}
	manager.Put(again, "odd", struct{ A int }{1})
	if _, _, err := manager.Commit(again); err == nil || !strings.Contains(err.Error(), "odd is a struct") {
		t.Fatalf("a type that would not come back: %v", err)
	}
	manager.Remove(again, "odd")
	if err := manager.Clear(again); err != nil {
		t.Fatal(err)
	}
	manager.Put(again, "left", true)
	if _, _, err := manager.Commit(again); err != nil {
		t.Fatal(err)
	}
	session, err = client.Get(context.Background(), of, restsessions.ReadOptions{})
	delete(session.Data, "_scs")
	if err != nil || contract.JSON(session.Data) != `{"left":true}` {
		t.Fatalf("%s %v", contract.JSON(session.Data), err)
	}
}

// What another stack has written comes back to the letter when a page changes another key.
func TestWhatIsNotTouchedStays(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		text, err := os.ReadFile("../../contract/data.json")
		if err != nil {
			t.Fatal(err)
		}
		var values []struct{ Name, JSON string }
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		client := contract.NewClient(t, url, "scs-data")
		manager := newManager(client)
		ctx := context.Background()
		data := restsessions.Data{}
		for i, value := range values {
			data[fmt.Sprintf("key%d", i)] = json.RawMessage(value.JSON)
		}
		// Not through the client, which would write a text of its own.
		body := []byte(`{"data":{`)
		for i, value := range values {
			body = append(body, fmt.Sprintf(`%s"key%d":%s`, map[bool]string{true: "", false: ","}[i == 0], i, value.JSON)...)
		}
		response, err := http.Post(url+"/v1/apps/scs-data/sessions", "application/json", bytes.NewReader(append(body, "}}"...)))
		if err != nil {
			t.Fatal(err)
		}
		var made restsessions.TokenAndSession
		if err := json.NewDecoder(response.Body).Decode(&made); err != nil || made.Token == "" {
			t.Fatal(response.Status, err)
		}
		loaded, err := manager.Load(ctx, made.Token)
		if err != nil {
			t.Fatal(err)
		}
		manager.Put(loaded, "added", 1)
		if _, _, err := manager.Commit(loaded); err != nil {
			t.Fatal(err)
		}
		request, _ := http.NewRequest(http.MethodGet, url+"/v1/apps/scs-data/session", nil)
		request.Header.Set("Session-Token", made.Token)
		read, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		after, _ := io.ReadAll(read.Body)
		for i, value := range values {
			if !bytes.Contains(after, []byte(fmt.Sprintf(`"key%d":%s`, i, value.JSON))) {
				t.Errorf("%s: %s is not there as it was", value.Name, value.JSON)
			}
		}
	})
}

func TestTwentyPagesAtOnceLoseNothing(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		manager := newManager(contract.NewClient(t, url, "scs-cart"))
		shop := httptest.NewServer(manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if item := r.URL.Query().Get("add"); item != "" {
				manager.Put(r.Context(), "item"+item, 1)
			}
			fmt.Fprint(w, len(manager.Keys(r.Context())))
		})))
		defer shop.Close()
		jar, _ := cookiejar.New(nil)
		browser := &http.Client{Jar: jar}
		get := func(path string) string {
			response, err := browser.Get(shop.URL + path)
			if err != nil {
				t.Error(err)
				return ""
			}
			defer response.Body.Close()
			b, _ := io.ReadAll(response.Body)
			return string(b)
		}
		get("/?add=0")
		var all sync.WaitGroup
		for i := 1; i <= 20; i++ {
			all.Add(1)
			go func() {
				defer all.Done()
				get(fmt.Sprintf("/?add=%d", i))
			}()
		}
		all.Wait()
		// Among the keys is the one that carries what was read.
		if got := get("/"); got != "22" {
			t.Fatalf("%s keys", got)
		}
	})
}

func TestUsersAreListedAndEnded(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "scs-users")
	manager := scs.New()
	manager.Codec = scsstore.Codec{}
	manager.Store = scsstore.New(client, scsstore.Options{Subject: func(values map[string]json.RawMessage) string {
		var name string
		_ = json.Unmarshal(values["user"], &name)
		return name
	}})
	ctx, _ := manager.Load(context.Background(), "")
	manager.Put(ctx, "cart", 1)
	if _, _, err := manager.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := manager.RenewToken(ctx); err != nil {
		t.Fatal(err)
	}
	manager.Put(ctx, "user", "ann")
	of, _, err := manager.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if ended, err := client.RevokeSubject(context.Background(), "ann", ""); ended != 1 || err != nil {
		t.Fatalf("%d %v", ended, err)
	}
	if next, err := manager.Load(context.Background(), of); err != nil || manager.Exists(next, "user") {
		t.Fatalf("%v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"restSessions":1,"state":{"types":{"a":"time.Time"}},"data":{"a":"x"}}`))
	f.Add([]byte("gob"))
	f.Fuzz(func(t *testing.T, b []byte) {
		deadline, values, err := scsstore.Codec{}.Decode(b)
		if err != nil {
			return
		}
		if _, err := (scsstore.Codec{}).Encode(deadline, values); err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
	})
}
