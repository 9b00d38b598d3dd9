package scsstore_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/alexedwards/scs/v2"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

type deeds struct {
	manager *scs.SessionManager
	request *http.Request
}

func (d deeds) See(key string) (any, bool) {
	return d.manager.Get(d.request.Context(), key), d.manager.Exists(d.request.Context(), key)
}
func (d deeds) Set(key string, value any) { d.manager.Put(d.request.Context(), key, value) }
func (d deeds) Unset(key string)          { d.manager.Remove(d.request.Context(), key) }
func (d deeds) Login(subject string) error {
	return d.manager.RenewToken(d.request.Context())
}
func (d deeds) Logout() error { return d.manager.Destroy(d.request.Context()) }

// newManager is what an application writes.
func newManager(client *restsessions.Client) *scs.SessionManager {
	manager := scs.New()
	manager.Store = scsstore.New(client, scsstore.Options{})
	manager.Codec = scsstore.Codec{}
	manager.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, scsstore.ErrSessionEnded) {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	return manager
}

func TestContract(t *testing.T) {
	contract.Play(t, func(client *restsessions.Client, page func(contract.Deeds)) http.Handler {
		manager := newManager(client)
		return manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page(deeds{manager, r})
		}))
	})
}
