package restsessions

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/iotest"
)

// all gives the frames of a stream, however its bytes come.
func all(from io.Reader) (read []frame) {
	for frames := newFrames(from); ; {
		next, err := frames.next()
		if err != nil {
			return read
		}
		read = append(read, next)
	}
}

// pieces gives a few bytes at each read.
type pieces struct{ rest []byte }

func (p *pieces) Read(into []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(into, p.rest[:min(1+rand.N(5), len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

func TestItIsNoMatterWhereAStreamIsCut(t *testing.T) {
	parts := []string{"data: {}", "data", "data:", "id: p1", "id", "event: resync", ": ", "retry: 5", "retry: x", "é", "\r", "\n", "\r\n", "\n\n", "\r\r", "\ufeff", "\x00"}
	for range 5000 {
		var text []byte
		for range 1 + rand.N(20) {
			text = append(text, parts[rand.N(len(parts))]...)
		}
		whole := all(bytes.NewReader(text))
		for _, cut := range []io.Reader{iotest.OneByteReader(bytes.NewReader(text)), &pieces{text}} {
			if frames := all(cut); !reflect.DeepEqual(frames, whole) {
				t.Fatalf("%q: %+v, and must be %+v", text, frames, whole)
			}
		}
	}
}

func TestAStreamWithoutAnEndIsNotKept(t *testing.T) {
	for _, line := range []string{"x", "data: x\n", ": x\r\n", "\u2028"} {
		endless := io.MultiReader(bytes.NewReader(bytes.Repeat([]byte(line), longestFrame+1)), iotest.ErrReader(io.ErrNoProgress))
		frames := newFrames(endless)
		if _, err := frames.next(); err != errTooLong {
			t.Errorf("%q: %v", line, err)
		}
		if cap(frames.line) > 3*longestFrame {
			t.Errorf("%q: %d bytes were kept", line, cap(frames.line))
		}
	}
}
