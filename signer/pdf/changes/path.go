package changes

import (
	"strings"

	"congvan/signer/pdf/syntax"
)

// path says how an object is reached from another: the first steps, from the outermost.
// A step is a key with its solidus, or element for any place in an array; a key cannot be
// mistaken for an element. Longer ways than any rule asks for are cut off and say so.
type path struct {
	steps [pathSteps]string
	long  bool
}

const (
	pathSteps = 4
	element   = "[]"
)

// below puts a path in front of p.
func (p path) below(outer []string) path {
	out := path{long: p.long}
	n := copy(out.steps[:], outer)
	if n < len(outer) {
		out.long = true
	}
	for _, s := range p.steps {
		switch {
		case s == "":
			return out
		case n == pathSteps:
			out.long = true
			return out
		}
		out.steps[n] = s
		n++
	}
	return out
}

// first is the key of the outermost dictionary.
func (p path) first() syntax.Name { return syntax.Name(strings.TrimPrefix(p.steps[0], "/")) }

// is says whether p is exactly these steps; "*" stands for any one.
func (p path) is(steps ...string) bool {
	return p.under(steps...) && (len(steps) == pathSteps || p.steps[len(steps)] == "") && !p.long
}

// under says whether p begins with these steps.
func (p path) under(steps ...string) bool {
	for i, s := range steps {
		if p.steps[i] == "" || s != "*" && p.steps[i] != s {
			return false
		}
	}
	return true
}

func (p path) String() string {
	var b strings.Builder
	for _, s := range p.steps {
		b.WriteString(s)
	}
	if p.long {
		b.WriteString("…")
	}
	return b.String()
}

// mentions are the ways on which an object refers to others, each way once.
type mentions map[syntax.Ref]map[string][]string

func mentionsOf(o syntax.Object) mentions {
	m := mentions{}
	m.add(o, nil)
	return m
}

func (m mentions) add(o syntax.Object, at []string) {
	switch o := o.(type) {
	case syntax.Ref:
		if m[o] == nil {
			m[o] = map[string][]string{}
		}
		m[o][strings.Join(at, "\x00")] = append([]string(nil), at...)
	case syntax.Array:
		for _, e := range o {
			m.add(e, append(at, element))
		}
	case syntax.Dict:
		for k, e := range o {
			m.add(e, append(at, "/"+string(k)))
		}
	case *syntax.Stream:
		m.add(o.Dict, at)
	}
}
