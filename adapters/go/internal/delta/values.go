package delta

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// Types gives the types that come back as they were put though JSON does not tell them, by name: those that sessions often have,
// and those of samples.
func Types(samples []any) map[string]reflect.Type {
	all := append([]any{
		time.Time{}, []byte(nil), json.Number(""), int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0),
		float32(0), float64(0), time.Duration(0), []string(nil), []int(nil), map[string]string(nil), map[string]int(nil), map[string]bool(nil),
	}, samples...)
	types := make(map[string]reflect.Type, len(all))
	for _, sample := range all {
		of := reflect.TypeOf(sample)
		types[of.String()] = of
	}
	return types
}

// Natural gives what a JSON text is in Go when nobody says more: whole numbers are int.
func Natural(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return withNumbers(value), nil
}

func withNumbers(value any) any {
	switch of := value.(type) {
	case json.Number:
		return number(of)
	case []any:
		for i, item := range of {
			of[i] = withNumbers(item)
		}
	case map[string]any:
		for key, item := range of {
			of[key] = withNumbers(item)
		}
	}
	return value
}

// number gives an int or a float64 where it has the very value of the text, else the text.
func number(text json.Number) any {
	if whole, err := text.Int64(); err == nil && int64(int(whole)) == whole {
		return int(whole)
	}
	float, err := text.Float64()
	if err != nil {
		return text
	}
	if strings.ContainsAny(text.String(), ".eE") {
		return float
	}
	if again, err := json.Marshal(float); err == nil && string(again) == text.String() {
		return float
	}
	return text
}
