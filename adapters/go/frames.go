package restsessions

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// longestFrame is how many bytes one event of a stream may have. No event of the server comes near.
const longestFrame = 1 << 20

var errTooLong = errors.New("it sent an event of more than 1 MiB")

// frame is what stands between two empty lines of a text/event-stream.
type frame struct {
	name, id string
	// data is nil where there was no line of it.
	data []byte
}

// frames takes a text/event-stream apart.
type frames struct {
	from *bufio.Reader
	// retry is what the stream said last of when to come back; 0 where it has not.
	retry time.Duration
	// afterCR: a line feed that comes now belongs to the line end before.
	afterCR bool
	line    []byte
	size    int
}

func newFrames(from io.Reader) *frames {
	f := &frames{from: bufio.NewReaderSize(from, 16<<10)}
	return f
}

// next gives the next frame with data or an id. Errors: io.EOF and others of the connection; what was read of a frame is lost then.
func (f *frames) next() (frame, error) {
	var next frame
	for {
		line, err := f.readLine()
		if err != nil {
			return frame{}, err
		}
		if len(line) > 0 {
			f.take(line, &next)
			continue
		}
		f.size = 0
		if next.data != nil || next.id != "" {
			return next, nil
		}
		next = frame{}
	}
}

func (f *frames) take(line []byte, into *frame) {
	field, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "event":
		into.name = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			into.id = string(value)
		}
	case "data":
		if into.data != nil {
			into.data = append(into.data, '\n')
		} else {
			into.data = []byte{}
		}
		into.data = append(into.data, value...)
	case "retry":
		if wait, err := strconv.ParseUint(string(value), 10, 31); err == nil && wait > 0 {
			f.retry = time.Duration(wait) * time.Millisecond
		}
	}
}

// readLine gives a line without its end: LF, CR LF or CR. What it gives is good until the next call.
func (f *frames) readLine() ([]byte, error) {
	first := f.line == nil
	f.line = f.line[:0]
	for {
		b, err := f.from.ReadByte()
		if err != nil {
			return nil, err
		}
		afterCR := f.afterCR
		f.afterCR = b == '\r'
		if b == '\n' && afterCR {
			continue
		}
		if b == '\n' || b == '\r' {
			break
		}
		if f.size++; f.size > longestFrame {
			return nil, errTooLong
		}
		f.line = append(f.line, b)
	}
	if first {
		f.line = append(make([]byte, 0, 256), bytes.TrimPrefix(f.line, []byte("\ufeff"))...)
	}
	return f.line, nil
}
