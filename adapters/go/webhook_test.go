package restsessions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

func TestWebhooksOfAServer(t *testing.T) {
	before, secret := "whsec_b2Ygbm9ib2R5LCBhbmQgbm90IGtub3du", "whsec_a25vd24gdG8gdGhlIHRlc3QgYW5kIHNlcnZlcg=="
	got := make(chan restsessions.Event, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := restsessions.VerifyWebhook([]string{before}, r.Header, body, time.Now()); !errors.Is(err, restsessions.ErrWebhook) {
			t.Errorf("with another secret: %v", err)
		}
		events, err := restsessions.VerifyWebhook([]string{before, secret}, r.Header, body, time.Now())
		if err != nil {
			t.Errorf("%v: %s", err, body)
			w.WriteHeader(http.StatusBadRequest)
		}
		for _, event := range events {
			got <- event
		}
	}))
	defer receiver.Close()
	for _, batch := range []int{1, 10} {
		policy := fmt.Sprintf(`{"apps": {"told": {"webhooks": [{"name": "go", "url": "%s/", "secret": {"env": "TOLD_SECRET"}, "batch": %d}]}}}`, receiver.URL, batch)
		server := contract.StartServerWith(t, "0", t.TempDir(), policy, "TOLD_SECRET="+secret, "RS_WEBHOOK_NETWORKS=127.0.0.0/8")
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		client := contract.NewClient(t, server.URL, "told")
		made, err := client.Create(ctx, restsessions.NewSession{Subject: restsessions.String("Zoë")})
		if err != nil {
			t.Fatal(err)
		}
		if was, err := client.Revoke(ctx, made.Token, restsessions.Because("“left”")); !was || err != nil {
			t.Fatalf("%v %v", was, err)
		}
		for _, kind := range []string{"session.created", "session.ended"} {
			select {
			case event := <-got:
				if event.Type != kind || event.Subject != made.Session.ID || *event.Data.Subject != "Zoë" {
					t.Errorf("%s", event.Raw)
				}
				if kind == "session.ended" && *event.Data.Note != "“left”" {
					t.Errorf("%s", event.Raw)
				}
			case <-ctx.Done():
				t.Fatal("no webhook came")
			}
		}
		server.Stop()
	}
}
