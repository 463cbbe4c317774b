// Package canon reads XML strictly and writes its canonical form: Canonical XML 1.0
// and 1.1 and Exclusive Canonical XML 1.0, each with and without comments.
//
// It exists because the form that an XML signature covers holds the base64 text of the
// attachments, which may be gigabytes, and because what a signature is checked on must
// be read in exactly one way. So the document comes as a skeleton (everything but the
// attachments' text) with the places where text was cut out; the text is streamed into
// the canonical form from wherever it lies, and never held.
//
// The reader takes a subset of XML 1.0 that leaves nothing open to interpretation:
// UTF-8 alone, no document type declaration and so no entities but the predefined ones,
// namespaces as they must be. What it refuses cannot be canonicalised and is not signed.
package canon
