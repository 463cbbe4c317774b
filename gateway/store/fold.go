package store

import (
	"strings"

	"congvan/gateway"
)

// foldedNames are all names an agency has or had.
func foldedNames(a *gateway.Agency) string {
	folded := gateway.Fold(a.Name)
	for _, n := range a.Names {
		if name := gateway.Fold(n.Name); !strings.Contains(folded, name) {
			folded += name
		}
	}
	return folded
}
