package gorillastore_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/gorilla/sessions"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/gorillastore"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

type deeds struct {
	store     *gorillastore.Store
	session   *sessions.Session
	w         http.ResponseWriter
	r         *http.Request
	hasToSave bool
}

func (d *deeds) See(key string) (any, bool) {
	value, is := d.session.Values[key]
	return value, is
}

func (d *deeds) Set(key string, value any) {
	d.session.Values[key] = value
	d.hasToSave = true
}

func (d *deeds) Unset(key string) {
	delete(d.session.Values, key)
	d.hasToSave = true
}

func (d *deeds) Login(subject string) error { return d.store.Login(d.r, d.w, d.session, subject) }

func (d *deeds) Logout() error {
	d.session.Options.MaxAge = -1
	d.hasToSave = true
	return nil
}

// application is one that saves only what it has changed, as gin-contrib does.
func application(client *restsessions.Client, page func(contract.Deeds)) http.Handler {
	store := gorillastore.New(client)
	fail := func(w http.ResponseWriter, err error) {
		status := http.StatusInternalServerError
		if errors.Is(err, gorillastore.ErrSessionEnded) {
			status = http.StatusConflict
		}
		http.Error(w, err.Error(), status)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := store.Get(r, contract.CookieName)
		if err != nil {
			fail(w, err)
			return
		}
		of := &deeds{store: store, session: session, w: w, r: r}
		page(of)
		if of.hasToSave {
			if err := session.Save(r, w); err != nil {
				fail(w, err)
			}
		}
	})
}

func TestContract(t *testing.T) {
	contract.Play(t, application)
}
