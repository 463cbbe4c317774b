package api

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// query reads a request's parameters strictly: what it is not asked for, and
// what comes twice, is an error. The first error is kept.
type query struct {
	values url.Values
	err    error
}

func (c *call) query() *query {
	v, err := url.ParseQuery(c.r.URL.RawQuery)
	q := &query{values: v}
	if err != nil {
		q.err = invalid("query", "%w", err)
	}
	return q
}

// end says what was wrong with the parameters.
func (q *query) end() error {
	if q.err != nil {
		return q.err
	}
	for name := range q.values {
		return invalid(name, "unknown parameter")
	}
	return nil
}

func (q *query) fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

func (q *query) text(name string) string {
	v := q.values[name]
	delete(q.values, name)
	if len(v) == 0 {
		return ""
	}
	if len(v) > 1 || v[0] == "" {
		q.fail(invalid(name, "%d values, first of %d bytes; want one that is not empty", len(v), len(v[0])))
	}
	return v[0]
}

func (q *query) required(name string) string {
	if !q.values.Has(name) {
		q.fail(invalid(name, "required"))
	}
	return q.text(name)
}

func (q *query) agency(name string) gateway.AgencyID { return gateway.AgencyID(q.text(name)) }

// agencies reads a parameter that may come several times.
func (q *query) agencies(name string) []gateway.AgencyID {
	var out []gateway.AgencyID
	for _, v := range q.values[name] {
		if v == "" {
			q.fail(invalid(name, "empty"))
		}
		out = append(out, gateway.AgencyID(v))
	}
	delete(q.values, name)
	return out
}

func (q *query) number(name string, least, most int) int {
	text := q.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		q.fail(invalid(name, "%.40q is not a number within %d…%d", text, least, most))
	}
	return n
}

// limit is the size of a page.
func (q *query) limit() int { return q.number("limit", 1, 1000) }

// duration reads such as 30s or 5m.
func (q *query) duration(name string, most time.Duration) time.Duration {
	text := q.text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		q.fail(invalid(name, "%.40q is not a duration within 0s…%s", text, most))
	}
	return d
}

// moment reads a moment (RFC 3339) or a day in Vietnam (yyyy-MM-dd), which
// stands for its first moment.
func (q *query) moment(name string) time.Time {
	text := q.text(name)
	if text == "" {
		return time.Time{}
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, edxml.VietnamZone); err == nil {
		return t
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		q.fail(invalid(name, "%.40q is neither a moment nor a day", text))
	}
	return t
}

func (q *query) kind() edxml.Kind {
	return oneOf(q, "kind", edxml.KindDocument, edxml.KindStatus)
}

func oneOf[T ~string](q *query, name string, allowed ...T) T {
	v := T(q.text(name))
	if v != "" && !slices.Contains(allowed, v) {
		q.fail(invalid(name, "%.40q is not one of %v", string(v), allowed))
	}
	return v
}
