package restsessions

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const webhookTolerance = 5 * time.Minute

var (
	webhookTimestamp = regexp.MustCompile(`^[0-9]{1,15}$`)
	webhookSecret    = regexp.MustCompile(`^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`)
)

// VerifyWebhook gives the events of a webhook, when the server has sent it: one, or those of a batch, in order. secrets are those that
// the policy of the app has, more than one while they change; body is what came, byte for byte; now is time.Now().
//
// Errors: ErrWebhook for what is none of the server's, or came too late to be believed: answer it with 400. Its codes are
// invalid_headers, wrong_timestamp, wrong_signature and invalid_body. ErrConfiguration, with invalid_secret, for a secret that is none.
// The same event may come more than once; its ID tells.
func VerifyWebhook(secrets []string, header http.Header, body []byte, now time.Time) ([]Event, error) {
	keys, err := webhookKeys(secrets)
	if err != nil {
		return nil, err
	}
	id, timestamp, signatures := headerOf(header, "webhook-id"), headerOf(header, "webhook-timestamp"), headerOf(header, "webhook-signature")
	if id == "" || signatures == "" || !webhookTimestamp.MatchString(timestamp) {
		return nil, noWebhook("invalid_headers", "webhook-id, webhook-timestamp or webhook-signature is missing or malformed")
	}
	// 15 digits fit.
	seconds, _ := strconv.ParseInt(timestamp, 10, 64)
	if age := now.Unix() - seconds; max(age, -age) > int64(webhookTolerance/time.Second) {
		return nil, noWebhook("wrong_timestamp", "it was not sent within the last five minutes")
	}
	if !isSigned(keys, id+"."+timestamp+".", body, signatures) {
		return nil, noWebhook("wrong_signature", "no signature of it is of a secret that is known here")
	}
	events, err := webhookEvents(body)
	if err != nil {
		return nil, noWebhook("invalid_body", "its body is neither an event nor a list of events")
	}
	return events, nil
}

func webhookKeys(secrets []string) ([][]byte, error) {
	wrong := func(message string) error {
		return &Error{Code: "invalid_secret", Message: message, kind: ErrConfiguration}
	}
	if len(secrets) == 0 {
		return nil, wrong("without a secret no webhook can be verified")
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 || !webhookSecret.MatchString(secret) {
			return nil, wrong("a secret of a webhook must be whsec_ and base64")
		}
		keys[i] = key
	}
	return keys, nil
}

// headerOf takes names in any case, also from maps that were not made by net/http.
func headerOf(header http.Header, name string) string {
	if value := header.Get(name); value != "" {
		return value
	}
	for other, values := range header {
		if len(values) > 0 && strings.EqualFold(other, name) {
			return values[0]
		}
	}
	return ""
}

func isSigned(keys [][]byte, before string, body []byte, signatures string) bool {
	var given [][]byte
	for _, signature := range strings.Split(signatures, " ") {
		if text, found := strings.CutPrefix(signature, "v1,"); found {
			given = append(given, []byte(text))
		}
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(before))
		mac.Write(body)
		right := []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, signature := range given {
			if hmac.Equal(right, signature) {
				return true
			}
		}
	}
	return false
}

func webhookEvents(body []byte) ([]Event, error) {
	texts := []json.RawMessage{body}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		if err := json.Unmarshal(body, &texts); err != nil {
			return nil, err
		}
	}
	events := make([]Event, len(texts))
	for i, text := range texts {
		if err := unmarshalObject(text, &events[i]); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func noWebhook(code, message string) error {
	return &Error{Code: code, Message: "this is no webhook of the session server: " + message, kind: ErrWebhook}
}
