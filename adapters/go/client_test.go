package restsessions_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

func text(value any) json.RawMessage {
	b, _ := json.Marshal(value)
	return b
}

func TestLifeOfASession(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		ctx := context.Background()
		client := contract.NewClient(t, url, "go-life")
		made, err := client.Create(ctx, restsessions.NewSession{
			Subject: restsessions.String("Zoë/1"), Data: restsessions.Data{"cart": text(map[string]int{"lamp": 1})}, UserAgent: "test",
		})
		if err != nil {
			t.Fatal(err)
		}
		changed, err := client.Patch(ctx, made.Token, restsessions.Change{Set: restsessions.Data{"theme": text("dark")}, Unset: []string{"cart"}})
		if err != nil || string(changed.Data["theme"]) != `"dark"` || len(changed.Data) != 1 || *changed.Subject != "Zoë/1" {
			t.Fatalf("%+v %v", changed, err)
		}
		rotated, err := client.Rotate(ctx, made.Token, restsessions.Rotation{Grace: new(float64)})
		if err != nil || rotated.Token == made.Token {
			t.Fatalf("%+v %v", rotated, err)
		}
		if _, err := client.Get(ctx, made.Token, restsessions.ReadOptions{}); !errors.Is(err, restsessions.ErrNotFound) {
			t.Fatalf("the old token: %v", err)
		}
		read, err := client.Get(ctx, rotated.Token, restsessions.ReadOptions{Touch: true})
		if err != nil || read.ID != rotated.Session.ID || read.ExpiresAt == nil || read.CreatedAt.IsZero() {
			t.Fatalf("%+v %v", read, err)
		}
		active, err := client.Verify(ctx, rotated.Token, made.Token)
		if err != nil || active[0] == nil || active[1] != nil {
			t.Fatalf("%v %v", active, err)
		}
		page, err := client.ListSubject(ctx, "Zoë/1", restsessions.ListOptions{Limit: 10})
		if err != nil || len(page.Sessions) == 0 {
			t.Fatalf("%+v %v", page, err)
		}
		if count, err := client.RevokeSubject(ctx, "Zoë/1", ""); err != nil || count < 1 {
			t.Fatalf("%d %v", count, err)
		}
		if was, err := client.Revoke(ctx, rotated.Token); was || err != nil {
			t.Fatalf("%v %v", was, err)
		}
		chosen := "a-token-that-a-framework-chose"
		if _, err := client.Put(ctx, chosen, restsessions.NewSession{}, restsessions.OnlyExisting); err == nil {
			t.Fatal("a write must not create")
		}
		if _, err := client.Put(ctx, chosen, restsessions.NewSession{}, restsessions.OnlyNew); err != nil {
			t.Fatal(err)
		}
		if _, err := client.ReplaceData(ctx, chosen, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Touch(ctx, chosen, nil); err != nil {
			t.Fatal(err)
		}
		if was, err := client.Revoke(ctx, chosen); !was || err != nil {
			t.Fatalf("%v %v", was, err)
		}
	})
}

func TestWrongOptionsAreNamed(t *testing.T) {
	for wrong, options := range map[string]restsessions.Options{
		"URL must be":   {URL: "127.0.0.1:3000", App: "shop"},
		"URL must have": {URL: "http://user@127.0.0.1", App: "shop"},
		"App must be":   {URL: "http://127.0.0.1", App: "a"},
		"Key must be":   {URL: "http://127.0.0.1", App: "shop", Key: "a\nb"},
	} {
		_, err := restsessions.New(options)
		if !errors.Is(err, restsessions.ErrConfiguration) || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestWhatIsNoSessionServerIsSaid(t *testing.T) {
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	_, err := contract.NewClient(t, stranger.URL, "shop").Get(context.Background(), "a-token-0123456789-0123", restsessions.ReadOptions{})
	if !errors.Is(err, restsessions.ErrConfiguration) || errors.Is(err, restsessions.ErrNotFound) {
		t.Fatalf("%v", err)
	}
	if strings.Contains(err.Error(), "a-token") {
		t.Fatalf("the token is in the error: %v", err)
	}
}

// JSON of somebody else is no empty session, and "log out everywhere" that was not done is no success.
func TestJSONOfAStrangerIsNoAnswer(t *testing.T) {
	ctx, token := context.Background(), "a-token-0123456789-0123"
	session := `{"id":"a","version":1,"data":{}}`
	for _, body := range []string{
		`{"status":"maintenance"}`, `{}`, `[]`, `null`, `{"id":"a","version":1}`, `{"id":"a","data":{}}`, `{"version":1,"data":{}}`,
		`{"results":[],"sessions":null}`, `{"results":[{}],"sessions":[{}]}`, `{"results":[{"active":true}]}`,
		`{"results":[{"active":false},{"active":false}]}`, `{"token":"","session":` + session + `}`, `{"token":"abc","session":{}}`,
	} {
		stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		}))
		client := contract.NewClient(t, stranger.URL, "shop")
		for name, call := range map[string]func() error{
			"Create":   func() error { _, err := client.Create(ctx, restsessions.NewSession{}); return err },
			"Get":      func() error { _, err := client.Get(ctx, token, restsessions.ReadOptions{}); return err },
			"Patch":    func() error { _, err := client.Patch(ctx, token, restsessions.Change{}); return err },
			"Touch":    func() error { _, err := client.Touch(ctx, token, nil); return err },
			"Rotate":   func() error { _, err := client.Rotate(ctx, token, restsessions.Rotation{}); return err },
			"Revoke":   func() error { _, err := client.Revoke(ctx, token); return err },
			"Everyone": func() error { _, err := client.RevokeSubject(ctx, "anna", ""); return err },
			"GetByID":  func() error { _, err := client.GetByID(ctx, "a"); return err },
			"List":     func() error { _, err := client.List(ctx, restsessions.ListOptions{}); return err },
			"Verify":   func() error { _, err := client.Verify(ctx, token); return err },
			"Events":   func() error { _, err := client.EventPage(ctx, restsessions.EventPageOptions{}); return err },
			"History":  func() error { _, err := client.History(ctx, "anna"); return err },
			"Erase":    func() error { _, err := client.EraseHistory(ctx, "anna"); return err },
		} {
			var failure *restsessions.Error
			err := call()
			if !errors.Is(err, restsessions.ErrConfiguration) || !errors.As(err, &failure) || failure.Code != "not_rest_sessions" {
				t.Errorf("%s takes %s: %v", name, body, err)
			}
		}
		stranger.Close()
	}
}

func TestServerAwayAndBack(t *testing.T) {
	folder := t.TempDir()
	port := contract.Env(t, "REST_SESSIONS_PORT")
	server := contract.StartServer(t, port, folder)
	client := contract.NewClient(t, server.URL, "away")
	ctx := context.Background()
	made, err := client.Create(ctx, restsessions.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	contract.Within(t, 10*time.Second, func() {
		_, err := client.Get(ctx, made.Token, restsessions.ReadOptions{})
		if !errors.Is(err, restsessions.ErrUnreachable) || errors.Is(err, restsessions.ErrNotFound) {
			t.Fatalf("%v", err)
		}
	})
	contract.StartServer(t, port, folder)
	if _, err := client.Get(ctx, made.Token, restsessions.ReadOptions{}); err != nil {
		t.Fatalf("it works again without a restart: %v", err)
	}
}

func TestTimeOutAndCancellation(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	options := restsessions.Options{URL: "http://" + silent.Addr().String(), App: "shop", Timeout: 200 * time.Millisecond}
	client, err := restsessions.New(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = client.Get(context.Background(), "a-token", restsessions.ReadOptions{}); !errors.Is(err, restsessions.ErrTimeout) {
		t.Fatalf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = client.Get(ctx, "a-token", restsessions.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}

func TestOneConnectionForManyCalls(t *testing.T) {
	var opened atomic.Int32
	target := contract.Env(t, "REST_SESSIONS_EMBEDDED")
	client, err := restsessions.New(restsessions.Options{URL: target, App: "pool", HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			opened.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := client.Get(context.Background(), "a-token-that-opens-nothing", restsessions.ReadOptions{}); !errors.Is(err, restsessions.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if opened.Load() != 1 {
		t.Fatalf("%d connections", opened.Load())
	}
}

func TestTooMuchDataIsSaid(t *testing.T) {
	client := contract.NewClient(t, contract.Env(t, "REST_SESSIONS_EMBEDDED"), "large")
	_, err := client.Create(context.Background(), restsessions.NewSession{Data: restsessions.Data{"a": text(strings.Repeat("x", 1<<20))}})
	var failure *restsessions.Error
	if !errors.As(err, &failure) || failure.Status != http.StatusRequestEntityTooLarge || failure.Retryable {
		t.Fatalf("%v", err)
	}
}

func TestManyAtOnceLoseNothing(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		client := contract.NewClient(t, url, "go-many")
		ctx := context.Background()
		made, err := client.Create(ctx, restsessions.NewSession{})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 20 {
			all.Add(1)
			go func() {
				defer all.Done()
				key := "item" + string(rune('a'+i))
				if _, err := client.Patch(ctx, made.Token, restsessions.Change{Set: restsessions.Data{key: text(i)}}); err != nil {
					t.Error(err)
				}
			}()
		}
		all.Wait()
		if read, err := client.Get(ctx, made.Token, restsessions.ReadOptions{}); err != nil || len(read.Data) != 20 {
			t.Fatalf("%v %v", read, err)
		}
	})
}
