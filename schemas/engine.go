package schemas

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"sync"

	"github.com/jacoelho/xsd"
	"github.com/jacoelho/xsd/xsderrors"

	"congvan/schemas/edxml"
)

// files holds our schemas. They compile with any XML Schema 1.0 processor.
//
//go:embed xsd/*.xsd
var files embed.FS

// Limits of one validation. The splitter has bounded the skeleton before; these
// are the second wall, above its walls and far above any honest envelope (5 KB).
const (
	maxSkeleton   = 8 << 20
	maxText       = 4 << 20
	maxDepth      = 72
	maxAttributes = 160
	maxViolations = 100
)

// engine applies a schema to a document.
type engine interface {
	// check gives what violates the schema, in document order, nothing when the
	// document is valid. It may be called concurrently. A document that cannot
	// be read to its end gives the violations found up to there and why; it is
	// never reported as valid.
	check(document []byte) []violation
}

// violation is one deviation as an engine sees it.
type violation struct {
	kind    violationKind
	path    string // without indexes: /edXML/edXMLEnvelope; may be empty
	line    int    // from 1; 0 unknown
	column  int    // in bytes, from 1; 0 unknown
	message string // the engine's own words, for us, never for people
}

type violationKind string

const (
	violatesXML       violationKind = "xml"       // not well-formed, or DTD, entity, encoding
	violatesRoot      violationKind = "root"      // another root element
	violatesElement   violationKind = "element"   // path is the parent, place is the child
	violatesMissing   violationKind = "missing"   // path is the parent
	violatesValue     violationKind = "value"     // path is the element
	violatesMarkup    violationKind = "markup"    // elements within simple content
	violatesText      violationKind = "text"      // text within element content
	violatesAttribute violationKind = "attribute" // undeclared or malformed
	violatesXSI       violationKind = "xsi"       // xsi:type, xsi:nil
	violatesLimit     violationKind = "limit"
	violatesEngine    violationKind = "engine" // the engine gave up
)

// schemaFile names the schema of each kind of message.
func schemaFile(kind edxml.Kind) string {
	if kind == edxml.KindStatus {
		return "status.xsd"
	}
	return "document.xsd"
}

// streamEngine is the engine of github.com/jacoelho/xsd. Sessions keep its
// scratch buffers between documents.
type streamEngine struct {
	sessions sync.Pool // of *xsd.Session
}

// newStreamEngine compiles one of the embedded schemas.
func newStreamEngine(name string) (*streamEngine, error) {
	source, err := embedded(name)
	if err != nil {
		return nil, err
	}
	compiled, err := xsd.Compile(source.WithResolver(xsd.ResolverFunc(resolveEmbedded)))
	if err != nil {
		return nil, fmt.Errorf("compile schema %s: %w", name, err)
	}
	limits := xsd.ValidateOptions{
		MaxErrors:             maxViolations,
		MaxInstanceDepth:      maxDepth,
		MaxInstanceAttributes: maxAttributes,
		MaxInstanceTextBytes:  maxText,
		MaxInstanceTokenBytes: maxText,
		MaxInstanceBytes:      maxSkeleton,
		MaxIdentityScopes:     1, // our schemas have no keys
		MaxIdentityEntries:    1000,
	}
	if _, err := compiled.NewSession(limits); err != nil {
		return nil, fmt.Errorf("limits of schema %s: %w", name, err)
	}
	e := &streamEngine{}
	e.sessions.New = func() any {
		s, err := compiled.NewSession(limits)
		if err != nil { // the same call succeeded above
			return nil
		}
		return s
	}
	return e, nil
}

func embedded(name string) (xsd.SchemaSource, error) {
	data, err := files.ReadFile("xsd/" + name)
	if err != nil {
		return xsd.SchemaSource{}, fmt.Errorf("embedded schema: %w", err)
	}
	return xsd.Bytes(name, data), nil
}

// resolveEmbedded serves xs:include from the binary; nothing else is ever read.
func resolveEmbedded(_, location string) (xsd.SchemaSource, error) {
	return embedded(location)
}

func (e *streamEngine) check(document []byte) []violation {
	session, ok := e.sessions.Get().(*xsd.Session)
	if !ok {
		return []violation{{kind: violatesEngine, message: "no session"}}
	}
	defer e.sessions.Put(session)
	err := session.Validate(bytes.NewReader(document))
	if err == nil {
		return nil
	}
	var out []violation
	for _, one := range xsderrors.Flatten(err) {
		out = append(out, toViolation(one))
	}
	return out
}

func toViolation(err error) violation {
	var x *xsderrors.Error
	if !errors.As(err, &x) {
		return violation{kind: violatesEngine, message: err.Error()}
	}
	v := violation{kind: kindOf(x), path: x.Path(), line: x.Line(), column: x.Column(), message: x.Message()}
	if v.message == "" && x.Cause() != nil {
		v.message = x.Cause().Error()
	}
	return v
}

func kindOf(x *xsderrors.Error) violationKind {
	switch x.Code() {
	case xsderrors.CodeValidationXML, xsderrors.CodeUnsupportedDTD, xsderrors.CodeUnsupportedEntity,
		xsderrors.CodeUnsupportedExternal, xsderrors.CodeUnsupportedNonUTF8, xsderrors.CodeUnsupportedXML11:
		return violatesXML
	case xsderrors.CodeValidationRoot:
		return violatesRoot
	case xsderrors.CodeValidationElement:
		return violatesElement
	case xsderrors.CodeValidationContent:
		return contentKind(x.Message())
	case xsderrors.CodeValidationFacet:
		return violatesValue
	case xsderrors.CodeValidationText:
		return violatesText
	case xsderrors.CodeValidationAttribute:
		return violatesAttribute
	case xsderrors.CodeValidationType, xsderrors.CodeValidationNil, xsderrors.CodeUnsupportedSchemaHint:
		return violatesXSI
	case xsderrors.CodeValidationLimit:
		return violatesLimit
	}
	return violatesEngine
}

// contentKind splits the engine's one code for content: a child is missing, or
// there are children where only text may stand.
func contentKind(message string) violationKind {
	if message == "missing required child element" {
		return violatesMissing
	}
	return violatesMarkup
}
