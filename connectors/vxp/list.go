package vxp

import (
	"bufio"
	"encoding/json"
)

// listWriter streams {"data":[…],"status":…}. What says whether it worked comes
// last, so that a failure in the middle is still an answer that a client
// understands: it reads data only when ErrorCode is "0".
type listWriter struct {
	c   *call
	buf *bufio.Writer // nil until the first item
}

// add writes one item of the list.
func (l *listWriter) add(item any) error {
	text, err := json.Marshal(item)
	if err != nil {
		return err
	}
	if l.buf == nil {
		l.begin()
	} else {
		_ = l.buf.WriteByte(',') // errors stay in the writer and come out of Flush
	}
	_, err = l.buf.Write(text)
	return err
}

func (l *listWriter) begin() {
	l.c.w.Header().Set("Content-Type", "application/json")
	l.buf = bufio.NewWriterSize(l.c.w, 32<<10)
	_, _ = l.buf.WriteString(`{"data":[`)
}

// finish ends the list with the outcome. An error before the first item is returned, for an answer of its own.
func (l *listWriter) finish(outcome error) error {
	if l.buf == nil {
		if outcome != nil {
			return outcome
		}
		l.begin()
	}
	a := done()
	if outcome != nil {
		l.c.logRefusal(outcome)
		a = failed(outcome)
	}
	_, _ = l.buf.WriteString("],")
	_, _ = l.buf.Write(trailer(a))
	_ = l.buf.Flush() // the client is gone when this fails
	return nil
}

// trailer is an answer's fields and the brace that ends the object.
func trailer(a answer) []byte {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings and a number always have a JSON form
	}
	return text[1:]
}
