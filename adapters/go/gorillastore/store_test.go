package gorillastore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/sessions"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/gorillastore"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

// visit makes a request with a cookie, as a browser would. It gives the token that the browser has afterwards.
func visit(t *testing.T, token string, page func(w http.ResponseWriter, r *http.Request)) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	w := httptest.NewRecorder()
	page(w, r)
	for _, cookie := range w.Result().Cookies() {
		if token = cookie.Value; cookie.MaxAge < 0 {
			token = ""
		}
	}
	return token
}

func save(t *testing.T, store *gorillastore.Store, token string, change func(*sessions.Session)) string {
	return visit(t, token, func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, "session")
		if err != nil {
			t.Fatal(err)
		}
		change(session)
		if err := session.Save(r, w); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFlashesAndValues(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		client := contract.NewClient(t, url, "gorilla")
		store := gorillastore.New(client)
		token := save(t, store, "", func(session *sessions.Session) {
			if !session.IsNew {
				t.Error("it is new")
			}
			session.Values["cart"] = map[string]any{"lamp": 1}
			session.Values["whole"] = 1.0
			session.Values[42] = 43
			session.AddFlash("hello")
			session.AddFlash("other", "key")
		})
		token = save(t, store, token, func(session *sessions.Session) {
			if session.IsNew || session.Values[42] != 43 || session.Values["whole"] != 1.0 {
				t.Errorf("%v", session.Values)
			}
			if flashes := session.Flashes(); len(flashes) != 1 || flashes[0] != "hello" {
				t.Errorf("%v", flashes)
			}
		})
		session, err := client.Get(context.Background(), token, restsessions.ReadOptions{})
		if err != nil || string(session.Data["cart"]) != `{"lamp":1}` || session.Data["_flash"] != nil || session.Data["_gorilla"] == nil {
			t.Fatalf("%s %v", contract.JSON(session), err)
		}
		token = save(t, store, token, func(session *sessions.Session) {
			if len(session.Flashes()) != 0 {
				t.Error("flashes are shown once")
			}
			session.Options.MaxAge = -1
		})
		if token != "" {
			t.Fatal("the cookie is gone")
		}
	})
}

func TestSessionsLastAsLongAsTheirCookie(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "gorilla-ages")
	store := gorillastore.New(client)
	token := save(t, store, "", func(session *sessions.Session) { session.Values["cart"] = 1 })
	lasts := func() (idle, inAll float64) {
		session, err := client.Get(context.Background(), token, restsessions.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if session.AbsoluteExpiresAt != nil {
			inAll = session.AbsoluteExpiresAt.Sub(session.CreatedAt).Seconds()
		}
		return *session.IdleTimeout, inAll
	}
	// "Remember me" at a login.
	save(t, store, token, func(session *sessions.Session) { session.Options.MaxAge = 86_400 })
	if idle, _ := lasts(); idle != 86_400 {
		t.Fatalf("the session lasts %v s, and its cookie a day", idle)
	}
	store.Options.MaxAge = 3
	token = save(t, store, "", func(session *sessions.Session) { session.Values["cart"] = 1 })
	_, first := lasts()
	save(t, store, token, func(*sessions.Session) {})
	if _, then := lasts(); first != 3 || then <= first || then > 30 {
		t.Fatalf("a session of 3 s lasts %v s, and after another page %v s in all", first, then)
	}
}

func TestRequestsAtOnceKeepWhatEachWroteOfGorillasOwn(t *testing.T) {
	store := gorillastore.New(contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "gorilla-own"))
	token := save(t, store, "", func(session *sessions.Session) { session.Values["small"] = int8(1); session.AddFlash("old") })
	save(t, store, token, func(session *sessions.Session) {
		save(t, store, token, func(other *sessions.Session) {
			other.AddFlash("hello", "notices")
			other.Values["at"] = time.Unix(0, 0).UTC()
			other.Flashes()
		})
		session.Values["bytes"] = []byte{1}
		session.Values[7] = "seven"
	})
	save(t, store, token, func(session *sessions.Session) {
		v := session.Values
		notices, at := session.Flashes("notices"), v["at"]
		if len(notices) != 1 || at != time.Unix(0, 0).UTC() || v[7] != "seven" || v["small"] != int8(1) || len(session.Flashes()) != 0 {
			t.Fatalf("%v %v", v, notices)
		}
		if b, is := v["bytes"].([]byte); !is || len(b) != 1 {
			t.Fatalf("%v", v)
		}
	})
}

func TestAWriteOfOtherKeysOrALoginLosesNothingOfGorillasOwn(t *testing.T) {
	store := gorillastore.New(contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "gorilla-between"))
	for _, between := range []func(*http.Request, http.ResponseWriter, *sessions.Session) error{
		func(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
			return store.Login(r, w, session, "anna")
		},
		func(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
			session.Values["cart"] = 2
			return session.Save(r, w)
		},
	} {
		token := save(t, store, "", func(session *sessions.Session) { session.Values["cart"] = 1; session.Values[7] = "old" })
		token = visit(t, token, func(w http.ResponseWriter, r *http.Request) {
			session, err := store.Get(r, "session")
			if err != nil {
				t.Fatal(err)
			}
			save(t, store, token, func(other *sessions.Session) { other.AddFlash("hello") })
			if err := between(r, w, session); err != nil {
				t.Fatal(err)
			}
			session.Values[7] = "seven"
			if err := session.Save(r, w); err != nil {
				t.Fatal(err)
			}
		})
		save(t, store, token, func(session *sessions.Session) {
			if flashes := session.Flashes(); len(flashes) != 1 || session.Values[7] != "seven" {
				t.Errorf("%v %v", flashes, session.Values)
			}
		})
	}
}

func TestALoginThatWasFasterIsTold(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "gorilla-twice")
	store := gorillastore.New(client)
	token := save(t, store, "", func(session *sessions.Session) { session.Values["cart"] = 1 })
	page := func(then func(w http.ResponseWriter, r *http.Request, session *sessions.Session)) {
		visit(t, token, func(w http.ResponseWriter, r *http.Request) {
			session, err := store.Get(r, "session")
			if err != nil {
				t.Fatal(err)
			}
			then(w, r, session)
		})
	}
	page(func(w http.ResponseWriter, r *http.Request, session *sessions.Session) {
		page(func(w http.ResponseWriter, r *http.Request, faster *sessions.Session) {
			if err := store.Login(r, w, faster, "anna"); err != nil {
				t.Fatal(err)
			}
		})
		err := store.Login(r, w, session, "anna")
		if !errors.Is(err, gorillastore.ErrSessionEnded) || w.Header().Get("Set-Cookie") != "" {
			t.Fatalf("%v %v", err, w.Header())
		}
	})
}

func TestEndedMeanwhileIsTold(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "gorilla-end")
	store := gorillastore.New(client)
	token := save(t, store, "", func(session *sessions.Session) { session.Values["a"] = 1 })
	visit(t, token, func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, "session")
		if _, err := client.Revoke(context.Background(), token); err != nil {
			t.Fatal(err)
		}
		session.Values["a"] = 2
		if err := session.Save(r, w); !errors.Is(err, gorillastore.ErrSessionEnded) {
			t.Fatalf("%v", err)
		}
	})
}

func TestTokenOfAnotherAppOpensNothing(t *testing.T) {
	url := contract.Env(t, "REST_SESSIONS_EMBEDDED")
	made, err := contract.NewClient(t, url, "gorilla-one").Create(context.Background(), restsessions.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	other := gorillastore.New(contract.NewClient(t, url, "gorilla-two"))
	save(t, other, made.Token, func(session *sessions.Session) {
		if !session.IsNew || session.ID != "" {
			t.Error("a token of another app was taken over")
		}
	})
}

func TestTwentyPagesAtOnceLoseNothing(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		client := contract.NewClient(t, url, "gorilla-many")
		store := gorillastore.New(client)
		token := save(t, store, "", func(session *sessions.Session) { session.Values["begun"] = true })
		var all sync.WaitGroup
		for i := range 20 {
			all.Add(1)
			go func() {
				defer all.Done()
				save(t, store, token, func(session *sessions.Session) { session.Values[fmt.Sprintf("item%d", i)] = 1 })
			}()
		}
		all.Wait()
		session, err := client.Get(context.Background(), token, restsessions.ReadOptions{})
		if err != nil || len(session.Data) != 21 {
			t.Fatalf("%d keys, %v", len(session.Data), err)
		}
	})
}

func TestServerAwayIsAnErrorAndNoNewSession(t *testing.T) {
	store := gorillastore.New(contract.NewClient(t, "http://127.0.0.1:9", "gorilla-away"))
	visit(t, "a-token-that-may-well-be-good", func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, "session")
		if session == nil || !errors.Is(err, restsessions.ErrUnreachable) {
			t.Fatalf("%v %v", session, err)
		}
	})
}
