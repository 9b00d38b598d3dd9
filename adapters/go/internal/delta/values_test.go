package delta

import (
	"encoding/json"
	"testing"
)

func TestTextThatIsNotUTF8IsSeen(t *testing.T) {
	for text, exact := range map[string]bool{
		"a":                     true,
		"\ufffd":                true,
		`\ufffd`:                true,
		`\\ufffd`:               true,
		"\xed\xa0\x80":          false,
		`\` + "\xff":            false,
		`\ufffd` + "\xff" + "a": false,
	} {
		written, err := json.Marshal(map[string]any{"in": []string{text}})
		if err != nil {
			t.Fatal(err)
		}
		if IsExact(written) != exact {
			t.Errorf("%q is written as %s, and IsExact is %t", text, written, !exact)
		}
	}
}
