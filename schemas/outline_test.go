package schemas

import (
	"strings"
	"testing"
)

const outlined = `<?xml version="1.0"?><!-- <no> -->
<a x=">" y='</a>'>
  <p:b/><b
  >t</b>
  <c><![CDATA[<b>]]><?pi <b>?><b/></c><ă/>
 Đ <b></b>
</a>`

func TestOutline(t *testing.T) {
	o := newOutline([]byte(outlined))
	want := map[string][2]int{
		"/a": {2, 1}, "/a/b[1]": {3, 3}, "/a/b[2]": {3, 9}, "/a/c": {5, 3}, "/a/c/b": {5, 31}, "/a/ă": {5, 39}, "/a/b[3]": {6, 4},
	}
	if len(o.nodes) != len(want) {
		t.Errorf("%d nodes, want %d", len(o.nodes), len(want))
	}
	for i := range o.nodes {
		path := o.path(i)
		line, column := o.lineColumn(o.nodes[i].offset)
		if got := [2]int{line, column}; got != want[path] {
			t.Errorf("%s at %v, want %v", path, got, want[path])
		}
		if at, whole := o.find(path); at != i || !whole {
			t.Errorf("find(%s) = %d, %v, want %d", path, at, whole, i)
		}
	}
	if at, whole := o.find("/a/c/d/e"); whole || o.path(at) != "/a/c" {
		t.Errorf("the nearest to /a/c/d/e is %s (%v)", o.path(at), whole)
	}
	if at, whole := o.find("/x"); whole || at != -1 {
		t.Errorf("find(/x) = %d, %v", at, whole)
	}
}

// Whatever the bytes, the outline is a forest in document order and answers.
func FuzzOutline(f *testing.F) {
	f.Add([]byte(outlined))
	f.Add([]byte("<a><b></a></b><c"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := newOutline(b)
		for i, n := range o.nodes {
			if n.parent >= i || n.offset >= len(b) || b[n.offset] != '<' {
				t.Fatalf("node %d is %+v", i, n)
			}
			if i > 50 {
				break
			}
			if at, whole := o.find(o.path(i)); whole && !strings.ContainsAny(o.path(i), "[]/") && at != i {
				t.Fatalf("%s found at %d, is %d", o.path(i), at, i)
			}
			o.lineColumn(n.offset)
		}
	})
}
