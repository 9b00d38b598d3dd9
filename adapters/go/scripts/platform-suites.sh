#!/bin/sh
# Runs the tests of scs' session manager, and those that gin-contrib/sessions has for any store, on our stores:
#
#   node ../contract/with-servers.mjs scripts/platform-suites.sh
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ours=github.com/rest-sessions/rest-sessions/adapters/go
cat > go.mod <<END
module suites
go 1.24
require (
	$ours v0.1.0
	$ours/scsstore v0.1.0
	$ours/gorillastore v0.1.0
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/gin-contrib/sessions v1.0.4
)
replace $ours => $here
replace $ours/scsstore => $here/scsstore
replace $ours/gorillastore => $here/gorillastore
END
mkdir gin scs
cat > gin/gin_test.go <<END
package gin

import (
	"os"
	"testing"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/tester"
	restsessions "$ours"
	"$ours/gorillastore"
)

type store struct{ *gorillastore.Store }

func (s store) Options(options sessions.Options) { s.Store.Options = options.ToGorillaOptions() }

func newStore(t *testing.T) sessions.Store {
	client, err := restsessions.New(restsessions.Options{URL: os.Getenv("REST_SESSIONS_EMBEDDED"), App: "gin-suite"})
	if err != nil {
		t.Fatal(err)
	}
	return store{gorillastore.New(client)}
}

func TestGetSet(t *testing.T)    { tester.GetSet(t, newStore) }
func TestDeleteKey(t *testing.T) { tester.DeleteKey(t, newStore) }
func TestFlashes(t *testing.T)   { tester.Flashes(t, newStore) }
func TestClear(t *testing.T)     { tester.Clear(t, newStore) }
func TestOptions(t *testing.T)   { tester.Options(t, newStore) }
func TestMany(t *testing.T)      { tester.Many(t, newStore) }
END
cat > scs/new_test.go <<END
package scs_test

import (
	"fmt"
	"os"

	"github.com/alexedwards/scs/v2"
	restsessions "$ours"
	"$ours/scsstore"
)

var managers = 0

func newManager() *scs.SessionManager {
	managers++
	app := fmt.Sprintf("scs-%d-%d", os.Getpid(), managers)
	client, err := restsessions.New(restsessions.Options{URL: os.Getenv("REST_SESSIONS_EMBEDDED"), App: app})
	if err != nil {
		panic(err)
	}
	manager := scs.New()
	manager.Store = scsstore.New(client, scsstore.Options{})
	if os.Getenv("SUITE_CODEC") != "gob" {
		manager.Codec = scsstore.Codec{}
	}
	return manager
}
END
go mod tidy
sed 's/^package scs$/package scs_test/; s/:= New()/:= newManager()/' \
  "$(go list -m -f '{{.Dir}}' github.com/alexedwards/scs/v2)/session_test.go" > scs/session_test.go
go test -count=1 ./gin ./scs
SUITE_CODEC=gob go test -count=1 ./scs
