package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"congvan/gateway/api"
)

// contract holds every exchange that goes through it to openapi.yaml. OpenAPI 3.1's
// schemas are JSON Schema 2020-12, so a plain JSON Schema validator checks them.
type contract struct {
	t        testing.TB
	document map[string]any
	compiler *jsonschema.Compiler
	next     http.RoundTripper

	mu   sync.Mutex
	seen map[string]int // "operationId status"
}

const documentURL = "https://congvan.example/openapi.json"

func newContract(t testing.TB) *contract {
	t.Helper()
	var tree map[string]any
	if err := yaml.Unmarshal(api.Document, &tree); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{t: t, document: value.(map[string]any), compiler: jsonschema.NewCompiler(), seen: map[string]int{}, next: &http.Transport{}}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(documentURL, value); err != nil {
		t.Fatal(err)
	}
	return c
}

// node is a place in the document: a value and the pointer to it, references followed.
type node struct {
	c       *contract
	pointer string
	value   any
}

func (c *contract) root() node { return node{c, "", c.document} }

// at goes one step down; a missing step gives a node without value.
func (n node) at(name string) node {
	m, _ := n.value.(map[string]any)
	return node{n.c, n.pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name), m[name]}.follow()
}

func (n node) follow() node {
	m, _ := n.value.(map[string]any)
	ref, ok := m["$ref"].(string)
	if !ok || len(m) > 1 { // a schema beside its $ref is the validator's to read
		return n
	}
	out := n.c.root()
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		out = out.at(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return out
}

func (n node) names() []string {
	m, _ := n.value.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

func (n node) text() string { s, _ := n.value.(string); return s }

// check holds a value to the schema at this node.
func (n node) check(value any) error {
	n.c.mu.Lock()
	schema, err := n.c.compiler.Compile(documentURL + "#" + n.pointer)
	n.c.mu.Unlock()
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// operation finds the operation that a request belongs to, with the path's template.
func (c *contract) operation(r *http.Request) (item, operation node, found bool) {
	paths := c.root().at("paths")
	best := ""
	for _, template := range paths.names() {
		if fits(template, r.URL.EscapedPath()) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template // a literal beats a parameter
		}
	}
	if best == "" {
		return node{}, node{}, false
	}
	item = paths.at(best)
	operation = item.at(strings.ToLower(r.Method))
	return item, operation, operation.value != nil
}

func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], "{") || got[i] == "") {
			return false
		}
	}
	return true
}

// RoundTrip implements http.RoundTripper.
func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent bytes.Buffer
	if r.Body != nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		sent.Write(data)
		r.Body = io.NopCloser(bytes.NewReader(data))
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil {
		if err := c.holds(r, sent.Bytes(), resp, body); err != nil {
			c.t.Errorf("%s %s: %d: %v\n%s", r.Method, r.URL, resp.StatusCode, err, body)
		}
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	return resp, nil
}

// failing ends a body as the network did.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

func (c *contract) holds(r *http.Request, sent []byte, resp *http.Response, body []byte) error {
	item, operation, found := c.operation(r)
	if !found {
		if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
			return fmt.Errorf("no such operation in the document")
		}
		return c.root().at("components").at("responses").at("Problem").holdsAnswer(resp, body)
	}
	id := operation.at("operationId").text()
	answer := operation.at("responses").at(strconv.Itoa(resp.StatusCode))
	if answer.value == nil {
		answer = operation.at("responses").at("default")
	} else {
		c.mu.Lock()
		c.seen[id+" "+strconv.Itoa(resp.StatusCode)]++
		c.mu.Unlock()
	}
	if resp.StatusCode/100 == 2 {
		if err := holdsRequest(item, operation, r, sent); err != nil {
			return fmt.Errorf("accepted a request that the document forbids: %w", err)
		}
	}
	return answer.holdsAnswer(resp, body)
}

// holdsRequest checks parameters and a JSON body against the document.
func holdsRequest(item, operation node, r *http.Request, sent []byte) error {
	declared := map[string]node{}
	for _, owner := range []node{item, operation} {
		list, _ := owner.at("parameters").value.([]any)
		for i := range list {
			p := node{owner.c, owner.pointer + "/parameters/" + strconv.Itoa(i), list[i]}.follow()
			declared[p.at("in").text()+" "+p.at("name").text()] = p
		}
	}
	for name, values := range r.URL.Query() {
		p, ok := declared["query "+name]
		if !ok {
			return fmt.Errorf("parameter %s is not in the document", name)
		}
		if err := p.at("schema").check(typed(p.at("schema"), values)); err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	content := operation.at("requestBody").at("content")
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if content.value == nil {
		return nil
	}
	if content.at(kind).value == nil {
		return fmt.Errorf("request of type %q", kind)
	}
	if kind != "application/json" {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(sent))
	if err != nil {
		return err
	}
	return content.at(kind).at("schema").check(value)
}

// typed gives a parameter's text the type that its schema speaks of.
func typed(schema node, values []string) any {
	switch schema.at("type").text() {
	case "integer":
		return json.Number(values[0])
	case "array":
		out := make([]any, len(values))
		for i, v := range values {
			out[i] = v
		}
		return out
	}
	return values[0]
}

// holdsAnswer checks an answer's headers, type and body.
func (n node) holdsAnswer(resp *http.Response, body []byte) error {
	if n.value == nil {
		return fmt.Errorf("status %d is not in the document", resp.StatusCode)
	}
	for _, name := range n.at("headers").names() {
		got := resp.Header.Get(name)
		if err := n.at("headers").at(name).at("schema").check(got); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
	}
	content := n.at("content")
	kind := resp.Header.Get("Content-Type")
	if content.value == nil {
		if len(body) > 0 || kind != "" {
			return fmt.Errorf("a body of type %q where there should be none", kind)
		}
		return nil
	}
	media := content.at(kind)
	if media.value == nil {
		if media = content.at("*/*"); media.value == nil {
			return fmt.Errorf("answer of type %q", kind)
		}
	}
	if media.at("schema").value == nil || resp.Request.Method == http.MethodHead {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return media.at("schema").check(value)
}

// operations lists "METHOD /path" of the document.
func (c *contract) operations() map[string]node {
	out := map[string]node{}
	paths := c.root().at("paths")
	for _, path := range paths.names() {
		for _, method := range paths.at(path).names() {
			if method != "parameters" {
				out[strings.ToUpper(method)+" "+path] = paths.at(path).at(method)
			}
		}
	}
	return out
}
