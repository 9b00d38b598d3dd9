// The page on the session manager of scs.
package main

import (
	"encoding/json"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/alexedwards/scs/v2"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

var sessions = scs.New()
var client *restsessions.Client

func main() {
	var err error
	client, err = restsessions.New(restsessions.Options{URL: os.Getenv("SESSIONS_URL"), App: "shop"})
	if err != nil {
		log.Fatal(err)
	}
	sessions.Store = scsstore.New(client, scsstore.Options{Subject: user})
	sessions.Codec = scsstore.Codec{}
	sessions.Cookie.Persist = false
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", home)
	pages.HandleFunc("POST /login", login)
	pages.HandleFunc("POST /add", add)
	pages.HandleFunc("POST /logout-everywhere", logOutEverywhere)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), sessions.LoadAndSave(pages)))
}

// user says whose session it is.
func user(values map[string]json.RawMessage) string {
	var name string
	_ = json.Unmarshal(values["user"], &name)
	return name
}

func home(w http.ResponseWriter, r *http.Request) {
	name := sessions.GetString(r.Context(), "user")
	if name == "" {
		show(w, "login")
		return
	}
	var cart strings.Builder
	for _, key := range sessions.Keys(r.Context()) {
		if item, is := strings.CutPrefix(key, "item:"); is {
			fmt.Fprintf(&cart, `<li data-page="%s">%s</li>`, sessions.GetString(r.Context(), key), html.EscapeString(item))
		}
	}
	show(w, "home", "{user}", html.EscapeString(name), "{cart}", cart.String())
}

func login(w http.ResponseWriter, r *http.Request) {
	if err := sessions.RenewToken(r.Context()); err != nil {
		http.Error(w, "Please try again in a moment.", http.StatusServiceUnavailable)
		return
	}
	sessions.Put(r.Context(), "user", r.PostFormValue("user")) // the place to check a password
	back(w)
}

func add(w http.ResponseWriter, r *http.Request) {
	if sessions.Exists(r.Context(), "user") {
		sessions.Put(r.Context(), "item:"+r.PostFormValue("item"), "Go")
	}
	back(w)
}

func logOutEverywhere(w http.ResponseWriter, r *http.Request) {
	if name := sessions.GetString(r.Context(), "user"); name != "" {
		_, err := client.RevokeSubject(r.Context(), name, "")
		if err == nil {
			err = sessions.Destroy(r.Context())
		}
		if err != nil {
			http.Error(w, "Please try again in a moment.", http.StatusServiceUnavailable)
			return
		}
	}
	back(w)
}

func show(w http.ResponseWriter, template string, parts ...string) {
	text, err := os.ReadFile("../" + template + ".html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	strings.NewReplacer(append(parts, "{page}", "Go")...).WriteString(w, string(text))
}

func back(w http.ResponseWriter) {
	w.Header().Set("Location", "./")
	w.WriteHeader(http.StatusSeeOther)
}
