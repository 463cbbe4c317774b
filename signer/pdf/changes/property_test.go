package changes_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"congvan/signer/pdf/changes"

	"pgregory.net/rapid"
)

// Whatever is put in the place of an object that the letter makes use of, it is noticed.
func TestEveryObjectCounts(t *testing.T) {
	bodies := []string{"null", "<<>>", "[]", "42", "(text)", "/Name", "[10 0 R]", "<</Type/Page>>", "<</FT/Sig/T(x)>>", stream("", "0 0 m"), stream("/Type/ObjStm/N 0/First 0", ""), "free", "@1 <<>>"}
	softer := map[int]bool{30: true, 31: true, 43: true} // annotations and their looks, which are told as such
	for n, was := range letter() {
		if n >= 60 || n == 18 || n == 1 {
			continue // unused; empty itself; read before anything else
		}
		for _, body := range bodies {
			if body == was {
				continue
			}
			result := update(t, objects{n: body}, changes.Rules{})
			if result.Level != other && !(softer[n] && result.Level == annotations) {
				t.Errorf("object %d becomes %.40q: %s %v", n, body, result.Level, codes(result.Findings))
			}
		}
	}
}

// Any redefinition of what a page's content is made of is OTHER, whatever else comes with it.
func TestContentIsNeverAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{10, 11, 12, 13, 14, 17}).Draw(t, "object")
		body := rapid.OneOf(
			rapid.Map(rapid.StringMatching(`[A-Za-z0-9 ]{0,40}`), func(s string) string { return stream("", s) }),
			rapid.Map(rapid.StringMatching(`[A-Za-z]{1,8}`), func(s string) string { return "<</" + s + " 1>>" }),
			rapid.Map(rapid.IntRange(0, 64), func(i int) string { return fmt.Sprintf("[%d 0 R]", i) }),
		).Draw(t, "body")
		more := rapid.SampledFrom([]objects{{}, seal(), field("/Rect[300 100 400 200]/AP<</N 82 0 R>>"), proofs(), stamp("")}).Draw(t, "beside")
		p := newPDF(letter()).add(more.with(objects{n: body}), "/Root 1 0 R")
		result, err := changes.Since(p.open(t), 0, changes.Rules{})
		if err != nil || result.Level != other {
			t.Fatalf("%s %v %v", result.Level, err, codes(result.Findings))
		}
	})
}

// Nothing that adds only a signature is more than FORM_FILLING.
func TestSigningIsAlwaysAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.IntRange(260, 500).Draw(t, "x") // beside the person's signature
		y := rapid.IntRange(0, 800).Draw(t, "y")
		rect := fmt.Sprintf("/Rect[%d %d %d %d]", x, y, x+rapid.IntRange(0, 200).Draw(t, "width"), y+rapid.IntRange(0, 200).Draw(t, "height"))
		look := rapid.SampledFrom([]string{"", "/AP<</N 82 0 R>>", "/AP<</N 82 0 R>>/MK<<>>", "/DA(/F1 0 Tf)"}).Draw(t, "look")
		flags := rapid.SampledFrom([]string{"/F 4", "/F 132", ""}).Draw(t, "flags")
		name := rapid.StringMatching(`[A-Z][a-z0-9]{3,9}`).Draw(t, "name")
		o := field("")
		o[80] = "<</Type/Annot/Subtype/Widget/FT/Sig/T(" + name + ")/P 3 0 R/V 81 0 R" + rect + look + flags + ">>"
		if rapid.Bool().Draw(t, "on the second page") {
			o[80] = strings.Replace(o[80], "/P 3 0 R", "/P 4 0 R", 1)
			o[3], o[15] = letter()[3], "[31 0 R 24 0 R 98 0 R 80 0 R]"
		}
		p := newPDF(letter()).add(o, "/Root 1 0 R")
		result, err := changes.Since(p.open(t), 0, changes.Rules{})
		if err != nil || result.Level != form {
			t.Fatalf("%s %v %+v", result.Level, err, result.Findings)
		}
	})
}

// What is found does not hang on the order in which maps are walked.
func TestFindingsAreStable(t *testing.T) {
	everything := letter().with(seal())
	for n := range everything {
		if n > 2 && n < 50 && !strings.Contains(everything[n], "stream") {
			everything[n] = strings.Replace(everything[n], ">>", "/Extra 1>>", 1)
		}
	}
	first := update(t, everything, changes.Rules{})
	for range 5 {
		if again := update(t, everything, changes.Rules{}); !slices.Equal(first.Findings, again.Findings) {
			t.Fatalf("%v\n%v", codes(first.Findings), codes(again.Findings))
		}
	}
	if len(slices.Collect(maps.Keys(everything))) == 0 || first.Level != other {
		t.Error("nothing was found")
	}
}

// Whatever a revision says of an object, comparing ends with a class.
func FuzzSince(f *testing.F) {
	for n, body := range seal().with(proofs()).with(field("/Rect[1 2 3 4]")) {
		f.Add(n, body)
	}
	f.Add(2, "<</Type/Pages/Kids[2 0 R 2 0 R]/Parent 2 0 R/Count 9>>")
	f.Add(6, "<</Fields[6 0 R]/Kids[6 0 R]/DR 6 0 R>>")
	f.Add(20, "<</FT/Sig/Parent 20 0 R/Kids[20 0 R]/Rect[20 0 R 1 1 1]/AP 20 0 R>>")
	f.Fuzz(func(t *testing.T, n int, body string) {
		if n < 1 || n > 99 {
			t.Skip("not one of the letter's numbers")
		}
		p := newPDF(letter()).add(objects{n: body}, "/Root 1 0 R")
		file, err := openBytes(p.data)
		if err != nil {
			return
		}
		if result, err := changes.Since(file, 0, changes.Rules{}); err != nil || result.Level == "" {
			t.Fatalf("%v %v", result, err)
		}
	})
}
