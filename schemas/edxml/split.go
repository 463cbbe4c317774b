package edxml

import "io"

// Limits bound what Split reads before anything is parsed. Zero fields take
// the values of DefaultLimits.
type Limits struct {
	Size        int64 // bytes of the whole message
	Skeleton    int64 // bytes of everything but the attachments' text
	Depth       int
	Elements    int
	Attributes  int // of one element
	Tag         int // bytes of one tag
	Attachments int
	Layout      int // runs of a payload's white-space layout before the original is kept instead
}

// Sink takes what Split takes apart. Payload is called once per attachment, in
// document order; Original at most once, when the message turns out not to be
// rebuildable byte for byte: Split then writes the whole original to it,
// the part already read being rebuilt from what was written before.
type Sink interface {
	Payload(index int) (PayloadFile, error)
	Original() (io.Writer, error)
}

// PayloadFile takes the decoded bytes of one attachment. ReadAt is used only
// when the original has to be rebuilt in the middle of a Split.
type PayloadFile interface {
	io.Writer
	io.ReaderAt
}

// Hasher is a PayloadFile that hashes the bytes that it takes; Split then does not
// do it a second time. Sum256 is asked for once, after the last byte.
type Hasher interface {
	PayloadFile
	Sum256() [32]byte
}

// Split is an edXML message taken apart: the skeleton (the envelope with each
// attachment's base64 text cut out) and what is needed to put it together again.
type Split struct {
	Skeleton []byte
	Payloads []Payload
	Size     int64    // bytes of the original
	SHA256   [32]byte // of the original
	// Rebuildable is false when Join cannot give the original back exactly; the
	// Sink's Original then holds it.
	Rebuildable bool
}

// Payload is one attachment's decoded bytes and where its text stood.
type Payload struct {
	Offset int64    // in the skeleton, where the base64 text was cut out
	Layout string   // compact description of the white space within the text; opaque; empty for none
	Size   int64    // decoded bytes
	SHA256 [32]byte // of the decoded bytes
}
