package restsessions_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

// item is what a vector tells.
type item struct {
	Event    any    `json:"event,omitempty"`
	Resync   bool   `json:"resync,omitempty"`
	Position string `json:"position"`
}

func itemOf(t *testing.T, heard restsessions.Heard) item {
	if heard.Event == nil {
		return item{Resync: heard.Resync, Position: heard.Position}
	}
	return item{Event: jsonOf(t, heard.Event.Raw), Resync: heard.Resync, Position: heard.Position}
}

func jsonOf(t *testing.T, text []byte) (value any) {
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func codeOf(err error) string {
	var failure *restsessions.Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

func TestStreamsOfTheContract(t *testing.T) {
	vectors := contract.EventVectors(t)
	if len(vectors.Streams) < 20 {
		t.Fatalf("there are only %d", len(vectors.Streams))
	}
	for _, name := range vectors.Streams {
		t.Run(name.Name, func(t *testing.T) {
			t.Parallel()
			var play struct {
				Asks struct {
					After, Subject string
					Types          []string
					Silence        float64
				}
				Told  []item
				Error string
			}
			client, report := contract.Begin(t, name.Name, &play)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			var heard []item
			code := ""
			client.Listen(ctx, restsessions.ListenOptions{
				After: play.Asks.After, Types: play.Asks.Types, Subject: play.Asks.Subject,
				Silence: time.Duration(play.Asks.Silence * float64(time.Second)),
			})(func(each restsessions.Heard, err error) bool {
				if err != nil {
					code = codeOf(err)
					return true
				}
				heard = append(heard, itemOf(t, each))
				return play.Error != "" || len(heard) < len(play.Told)
			})
			if code != play.Error || len(heard) != len(play.Told) {
				t.Errorf("%d and %q, and must be %d and %q", len(heard), code, len(play.Told), play.Error)
			}
			for i, each := range heard {
				if i < len(play.Told) && !reflect.DeepEqual(each, play.Told[i]) {
					t.Errorf("%d: %v, and must be %v", i, each, play.Told[i])
				}
			}
			report()
		})
	}
}

func TestPagesOfTheContract(t *testing.T) {
	for _, name := range contract.EventVectors(t).Pages {
		t.Run(name.Name, func(t *testing.T) {
			t.Parallel()
			var play struct {
				Asks struct {
					After, Subject string
					Types          []string
					Limit          int
					Wait           float64
				}
				Gives struct {
					Events []any
					Next   string
					More   bool
					Resync bool
				}
				Error string
			}
			client, report := contract.Begin(t, name.Name, &play)
			page, err := client.EventPage(context.Background(), restsessions.EventPageOptions{
				After: play.Asks.After, Types: play.Asks.Types, Subject: play.Asks.Subject, Limit: play.Asks.Limit,
				Wait: time.Duration(play.Asks.Wait * float64(time.Second)),
			})
			report()
			if codeOf(err) != play.Error {
				t.Fatalf("%v, and must be %q", err, play.Error)
			}
			if err != nil {
				return
			}
			events := []any{}
			for _, event := range page.Events {
				events = append(events, jsonOf(t, event.Raw))
			}
			if !reflect.DeepEqual(events, play.Gives.Events) || page.Next != play.Gives.Next || page.More != play.Gives.More || page.Resync != play.Gives.Resync {
				t.Errorf("%+v, and must be %+v", page, play.Gives)
			}
		})
	}
}

func TestWebhooksOfTheContract(t *testing.T) {
	cases := contract.WebhookCases(t)
	if len(cases) < 50 {
		t.Fatalf("there are only %d", len(cases))
	}
	for _, each := range cases {
		t.Run(each.Name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range each.Headers {
				header[name] = []string{value}
			}
			events, err := restsessions.VerifyWebhook(each.Secrets, header, []byte(each.Body), time.Unix(each.Now, 0))
			if codeOf(err) != each.Error || each.Error == "" && err != nil {
				t.Fatalf("%v, and must be %q: %s", err, each.Error, each.Title)
			}
			if each.Error == "invalid_secret" != errors.Is(err, restsessions.ErrConfiguration) {
				t.Errorf("of a wrong kind: %v", err)
			}
			if err != nil && each.Error != "invalid_secret" && !errors.Is(err, restsessions.ErrWebhook) {
				t.Errorf("of a wrong kind: %v", err)
			}
			given := []any{}
			for _, event := range events {
				given = append(given, jsonOf(t, event.Raw))
			}
			if err == nil && !reflect.DeepEqual(given, each.Events) {
				t.Errorf("%v, and must be %v", given, each.Events)
			}
		})
	}
}

func TestWhatAnEventSays(t *testing.T) {
	cases := contract.WebhookCases(t)
	for _, each := range cases {
		if each.Name != "unicode" {
			continue
		}
		header := http.Header{}
		for name, value := range each.Headers {
			header.Set(name, value)
		}
		events, err := restsessions.VerifyWebhook(each.Secrets, header, []byte(each.Body), time.Unix(each.Now, 0))
		if err != nil {
			t.Fatal(err)
		}
		event, data := events[0], events[0].Data
		if event.Type != "session.ended" || event.Subject != data.Session || event.Time.Year() != 2026 || event.Sequence != "1.2" ||
			*data.Subject != "Zoë/1" || data.Reason != "revoked" || *data.By != "console:Jürgen" || data.IP != nil || data.Note == nil {
			t.Fatalf("%+v", event)
		}
	}
}

func TestAListenerLeaves(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	var last error
	contract.NewClient(t, server.URL, "shop").Listen(ctx, restsessions.ListenOptions{})(func(_ restsessions.Heard, err error) bool {
		last = err
		return true
	})
	if !errors.Is(last, context.Canceled) {
		t.Fatalf("%v", last)
	}
	<-gone
}

func TestAListenerSaysWhatItWaitsFor(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client, err := restsessions.New(restsessions.Options{URL: address, App: "shop", Key: "a-secret-key"})
	if err != nil {
		t.Fatal(err)
	}
	client.Listen(ctx, restsessions.ListenOptions{OnLost: func(err error) {
		if !errors.Is(err, restsessions.ErrUnreachable) || !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "a-secret") {
			t.Errorf("%v", err)
		}
		cancel()
	}})(func(_ restsessions.Heard, err error) bool {
		return !errors.Is(err, context.Canceled)
	})
}

func TestWhatIsNoPositionIsNotSent(t *testing.T) {
	for _, position := range []string{"a b", "a\r\nb", "ä"} {
		options := restsessions.ListenOptions{After: position}
		contract.NewClient(t, "http://127.0.0.1:9", "shop").Listen(context.Background(), options)(func(_ restsessions.Heard, err error) bool {
			if codeOf(err) != "invalid_cursor" {
				t.Errorf("%q: %v", position, err)
			}
			return true
		})
	}
}

func TestASlowBodyOfTheLoopIsNoSilence(t *testing.T) {
	connections := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections++
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			_, _ = w.Write([]byte("id: p\ndata: {\"type\":\"session.ended\"}\n\n"))
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	left := 3
	options := restsessions.ListenOptions{Silence: 300 * time.Millisecond}
	contract.NewClient(t, server.URL, "shop").Listen(context.Background(), options)(func(_ restsessions.Heard, err error) bool {
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond)
		left--
		return left > 0
	})
	if connections != 1 {
		t.Fatalf("%d connections", connections)
	}
}
