package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/gomodule/redigo/redis"
	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
	"github.com/rest-sessions/rest-sessions/adapters/go/scsstore"
)

func main() {
	sessions := scs.New()
	if os.Getenv("STORE") == "ours" {
		client, err := restsessions.New(restsessions.Options{URL: os.Getenv("SESSIONS_URL"), App: "bench", Timeout: 20 * time.Second})
		if err != nil {
			log.Fatal(err)
		}
		sessions.Store = scsstore.New(client, scsstore.Options{})
		sessions.Codec = scsstore.Codec{}
	} else {
		address := "127.0.0.1:" + os.Getenv("REDIS_PORT")
		sessions.Store = redisstore.New(&redis.Pool{MaxIdle: 128, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", address) }})
	}
	http.HandleFunc("POST /login", func(_ http.ResponseWriter, r *http.Request) {
		values := map[string]any{}
		if err := json.NewDecoder(r.Body).Decode(&values); err != nil {
			log.Fatal(err)
		}
		for key, value := range values {
			sessions.Put(r.Context(), key, value)
		}
	})
	http.HandleFunc("GET /view", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"name": sessions.GetString(r.Context(), "name")})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), sessions.LoadAndSave(http.DefaultServeMux)))
}
