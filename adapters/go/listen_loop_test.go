//go:build go1.23

package restsessions_test

import (
	"context"
	"fmt"
	"iter"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// It is what Go 1.23 has a name for.
var _ func(*restsessions.Client) iter.Seq2[restsessions.Heard, error] = func(client *restsessions.Client) iter.Seq2[restsessions.Heard, error] {
	return client.Listen(context.Background(), restsessions.ListenOptions{})
}

func ExampleClient_Listen() {
	client, err := restsessions.New(restsessions.Options{URL: "http://127.0.0.1:3000", App: "shop"})
	if err != nil {
		panic(err)
	}
	listen := func(ctx context.Context) error {
		for heard, err := range client.Listen(ctx, restsessions.ListenOptions{Types: []string{"session.ended"}}) {
			switch {
			case err != nil:
				return err
			case heard.Resync:
				fmt.Println("events were lost")
			default:
				fmt.Println(heard.Event.Data.Session, heard.Event.Data.Reason)
			}
		}
		return nil
	}
	_ = listen
}
