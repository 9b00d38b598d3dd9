package restsessions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/internal/contract"
)

// heardUntil listens in the background until it has so many events.
func heardUntil(ctx context.Context, client *restsessions.Client, options restsessions.ListenOptions, count int) <-chan []restsessions.Heard {
	done := make(chan []restsessions.Heard, 1)
	go func() {
		var all []restsessions.Heard
		client.Listen(ctx, options)(func(heard restsessions.Heard, err error) bool {
			if err == nil {
				all = append(all, heard)
			}
			return err == nil && len(all) < count
		})
		done <- all
	}()
	return done
}

func TestWhatAServerTells(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		client := contract.NewClient(t, url, "heard")
		subject := "go/Zoë & co"
		now, err := client.EventPage(ctx, restsessions.EventPageOptions{After: "end"})
		if err != nil || now.Next == "" || len(now.Events) != 0 {
			t.Fatalf("%+v %v", now, err)
		}
		options := restsessions.ListenOptions{After: now.Next, Subject: subject}
		listening := heardUntil(ctx, client, options, 5)
		made, err := client.Create(ctx, restsessions.NewSession{Subject: &subject, Label: "phone", UserAgent: "test"})
		if err != nil {
			t.Fatal(err)
		}
		other, err := client.Create(ctx, restsessions.NewSession{Subject: &subject})
		if err != nil {
			t.Fatal(err)
		}
		if was, err := client.RevokeByID(ctx, made.Session.ID, restsessions.Because("lost “phone” & co")); !was || err != nil {
			t.Fatalf("%v %v", was, err)
		}
		if was, err := client.Revoke(ctx, other.Token, restsessions.Because("left")); !was || err != nil {
			t.Fatalf("%v %v", was, err)
		}
		last, err := client.Create(ctx, restsessions.NewSession{Subject: &subject})
		if err != nil {
			t.Fatal(err)
		}
		heard := <-listening
		if len(heard) != 5 {
			t.Fatalf("%d", len(heard))
		}
		types := ""
		for _, each := range heard {
			types += each.Event.Type + " "
		}
		if types != "session.created session.created session.ended session.ended session.created " {
			t.Fatal(types)
		}
		ended := heard[2].Event
		if ended.Data.Session != made.Session.ID || ended.Data.Reason != "revoked" || *ended.Data.Note != "lost “phone” & co" {
			t.Fatalf("%s", ended.Raw)
		}
		if note := heard[3].Event.Data.Note; *note != "left" || heard[3].Event.Data.Reason != "logout" {
			t.Fatalf("%s", heard[3].Event.Raw)
		}

		// Pages tell the same, and a listener may begin in the middle.
		page, err := client.EventPage(ctx, restsessions.EventPageOptions{
			After: now.Next, Subject: subject, Types: []string{"session.ended"}, Limit: 10, Wait: time.Second,
		})
		if err != nil || len(page.Events) != 2 || page.Events[0].ID != ended.ID || page.Resync {
			t.Fatalf("%+v %v", page, err)
		}
		options.After = heard[3].Position
		again := <-heardUntil(ctx, client, options, 1)
		if len(again) != 1 || again[0].Event.Data.Session != last.Session.ID {
			t.Fatalf("%+v", again)
		}

		if count, err := client.RevokeSubject(ctx, subject, "", restsessions.Because("moved out")); count != 1 || err != nil {
			t.Fatalf("%d %v", count, err)
		}
		history, err := client.History(ctx, subject)
		if err != nil || len(history) != 3 {
			t.Fatalf("%+v %v", history, err)
		}
		if first := history[2]; first.ID != made.Session.ID || *first.Label != "phone" || *first.UserAgent != "test" ||
			first.Reason != "revoked" || *first.Note != "lost “phone” & co" || first.EndedAt.Before(first.CreatedAt) {
			t.Fatalf("%+v", first)
		}
		if history[0].Reason != "subject" || *history[0].Note != "moved out" {
			t.Fatalf("%+v", history[0])
		}
		if count, err := client.EraseHistory(ctx, subject); count != 3 || err != nil {
			t.Fatalf("%d %v", count, err)
		}
		if history, err := client.History(ctx, subject); len(history) != 0 || err != nil {
			t.Fatalf("%v %v", history, err)
		}
	})
}

func TestAPositionOfNoServerIsAnError(t *testing.T) {
	contract.OnEachStore(t, func(t *testing.T, url string) {
		client := contract.NewClient(t, url, "heard")
		_, err := client.EventPage(context.Background(), restsessions.EventPageOptions{After: "nowhere"})
		if codeOf(err) != "invalid_cursor" {
			t.Fatalf("%v", err)
		}
		options := restsessions.ListenOptions{After: "nowhere"}
		client.Listen(context.Background(), options)(func(_ restsessions.Heard, err error) bool {
			if codeOf(err) != "invalid_cursor" {
				t.Fatalf("%v", err)
			}
			return true
		})
	})
}

func TestAListenerMissesNothingWhileTheServerIsAway(t *testing.T) {
	folder := t.TempDir()
	port := contract.Env(t, "REST_SESSIONS_PORT")
	rules := `{"apps": {"heard": {"events": true}}}`
	server := contract.StartServerWith(t, port, folder, rules)
	client := contract.NewClient(t, server.URL, "heard")
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	lost := make(chan error, 100)
	now, err := client.EventPage(ctx, restsessions.EventPageOptions{After: "end"})
	if err != nil {
		t.Fatal(err)
	}
	listening := heardUntil(ctx, client, restsessions.ListenOptions{After: now.Next, OnLost: func(err error) {
		select {
		case lost <- err:
		default:
		}
	}}, 2)
	first, err := client.Create(ctx, restsessions.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if err := <-lost; !errors.Is(err, restsessions.ErrUnreachable) {
		t.Fatalf("%v", err)
	}
	contract.StartServerWith(t, port, folder, rules)
	second, err := client.Create(ctx, restsessions.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	heard := <-listening
	if len(heard) != 2 || heard[0].Event.Subject != first.Session.ID || heard[1].Event.Subject != second.Session.ID {
		t.Fatalf("%+v", heard)
	}
}
