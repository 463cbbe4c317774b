package syntax_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"congvan/signer/pdf/syntax"
)

// anyObject draws an object that an update can write.
func anyObject(depth int) *rapid.Generator[syntax.Object] {
	leaves := []*rapid.Generator[syntax.Object]{
		rapid.Just[syntax.Object](nil),
		rapid.Map(rapid.Bool(), func(b bool) syntax.Object { return b }),
		rapid.Map(rapid.Int64(), func(n int64) syntax.Object { return n }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(x float64) syntax.Object { return math.Round(x*1e6) / 1e6 }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) syntax.Object { return syntax.String(b) }),
		rapid.Map(anyName(), func(n syntax.Name) syntax.Object { return n }),
		rapid.Map(rapid.IntRange(1, 50), func(n int) syntax.Object { return syntax.Ref{Number: n, Generation: n % 3} }),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	inner := anyObject(depth - 1)
	return rapid.OneOf(append(
		leaves,
		rapid.Map(rapid.SliceOfN(inner, 0, 5), func(a []syntax.Object) syntax.Object { return syntax.Array(a) }),
		rapid.Map(rapid.MapOfN(anyName(), inner, 0, 5), func(m map[syntax.Name]syntax.Object) syntax.Object { return syntax.Dict(m) }),
	)...)
}

func anyName() *rapid.Generator[syntax.Name] {
	return rapid.Map(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 12), func(b []byte) syntax.Name { return syntax.Name(b) })
}

// withoutNulls gives an object as it is read back: entries with null are absent.
func withoutNulls(o syntax.Object) syntax.Object {
	switch o := o.(type) {
	case syntax.Array:
		a := make(syntax.Array, len(o))
		for i, v := range o {
			a[i] = withoutNulls(v)
		}
		return a
	case syntax.Dict:
		d := syntax.Dict{}
		for k, v := range o {
			if v != nil {
				d[k] = withoutNulls(v)
			}
		}
		return d
	}
	return o
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	files := forms()
	for _, v := range variants() {
		if v.password == "" {
			files["qpdf "+v.name] = rewritten(t, withMetadata(), v.args...)
		}
	}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { checkRoundTrip(t, data) })
		})
	}
}

func checkRoundTrip(t *rapid.T, data []byte) {
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	u, err := syntax.NewUpdate(f)
	if err != nil {
		t.Fatal(err)
	}
	want := map[syntax.Ref]syntax.Object{}
	for range rapid.IntRange(0, 6).Draw(t, "objects") {
		o := anyObject(3).Draw(t, "object")
		if d, ok := o.(syntax.Dict); ok && rapid.Bool().Draw(t, "stream") {
			for _, k := range []syntax.Name{"Length", "Filter", "DecodeParms", "F", "Type"} {
				delete(d, k)
			}
			o = u.NewStream(d, rapid.SliceOf(rapid.Byte()).Draw(t, "data"), rapid.Bool().Draw(t, "compressed"))
		}
		want[u.Add(o)] = o
	}
	more, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if f, err = open(append(bytes.Clone(data), more...)); err != nil {
		t.Fatal(err)
	}
	for ref, o := range want {
		got, err := f.Latest().Get(ref)
		if s, ok := o.(*syntax.Stream); ok {
			s.Dict = withoutNulls(s.Dict).(syntax.Dict)
		}
		if err != nil || !syntax.Equal(got, withoutNulls(o)) {
			t.Fatalf("%v: %#v comes back as %#v, %v", ref, o, got, err)
		}
	}
	if len(f.Anomalies()) > len(mustAnomalies(data)) {
		t.Fatalf("anomalies %v", f.Anomalies())
	}
}

func mustAnomalies(data []byte) []syntax.Anomaly {
	f, err := open(data)
	if err != nil {
		panic(err)
	}
	return f.Anomalies()
}

func TestUpdateRefusesWhatIsNoObject(t *testing.T) {
	data := tabled(book())
	deep := syntax.Object(int64(1))
	for range 200 {
		deep = syntax.Array{deep}
	}
	for _, o := range []syntax.Object{
		math.NaN(), math.Inf(1), 1e300, syntax.Name("a\x00"),
		syntax.Ref{},
		syntax.Ref{Number: 1, Generation: 1 << 20},
		struct{}{},
		deep,
		syntax.Hole{Name: "x", Size: 1},
		syntax.Array{syntax.Hole{Name: "x", Size: 9}, syntax.Hole{Name: "x", Size: 9}},
		syntax.Dict{"Stream": syntax.NewStream(nil, nil, false)},
	} {
		u, err := syntax.NewUpdate(mustOpen(t, data))
		if err != nil {
			t.Fatal(err)
		}
		u.Add(o)
		if more, _, err := u.Bytes(); err == nil {
			t.Errorf("%v was written as %q", o, more)
		}
	}
	u, err := syntax.NewUpdate(mustOpen(t, data))
	if err != nil {
		t.Fatal(err)
	}
	u.Put(syntax.Ref{Number: 3}, nil)
	u.Put(syntax.Ref{Number: 3, Generation: 1}, nil)
	if _, _, err := u.Bytes(); err == nil {
		t.Error("one number was written in two generations")
	}
}

func TestUpdateIsTheSameEachTime(t *testing.T) {
	for name, data := range forms() {
		change := func(u *syntax.Update) {
			u.Put(syntax.Ref{Number: 5}, syntax.Dict{"B": 1, "A": 2, "Type": syntax.Name("T")})
			u.Free(syntax.Ref{Number: 6})
			u.Free(syntax.Ref{Number: 3})
		}
		if a, b := appended(t, data, change), appended(t, data, change); !bytes.Equal(a, b) {
			t.Errorf("%s: two updates differ", name)
		}
	}
}

// The golden text of an update to a table: what is freed is linked from object 0.
func TestUpdateText(t *testing.T) {
	data := tabled(book())
	data = data[:len(data)-1] // no end of line behind %%EOF
	more := appended(t, data, func(u *syntax.Update) {
		u.Put(syntax.Ref{Number: 5}, syntax.Dict{"B": syntax.String("x(y"), "A": -.5, "Type": syntax.Name("a b"), "N": nil})
		u.Free(syntax.Ref{Number: 6})
		u.Free(syntax.Ref{Number: 3})
		u.Add(syntax.Array{syntax.Hole{Name: "Contents", Size: 6}, syntax.Hole{Name: "Other", Size: 3}, 1, true, 2.0})
	})[len(data):]
	at := len(data) + 1
	want := fmt.Sprintf(`
5 0 obj
<</Type /a#20b/A -0.5/B (x\(y)>>
endobj
8 0 obj
[<0000>     1 true 2.0]
endobj
xref
0 1
0000000003 65535 f 
3 1
0000000006 00001 f 
5 2
%010d 00000 n 
0000000000 00001 f 
8 1
%010d 00000 n 
trailer
`, at, at+strings.Index(string(more[1:]), "8 0 obj"))
	if got := string(more[:bytes.Index(more, []byte("<</ID"))]); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	first := mustOpen(t, append(data, more...)).Revisions()[0]
	if first.Mark != int64(len(data)) || first.End != int64(len(data))+1 {
		t.Errorf("the first revision ends at %d, its line at %d", first.Mark, first.End)
	}
}
