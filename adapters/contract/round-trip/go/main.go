// scs and gorilla/sessions in the test of round trips: ../README.md has the orders. Each line on the standard input is one.
package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/sessions"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/gorillastore"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

var values = map[string]any{
	"integer beyond 2^53": int64(1)<<53 + 1,
	"integer beyond 2^64": new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 65), big.NewInt(1)),
	"whole float":         1.0,
	"whole number":        1,
	"negative zero":       math.Copysign(0, -1),
	"empty list":          []any{},
	"empty map":           map[string]any{},
	"empty in a nest":     map[string]any{"a": []any{}, "b": map[string]any{}, "c": []any{map[string]any{}}},
	"null":                nil,
	"astral text":         "\U0001f600 a\u0308 \x00 \u2028",
	"half of a character": "\xed\xa0\x80",
	"bytes":               []byte{0, 1, 0x7f, 0xff},
	"instant":             time.Date(2026, 11, 28, 12, 34, 56, 0, time.UTC),
}

type order struct {
	Framework, URL, App, Do, Key string
	Token                        *string
	Names                        []string
}

type answer struct {
	Token  string            `json:"token,omitempty"`
	Faults map[string]string `json:"faults"`
	Error  string            `json:"error,omitempty"`
}

// session is what both have: all that is in it, and a way to put something.
type session struct {
	all func() map[string]any
	put func(key string, value any)
}

func main() {
	gob.Register(&big.Int{})
	gob.Register(map[string]any{})
	gob.Register([]any{})
	gob.Register(time.Time{})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var what order
		if err := json.Unmarshal(lines.Bytes(), &what); err != nil {
			panic(err)
		}
		text, err := json.Marshal(visit(what))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}

func visit(what order) answer {
	client, err := restsessions.New(restsessions.Options{URL: what.URL, App: what.App})
	if err != nil {
		return answer{Error: err.Error()}
	}
	run := map[string]func(*restsessions.Client, order) (answer, error){"scs": visitScs, "gorilla": visitGorilla}[what.Framework]
	told, err := run(client, what)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return told
}

func visitScs(client *restsessions.Client, what order) (answer, error) {
	manager := scs.New()
	manager.Store = scsstore.New(client, scsstore.Options{})
	manager.Codec = scsstore.Codec{}
	token := ""
	if what.Token != nil {
		token = *what.Token
	}
	ctx, err := manager.Load(context.Background(), token)
	if err != nil {
		return answer{}, err
	}
	all := func() map[string]any {
		found := map[string]any{}
		for _, key := range manager.Keys(ctx) {
			if !strings.HasPrefix(key, "_") {
				found[key] = manager.Get(ctx, key)
			}
		}
		return found
	}
	faults := obey(session{all, func(key string, value any) { manager.Put(ctx, key, value) }}, what)
	if manager.Status(ctx) == scs.Modified {
		token, _, err = manager.Commit(ctx)
	}
	return answer{Token: token, Faults: faults}, err
}

func visitGorilla(client *restsessions.Client, what order) (answer, error) {
	store := gorillastore.New(client)
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	if what.Token != nil {
		request.AddCookie(&http.Cookie{Name: "session", Value: *what.Token})
	}
	kept, err := store.Get(request, "session")
	if err != nil {
		return answer{}, err
	}
	all := func() map[string]any {
		found := map[string]any{}
		for key, value := range kept.Values {
			found[key.(string)] = value
		}
		return found
	}
	faults := obey(session{all, func(key string, value any) { kept.Values[key] = value }}, what)
	err = sessions.Save(request, httptest.NewRecorder())
	return answer{Token: kept.ID, Faults: faults}, err
}

func obey(kept session, what order) map[string]string {
	faults := map[string]string{}
	switch what.Do {
	case "write":
		for _, name := range what.Names {
			kept.put(name, values[name])
		}
	case "check":
		all := kept.all()
		for _, name := range what.Names {
			value, is := all[name]
			if shown := fmt.Sprintf("%T %v", value, value); !is || shown != fmt.Sprintf("%T %v", values[name], values[name]) {
				faults[name] = shown
			}
		}
	case "add":
		kept.all()
		kept.put(what.Key, 1)
	case "copy":
		kept.put("copy", []any{kept.all()[what.Key]})
	}
	return faults
}
