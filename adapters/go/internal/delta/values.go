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
func Types(samples []any) KnownTypes {
	all := append([]any{
		time.Time{}, []byte(nil), json.Number(""), int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0),
		float32(0), float64(0), time.Duration(0), []string(nil), []int(nil), map[string]string(nil), map[string]int(nil), map[string]bool(nil),
	}, samples...)
	types := make(KnownTypes, len(all))
	for _, sample := range all {
		of := reflect.TypeOf(sample)
		types[of.String()] = of
	}
	return types
}

// KnownTypes are types that come back as they were put, by name.
type KnownTypes map[string]reflect.Type

// Restore gives the value of a JSON text: of the type of a name, where that is known and the text fits it (another stack may have put
// something else there since), else what it is naturally.
func (k KnownTypes) Restore(text []byte, name string) (any, error) {
	if of, is := k[name]; is {
		into := reflect.New(of)
		if json.Unmarshal(text, into.Interface()) == nil {
			return into.Elem().Interface(), nil
		}
	}
	return Natural(text)
}

// IsExact tells whether a text that encoding/json wrote has all that was in the strings of the value: in the place of bytes that are no UTF-8 it
// writes \ufffd, as an escape. What was there as that character is not escaped.
func IsExact(text []byte) bool {
	escape := []byte(`\ufffd`)
	for {
		at := bytes.Index(text, escape)
		if at < 0 {
			return true
		}
		before := len(text[:at]) - len(bytes.TrimRight(text[:at], `\`))
		if before%2 == 0 {
			return false
		}
		text = text[at+len(escape):]
	}
}

// NameOf gives the name of the type that a value needs to come back by Restore; empty where its JSON text tells the type. False: it would
// come back as something else.
func (k KnownTypes) NameOf(value any, text []byte) (name string, comesBack bool, err error) {
	plain, err := Natural(text)
	if err != nil {
		return "", false, err
	}
	of := reflect.TypeOf(value)
	if of == reflect.TypeOf(plain) {
		return "", true, nil
	}
	name = of.String()
	return name, k[name] == of, nil
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
