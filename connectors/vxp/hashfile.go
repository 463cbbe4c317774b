package vxp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"congvan/gateway"
)

// lineEnd is what clients put after the file in the body of sendEdoc.
const lineEnd = "\r\n"

// unpadded writes a digest as deployed clients do: hexadecimal byte by byte,
// without the leading zero of bytes below 0x10.
func unpadded(digest []byte) string {
	var b strings.Builder
	for _, c := range digest {
		b.WriteString(strconv.FormatUint(uint64(c), 16))
	}
	return b.String()
}

// sameDigest says whether a hash-file is a digest in either spelling.
func sameDigest(hashFile string, digest []byte) bool {
	given := strings.ToLower(strings.TrimSpace(hashFile))
	return given == hex.EncodeToString(digest) || given == unpadded(digest)
}

// fileReader gives the sender's file out of the body of sendEdoc. It holds back
// a line end until it knows whether more follows. At the end of the body the digest
// decides: when it is that of the file without the line end, the line end is dropped; when
// it is that of the whole body, it belongs to the file. Any other digest ends
// the file with CodeHashMismatch instead of io.EOF, a body that was cut off
// with CodeTruncated.
type fileReader struct {
	body io.Reader
	want string // hash-file; empty: not checked, and one line end is dropped
	sum  hash.Hash
	buf  []byte
	out  []byte // not yet given out; within buf
	held []byte // a prefix of lineEnd
	err  error  // how it ends, once out is empty
}

func newFileReader(body io.Reader, hashFile string) *fileReader {
	return &fileReader{body: body, want: hashFile, sum: sha256.New(), buf: make([]byte, 64<<10), held: make([]byte, 0, len(lineEnd))}
}

// Read implements io.Reader.
func (f *fileReader) Read(p []byte) (int, error) {
	for len(f.out) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.fill()
	}
	n := copy(p, f.out)
	f.out = f.out[n:]
	return n, nil
}

// fill reads once from the body.
func (f *fileReader) fill() {
	n := copy(f.buf, f.held)
	m, err := f.body.Read(f.buf[n:])
	data := f.buf[:n+m]
	cut := len(data) - tail(data)
	f.held = append(f.held[:0], data[cut:]...)
	f.out = data[:cut]
	f.sum.Write(f.out)
	switch {
	case errors.Is(err, io.EOF):
		f.finish()
	case err != nil:
		f.err = bodyError(err)
	}
}

// finish decides what the held line end is, and whether the digest fits.
func (f *fileReader) finish() {
	f.err = io.EOF
	stripped := len(f.held) == len(lineEnd)
	if stripped && (f.want == "" || sameDigest(f.want, f.sum.Sum(nil))) {
		return
	}
	f.sum.Write(f.held)
	f.out = append(f.out, f.held...) // room: out and held were one piece of buf
	if f.want != "" && !sameDigest(f.want, f.sum.Sum(nil)) {
		f.out = nil
		f.err = gateway.Errorf(gateway.CodeHashMismatch, prefix+paramHashFile, "body is %x", f.sum.Sum(nil))
	}
}

// tail is the length of the longest end of data that may be the beginning of a line end.
func tail(data []byte) int {
	for n := len(lineEnd); n > 0; n-- {
		if bytes.HasSuffix(data, []byte(lineEnd[:n])) {
			return n
		}
	}
	return 0
}

// bodyError says what it means that a request's body could not be read to its end.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &gateway.Error{Code: gateway.CodeTooLarge, Place: "body", Err: err}
	}
	return &gateway.Error{Code: gateway.CodeTruncated, Place: "body", Err: err}
}
