package vxp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// answerReader takes the text of the member "data" out of a JSON answer without
// holding it: what stands before and after it is kept and read as an ordinary
// answer once the end has been seen.
type answerReader struct {
	op     string
	status int // of the HTTP answer
	r      *bufio.Reader
	rest   bytes.Buffer // the answer with data cut out
	opened bool         // data was found
	closed bool         // its end was seen
}

// maxRest bounds what an answer holds beside data.
const maxRest = 1 << 20

// open reads up to the first byte of data. An answer without data is read to
// its end; it is the refusal that open returns.
func (a *answerReader) open() error {
	depth, key := 0, ""
	for {
		c, err := a.next()
		if errors.Is(err, io.EOF) {
			return a.withoutData()
		}
		if err != nil {
			return err
		}
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if depth == 1 && key == "data" {
				a.opened = true
				return nil
			}
			if key, err = a.text(); err != nil {
				return err
			}
			continue
		case ':', ' ', '\t', '\r', '\n':
			continue // the key stays in force
		}
		key = ""
	}
}

func (a *answerReader) withoutData() error {
	if err := refusal(a.op, a.status, a.rest.Bytes()); err != nil {
		return err
	}
	return &AnswerError{Operation: a.op, HTTP: a.status, Text: "no data in the answer"}
}

// next reads one byte outside data and keeps it.
func (a *answerReader) next() (byte, error) {
	c, err := a.r.ReadByte()
	if err != nil {
		return 0, err
	}
	if a.rest.Len() >= maxRest {
		return 0, fmt.Errorf("%s: answer holds more than %d bytes beside data", a.op, maxRest)
	}
	return c, a.rest.WriteByte(c)
}

// text reads a string whose opening quote was read.
func (a *answerReader) text() (string, error) {
	start := a.rest.Len()
	for {
		c, err := a.next()
		if err != nil {
			return "", unexpected(err)
		}
		if c == '\\' {
			if _, err = a.next(); err != nil {
				return "", unexpected(err)
			}
		}
		if c == '"' {
			raw := a.rest.Bytes()[start-1:]
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err
		}
	}
}

// Read gives data's text with JSON's escapes undone.
func (a *answerReader) Read(p []byte) (n int, err error) {
	for n < len(p) && !a.closed {
		c, err := a.r.ReadByte()
		if err != nil {
			return n, unexpected(err)
		}
		switch c {
		case '"':
			a.closed = true
			return n, nil
		case '\\':
			if c, err = a.escaped(); err != nil {
				return n, err
			}
		}
		p[n] = c
		n++
		if a.r.Buffered() == 0 {
			return n, nil
		}
	}
	if a.closed && n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// escaped reads what follows a backslash. Base64 and its line breaks are ASCII.
func (a *answerReader) escaped() (byte, error) {
	c, err := a.r.ReadByte()
	if err != nil {
		return 0, unexpected(err)
	}
	switch c {
	case 'n', 'r', 't':
		return '\n', nil
	case '/', '"', '\\':
		return c, nil
	case 'u':
		var digits [4]byte
		if _, err := io.ReadFull(a.r, digits[:]); err != nil {
			return 0, unexpected(err)
		}
		if v, err := strconv.ParseUint(string(digits[:]), 16, 7); err == nil {
			return byte(v), nil
		}
	}
	return 0, fmt.Errorf("%s: data is not base64", a.op)
}

// outcome reads the rest of the answer and says what it was; nil for success.
func (a *answerReader) outcome() error {
	if _, err := io.Copy(io.Discard, a); err != nil { // to the end of data
		return err
	}
	if err := a.rest.WriteByte('"'); err != nil { // data becomes the empty string
		return err
	}
	for {
		_, err := a.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	err := refusal(a.op, a.status, a.rest.Bytes())
	// An answer whose status stands nowhere else but in its HTTP status is taken
	// for a success: deployed clients take anything but FAIL for one.
	var answered *AnswerError
	if errors.As(err, &answered) && answered.Code == "" && json.Valid(a.rest.Bytes()) && a.status == 200 {
		return nil
	}
	return err
}

// unexpected is the error of an answer that ends too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
