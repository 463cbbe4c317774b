package schemas

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"congvan/schemas/edxml"
)

// The engine and libxml2 must give the same verdict on every document: each
// fixture, and each fixture with one thing changed in every element.
func TestEngineAgreesWithXmllint(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal("xmllint is missing; it is the referee of the schemas. Install it: apt-get install libxml2-utils")
	}
	for _, c := range []struct {
		kind    edxml.Kind
		pattern string
	}{{edxml.KindDocument, "letter_*.xml"}, {edxml.KindStatus, "status_*.xml"}} {
		t.Run(string(c.kind), func(t *testing.T) {
			dir := t.TempDir()
			documents := map[string][]byte{}
			for _, name := range fixtures(t, c.pattern) {
				base := readFixture(t, name)
				documents[name+"-as-is"] = base
				if slices.Contains([]string{"letter_wrong.xml", "letter_secret.xml", "letter_recall.xml", "status_02_no_reason.xml"}, name) {
					continue // near copies of others
				}
				for how, mutant := range mutants(t, base) {
					documents[name+"-"+how] = mutant
				}
			}
			compare(t, xmllint, dir, schemaFile(c.kind), documents)
		})
	}
}

func compare(t *testing.T, xmllint, dir, schema string, documents map[string][]byte) {
	t.Helper()
	e, err := newStreamEngine(schema)
	if err != nil {
		t.Fatal(err)
	}
	writeSchemas(t, dir)
	valid, invalid := 0, 0
	verdicts := referee(t, xmllint, dir, schema, documents)
	for name, document := range documents {
		found := e.check(document)
		if len(found) == 0 {
			valid++
		} else {
			invalid++
		}
		if got, want := len(found) == 0, verdicts[name]; got != want {
			t.Errorf("%s: the engine says valid=%v (%v), xmllint says %v\n%s", name, got, found, want, document)
		}
	}
	t.Logf("%s: %d valid, %d invalid documents judged alike", schema, valid, invalid)
	if valid < 50 || invalid < 50 {
		t.Errorf("only %d valid and %d invalid documents: the comparison says little", valid, invalid)
	}
}

// referee runs xmllint and gives which documents it finds valid.
func referee(t *testing.T, xmllint, dir, schema string, documents map[string][]byte) map[string]bool {
	t.Helper()
	names := make([]string, 0, len(documents))
	for name := range documents {
		names = append(names, name)
		if err := os.WriteFile(filepath.Join(dir, name), documents[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verdicts := map[string]bool{}
	for batch := range slices.Chunk(names, 300) {
		args := append([]string{"--noout", "--nonet", "--schema", "xsd/" + schema}, batch...)
		cmd := exec.CommandContext(t.Context(), xmllint, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput() // fails when a document does
		judged := 0
		for line := range strings.Lines(string(out)) {
			name, isValid := strings.CutSuffix(strings.TrimSpace(line), " validates")
			if isValid {
				verdicts[name] = true
				judged++
			}
			if strings.HasSuffix(strings.TrimSpace(line), " fails to validate") {
				judged++
			}
		}
		if judged == 0 {
			t.Fatalf("xmllint judged nothing: %v\n%.2000s", err, out)
		}
	}
	return verdicts
}

func writeSchemas(t *testing.T, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
}

// extent is where an element and its content lie in a document.
type extent struct {
	name                          string
	start, inside, insideEnd, end int
	leaf                          bool
	parent                        int
}

// extents finds all elements with the standard library's decoder.
func extents(t *testing.T, document []byte) []extent {
	t.Helper()
	document = bytes.TrimPrefix(document, []byte("\ufeff"))
	d := xml.NewDecoder(bytes.NewReader(document))
	var all []extent
	var open []int
	for {
		before := int(d.InputOffset())
		tok, err := d.RawToken()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e := extent{name: tok.Name.Local, start: before, inside: int(d.InputOffset()), leaf: true, parent: -1}
			if len(open) > 0 {
				e.parent = open[len(open)-1]
				all[e.parent].leaf = false
			}
			open = append(open, len(all))
			all = append(all, e)
		case xml.EndElement:
			i := open[len(open)-1]
			open = open[:len(open)-1]
			all[i].insideEnd, all[i].end = before, int(d.InputOffset())
		}
	}
}

// mutants changes one thing in each element.
func mutants(t *testing.T, document []byte) map[string][]byte {
	t.Helper()
	document = bytes.TrimPrefix(document, []byte("\ufeff"))
	out := map[string][]byte{}
	all := extents(t, document)
	for i, e := range all {
		put := func(how string, from, to int, text string) {
			out[fmt.Sprintf("%03d-%s-%s", i, e.name, how)] = slices.Concat(document[:from], []byte(text), document[to:])
		}
		whole := string(document[e.start:e.end])
		if e.inside == e.end { // <x/>
			continue
		}
		put("deleted", e.start, e.end, "")
		if i > 0 {
			put("twice", e.start, e.end, whole+whole)
		}
		put("emptied", e.inside, e.insideEnd, "")
		put("text", e.inside, e.inside, "lạc")
		put("child", e.inside, e.inside, "<la/>")
		put("alien-child", e.inside, e.inside, `<la xmlns="urn:la">x</la>`)
		put("attribute", e.inside-1, e.inside-1, ` la="1"`)
		put("alien-attribute", e.inside-1, e.inside-1, ` x:la="1" xmlns:x="urn:la"`)
		put("nil", e.inside-1, e.inside-1, ` y:nil="true" xmlns:y="http://www.w3.org/2001/XMLSchema-instance"`)
		put("renamed", e.start, e.end, strings.ReplaceAll(whole, e.name, e.name+"X"))
		if e.leaf {
			for n, value := range values() {
				put(fmt.Sprintf("value%02d", n), e.inside, e.insideEnd, value)
			}
		}
		if n := nextBrother(all, i); n >= 0 {
			b := all[n]
			put("swapped", e.start, b.end, string(document[b.start:b.end])+string(document[e.end:b.start])+whole)
		}
	}
	out["cut"] = document[:len(document)/2]
	return out
}

func nextBrother(all []extent, i int) int {
	for j := i + 1; j < len(all); j++ {
		if all[j].parent == all[i].parent {
			return j
		}
	}
	return -1
}

// values are tried in every leaf.
func values() []string {
	return []string{
		"0", "1", "4", "5", "6", "00", "01", "16", "17", "-1", "1.5", "1234567890", "true", "True", "TRUE",
		"2026/03/05", " 2026/03/05 ", "\n2026/03/05\n", "2026/13/05", "2026/02/30", "2026-03-05", "5/3/2026",
		"2026/03/05 08:15:00", "2026/03/05 24:00:00", "2026/03/05  08:15:00", "Đã đến", "null", "\u00a0", "&#x31;", "<![CDATA[1]]>",
		"JVBERi0=", "JVBE\r\nRi0=", "không", "<!-- x -->1",
	}
}

func fixtures(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures %s: %v", pattern, err)
	}
	for i, p := range paths {
		paths[i] = filepath.Base(p)
	}
	return paths
}

func readFixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What libxml2 would follow, our engine refuses.
func TestEngineRefusesDoctype(t *testing.T) {
	e, err := newStreamEngine("status.xsd")
	if err != nil {
		t.Fatal(err)
	}
	document := bytes.Replace(readFixture(t, "status_03.xml"), []byte("?>"),
		[]byte(`?><!DOCTYPE edXML [<!ENTITY a "x">]>`), 1)
	found := e.check(document)
	if len(found) != 1 || found[0].kind != violatesXML {
		t.Errorf("a document with a DOCTYPE gives %v, want one violation of XML", found)
	}
}

// The limits hold, and each is told as one.
func TestEngineLimits(t *testing.T) {
	e, err := newStreamEngine("status.xsd")
	if err != nil {
		t.Fatal(err)
	}
	base := string(readFixture(t, "status_03.xml"))
	for name, document := range map[string]string{
		"depth":      strings.Replace(base, "<edXML:edXMLHeader>", "<edXML:edXMLHeader>"+strings.Repeat("<a xmlns='urn:a'>", 80)+strings.Repeat("</a>", 80), 1),
		"text":       strings.Replace(base, "Văn thư đã", strings.Repeat("x", maxText+1), 1),
		"attributes": strings.Replace(base, "<edXML:edXMLHeader>", "<edXML:edXMLHeader"+manyAttributes(maxAttributes+1)+">", 1),
		"size":       base + strings.Repeat(" ", maxSkeleton),
	} {
		found := e.check([]byte(document))
		if !slices.ContainsFunc(found, func(v violation) bool { return v.kind == violatesLimit }) {
			t.Errorf("%s: found %v, want a limit", name, found)
		}
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="1"`, i)
	}
	return b.String()
}
