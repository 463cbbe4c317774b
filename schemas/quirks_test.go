package schemas_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"congvan/schemas"
)

// TestEveryQuirkHasAReason reads the names from the source, so that a new one cannot be forgotten.
func TestEveryQuirkHasAReason(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "edxml/quirk.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Quirk") {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		count++
		if r, ok := schemas.QuirkReason(name); !ok || r.Vi == "" || r.En == "" {
			t.Errorf("%s: no reason in both languages", name)
		}
		return true
	})
	if count == 0 {
		t.Error("no quirk was found in the source")
	}
	if _, ok := schemas.QuirkReason("no-such-quirk"); ok {
		t.Error("a reason for what is no quirk")
	}
}
