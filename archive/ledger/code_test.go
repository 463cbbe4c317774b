package ledger

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Every code has words in both languages.
func TestEveryCodeHasWords(t *testing.T) {
	texts := findingTexts()
	for code, text := range errorTexts() {
		texts[code] = text
	}
	found := 0
	for _, file := range []string{"code.go", "finding.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				found++
				text := Describe(Code(strings.Trim(literal.Value, `"`)))
				if text.Vi == "" || text.En == "" || text.Vi == text.En {
					t.Errorf("%s has no words", literal.Value)
				}
			}
			return true
		})
	}
	if found != len(texts) || found < 30 {
		t.Errorf("%d codes, %d texts", found, len(texts))
	}
}
