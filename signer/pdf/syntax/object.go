// Package syntax reads and extends PDF files as ISO 32000-2, clause 7 (Syntax) lays
// them down: objects, cross-reference tables and streams, hybrids, object streams,
// standard encryption, and the revisions that incremental updates make.
//
// It is strict, for it reads for verifiers: what is not well-formed is an error, never
// repaired, because two readers that repair differently show two documents. It reads from an
// io.ReaderAt and holds only what it was asked for, so memory does not grow with the file.
package syntax

// Object is any PDF object: nil (null), bool, int64, float64, String, Name, Array,
// Dict, *Stream or Ref.
type Object any

// String is the bytes of a string object, decoded from its literal or hexadecimal
// form and decrypted.
type String string

// Name is a name object without its solidus, escapes decoded.
type Name string

// Array is an array object.
type Array []Object

// Dict is a dictionary object. An entry whose value is null is absent (7.3.7).
type Dict map[Name]Object

// Ref refers to an indirect object.
type Ref struct {
	Number     int
	Generation int
}
