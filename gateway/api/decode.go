package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"congvan/gateway"
	"congvan/gateway/api/wire"
)

// decode reads the JSON body of a request without parameters strictly: see [decodeJSON].
func (c *call) decode(into any) error {
	if err := c.query().end(); err != nil {
		return err
	}
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fault(wire.CodeUnsupportedMedia, "Content-Type")
	}
	body := c.body(c.api.Limits.JSON)
	defer body.release()
	buf := c.api.buffers.get()
	defer c.api.buffers.put(buf)
	if _, err := buf.ReadFrom(body); err != nil {
		return err
	}
	return decodeJSON(buf.Bytes(), into)
}

// decodeJSON refuses everything that two readers could understand differently: invalid
// UTF-8, unknown and repeated names, names in another case, a second value.
func decodeJSON(data []byte, into any) error {
	if !utf8.Valid(data) {
		return invalid("body", "not UTF-8")
	}
	w := walker{tokens: json.NewDecoder(bytes.NewReader(data))}
	w.tokens.UseNumber()
	if err := w.value(""); err != nil {
		return jsonError(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return jsonError(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return invalid("body", "something after the JSON value")
	}
	return nil
}

// jsonError names the place of what encoding/json found wrong.
func jsonError(err error) error {
	var own *gateway.Error
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &own):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return gateway.Errorf(gateway.CodeTruncated, "body", "JSON ends too early: %w", err)
	case errors.As(err, &kind):
		return invalid("/"+strings.ReplaceAll(kind.Field, ".", "/"), "%w", err)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid(strings.Trim(name, `"`), "%w", err)
	}
	return invalid("body", "%w", err)
}

// maxDepth of nested objects and arrays; ours need five.
const maxDepth = 32

// walker looks at the names in a JSON value.
type walker struct {
	tokens *json.Decoder
	depth  int
}

func (w *walker) value(at string) error {
	t, err := w.tokens.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if w.depth++; w.depth > maxDepth {
		return invalid(at, "nested deeper than %d", maxDepth)
	}
	defer func() { w.depth-- }()
	if open == '{' {
		return w.members(at)
	}
	return w.elements(at)
}

func (w *walker) members(at string) error {
	seen := map[string]bool{}
	for w.tokens.More() {
		t, err := w.tokens.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		place := at + "/" + name
		if seen[name] {
			return invalid(place, "name twice in one object")
		}
		seen[name] = true
		// encoding/json would take From and FROM for from.
		if strings.ContainsFunc(name, notNameCharacter) {
			return invalid(place, "unknown name")
		}
		if err := w.value(place); err != nil {
			return err
		}
	}
	_, err := w.tokens.Token()
	return err
}

func (w *walker) elements(at string) error {
	for i := 0; w.tokens.More(); i++ {
		if err := w.value(at + "/" + strconv.Itoa(i)); err != nil {
			return err
		}
	}
	_, err := w.tokens.Token()
	return err
}

func notNameCharacter(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_')
}
