package syntax_test

import (
	"strings"
	"testing"

	"congvan/signer/pdf/syntax"
)

func TestEqual(t *testing.T) {
	one := syntax.NewStream(syntax.Dict{"A": int64(1)}, []byte("data"), false)
	for _, tc := range []struct {
		name string
		a, b syntax.Object
		want bool
	}{
		{"null", nil, nil, true},
		{"null and false", nil, false, false},
		{"integer and real", int64(2), 2.0, true},
		{"real and integer", 2.5, int64(2), false},
		{"name and string", syntax.Name("a"), syntax.String("a"), false},
		{"references", syntax.Ref{Number: 1}, syntax.Ref{Number: 1, Generation: 1}, false},
		{"arrays", syntax.Array{int64(1)}, syntax.Array{int64(1)}, true},
		{"arrays of two lengths", syntax.Array{}, syntax.Array{nil}, false},
		{"arrays in another order", syntax.Array{true, false}, syntax.Array{false, true}, false},
		{"array and number", int64(1), syntax.Array{}, false},
		{"number and dictionary", syntax.Dict{}, int64(1), false},
		{"dictionaries", syntax.Dict{"A": nil}, syntax.Dict{"B": nil}, false},
		{"dictionaries of two sizes", syntax.Dict{"A": true}, syntax.Dict{}, false},
		{"streams", one, syntax.NewStream(syntax.Dict{"A": int64(1), "Length": int64(9)}, []byte("data"), false), true},
		{"streams of other data", one, syntax.NewStream(syntax.Dict{"A": int64(1)}, []byte("date"), false), false},
		{"streams of more data", one, syntax.NewStream(syntax.Dict{"A": int64(1)}, []byte("data "), false), false},
		{"streams of other dictionaries", one, syntax.NewStream(nil, []byte("data"), false), false},
		{"stream and dictionary", one, syntax.Dict{"A": int64(1)}, false},
	} {
		if got := syntax.Equal(tc.a, tc.b); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
	copied, ok := syntax.Clone(one).(*syntax.Stream)
	if !ok || !syntax.Equal(one, copied) {
		t.Fatal("a clone is not equal")
	}
	copied.Dict["A"] = int64(2)
	if syntax.Equal(one, copied) {
		t.Error("a clone shares its dictionary")
	}
}

func TestEqualReadsStreamsOfTwoFiles(t *testing.T) {
	ref := syntax.Ref{Number: 4}
	a, _ := mustOpen(t, tabled(book())).Latest().Stream(ref)
	b, _ := mustOpen(t, packed(book())).Latest().Stream(ref)
	if !syntax.Equal(a, b) {
		t.Error("the same stream in two files is not equal")
	}
}

func TestErrorsSayWhere(t *testing.T) {
	_, err := open([]byte("%PDF-1.7\nstartxref\n5\n%%EOF"))
	if err == nil || !strings.HasPrefix(err.Error(), "pdf: offset 5: ") || !strings.HasSuffix(err.Error(), "(object-header)") {
		t.Error(err)
	}
}

func TestEscapesInStrings(t *testing.T) {
	all := book()
	all[5] = `[(\n\r\t\b\f\(\)\\\x\53\0533\
end) (a` + "\r\nb\rc\\\r\nd" + `) <4 1 4> (\777)]`
	got, err := mustOpen(t, tabled(all)).Latest().Get(syntax.Ref{Number: 5})
	want := syntax.Array{syntax.String("\n\r\t\b\f()\\x++3end"), syntax.String("a\nb\ncd"), syntax.String("A@"), syntax.String("\xFF")}
	if err != nil || !syntax.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
