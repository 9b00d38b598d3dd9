// Package contract plays adapters/contract for session layers written in Go, and starts servers for their tests.
package contract

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	restsessions "github.com/rest-sessions/rest-sessions/adapters/go"
)

// CookieName is that of the applications under test.
const CookieName = "session"

// Deeds are what a page does with its session.
type Deeds interface {
	See(key string) (any, bool)
	Set(key string, value any)
	Unset(key string)
	Login(subject string) error
	Logout() error
}

// Application serves one page that calls `page`. It answers 500 when the session layer fails, and 409 when it tells that the session was
// ended meanwhile.
type Application func(client *restsessions.Client, page func(Deeds)) http.Handler

type vector struct {
	App   string
	Token string
	Name  string
	Title string
	Rule  int
	Pages []struct {
		Cookie    *string
		Does      [][]any
		Ends      string
		SetCookie string
	}
}

// Play plays all vectors.
func Play(t *testing.T, application Application) {
	server := Env(t, "REST_SESSIONS_CONTRACT")
	var vectors []vector
	ask(t, http.MethodGet, server+"/contract/vectors", nil, &vectors)
	if len(vectors) < 30 {
		t.Fatalf("there are only %d vectors", len(vectors))
	}
	for _, each := range vectors {
		t.Run(fmt.Sprintf("rule %d: %s", each.Rule, each.Name), func(t *testing.T) {
			t.Parallel()
			var play vector
			ask(t, http.MethodPost, server+"/contract/plays", map[string]string{"vector": each.Name}, &play)
			client, err := restsessions.New(restsessions.Options{URL: server, App: play.App})
			if err != nil {
				t.Fatal(err)
			}
			playOne(t, client, application, play)
			var report struct{ Faults []string }
			ask(t, http.MethodGet, server+"/contract/plays/"+play.App, nil, &report)
			for _, fault := range report.Faults {
				t.Errorf("%s: %s", play.Title, fault)
			}
		})
	}
}

func playOne(t *testing.T, client *restsessions.Client, application Application, play vector) {
	var does [][]any
	handler := application(client, func(deeds Deeds) { do(t, deeds, does) })
	jar := ""
	for _, page := range play.Pages {
		if page.Cookie != nil {
			jar = *page.Cookie
		}
		does = page.Does
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		if jar != "" || page.Cookie != nil {
			request.Header.Set("Cookie", CookieName+"="+jar)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		ends := map[int]string{http.StatusOK: "well", http.StatusInternalServerError: "error", http.StatusConflict: "told"}[answer.Code]
		if !strings.Contains(" "+page.Ends+" ", " "+ends+" ") {
			t.Errorf("the page ended %q (%d %s), and must end %q", ends, answer.Code, answer.Body, page.Ends)
		}
		cookie := cookieOf(answer.Result().Cookies(), jar)
		if page.SetCookie != "any" && !strings.Contains(page.SetCookie, cookie) {
			t.Errorf("the cookie is %q, and must be %q", cookie, page.SetCookie)
		}
		for _, set := range answer.Result().Cookies() {
			if set.MaxAge >= 0 {
				jar = set.Value
				if !set.HttpOnly || set.SameSite != http.SameSiteLaxMode || set.Path != "/" {
					t.Errorf("the cookie must be HttpOnly, SameSite=Lax and for /: %s", set)
				}
			}
		}
	}
}

// cookieOf tells what became of the cookie. The same token once more is none.
func cookieOf(cookies []*http.Cookie, had string) string {
	for _, cookie := range cookies {
		if cookie.MaxAge < 0 {
			return "cleared"
		}
		if cookie.Value != had {
			return "new"
		}
	}
	return "none"
}

func do(t *testing.T, deeds Deeds, does [][]any) {
	for _, deed := range does {
		switch deed[0] {
		case "see":
			value, is := deeds.See(deed[1].(string))
			if is != (deed[2] != nil) || is && JSON(value) != JSON(deed[2]) {
				t.Errorf("%s is %s, and must be %s", deed[1], JSON(value), JSON(deed[2]))
			}
		case "set":
			deeds.Set(deed[1].(string), deed[2])
		case "set-inside":
			value, _ := deeds.See(deed[1].(string))
			inside := value.(map[string]any)
			inside[deed[2].(string)] = deed[3]
			deeds.Set(deed[1].(string), inside)
		case "unset":
			deeds.Unset(deed[1].(string))
		case "login":
			if err := deeds.Login(deed[1].(string)); err != nil {
				t.Error(err)
			}
		case "logout":
			if err := deeds.Logout(); err != nil {
				t.Error(err)
			}
		default:
			t.Fatalf("%s is no deed", deed[0])
		}
	}
}

// JSON gives the text of a value.
func JSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Env gives a part of the environment that with-servers.mjs makes.
func Env(t *testing.T, name string) string {
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run the tests by node adapters/contract/with-servers.mjs", name)
	}
	return value
}

// OnEachStore runs a test on the embedded store and on Redis.
func OnEachStore(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("embedded", func(t *testing.T) { test(t, Env(t, "REST_SESSIONS_EMBEDDED")) })
	t.Run("Redis", func(t *testing.T) {
		url := os.Getenv("REST_SESSIONS_REDIS")
		if url == "" {
			t.Skip("there is no redis-server here")
		}
		test(t, url)
	})
}

// NewClient gives a client for an app of its own.
func NewClient(t *testing.T, url, app string) *restsessions.Client {
	client, err := restsessions.New(restsessions.Options{URL: url, App: app})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Server is a server that a test may end and start again.
type Server struct {
	URL     string
	process *exec.Cmd
}

// StartServer starts a server on a port with a store in a folder. It ends with the test.
func StartServer(t *testing.T, port, folder string) *Server {
	return StartServerWith(t, port, folder, "{}")
}

// StartServerWith does so with a policy file, and more of the environment.
func StartServerWith(t *testing.T, port, folder, policy string, environment ...string) *Server {
	rules := filepath.Join(folder, "policy.json")
	if err := os.WriteFile(rules, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	var command []string
	if err := json.Unmarshal([]byte(Env(t, "REST_SESSIONS_COMMAND")), &command); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Env = append(environment, "PATH="+os.Getenv("PATH"), "RS_PORT="+port, "RS_STORE=lmdb:"+filepath.Join(folder, "data"), "RS_CONFIG="+rules)
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	server := &Server{process: process}
	t.Cleanup(func() { cancel(); server.Stop() })
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found := regexp.MustCompile(`listens on (http:\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			server.URL = found[1]
			go func() {
				for lines.Scan() {
				}
			}()
			return server
		}
	}
	t.Fatal("the server ended before it listened")
	return nil
}

// Stop ends it at once.
func (s *Server) Stop() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// Within fails a test whose work takes longer.
func Within(t *testing.T, limit time.Duration, work func()) {
	began := time.Now()
	work()
	if took := time.Since(began); took > limit {
		t.Errorf("it took %s, and may take %s", took, limit)
	}
}

func ask(t *testing.T, method, url string, body, into any) {
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
