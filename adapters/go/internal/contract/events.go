package contract

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// EventNames has the names of the vectors of events.
type EventNames struct {
	Streams, Pages []struct{ Name string }
}

// EventVectors gives what there is to be played.
func EventVectors(t *testing.T) EventNames {
	var vectors EventNames
	ask(t, http.MethodGet, Env(t, "REST_SESSIONS_CONTRACT")+"/contract/events", nil, &vectors)
	return vectors
}

// Begin begins a vector of events. It gives a client for it, and what tells its faults, once whatever was read is closed.
func Begin(t *testing.T, name string, into any) (*restsessions.Client, func()) {
	server := Env(t, "REST_SESSIONS_CONTRACT")
	var play struct{ App string }
	var text json.RawMessage
	ask(t, http.MethodPost, server+"/contract/plays", map[string]string{"vector": name}, &text)
	for _, each := range []any{&play, into} {
		if err := json.Unmarshal(text, each); err != nil {
			t.Fatal(err)
		}
	}
	return NewClient(t, server, play.App), func() {
		t.Helper()
		for {
			var report struct {
				Faults []string
				Open   int
			}
			ask(t, http.MethodGet, server+"/contract/plays/"+play.App, nil, &report)
			if report.Open > 0 {
				time.Sleep(5 * time.Millisecond)
				continue
			}
			for _, fault := range report.Faults {
				t.Error(fault)
			}
			return
		}
	}
}

// WebhookCase is a request, and what is to be made of it.
type WebhookCase struct {
	Name, Title string
	Secrets     []string
	Headers     map[string]string
	Body        string
	Now         int64
	Events      []any
	Error       string
}

// WebhookCases gives all of them.
func WebhookCases(t *testing.T) []WebhookCase {
	var vectors struct{ Cases []WebhookCase }
	ask(t, http.MethodGet, Env(t, "REST_SESSIONS_CONTRACT")+"/contract/webhooks", nil, &vectors)
	return vectors.Cases
}
