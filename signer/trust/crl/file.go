package crl

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"time"
)

// ID is what a list knows a certificate by.
type ID struct {
	Issuer []byte // DER of the name
	Serial []byte // contents of the INTEGER, as short as can be
}

// IDOf gives what lists know a certificate by.
func IDOf(c *x509.Certificate) ID {
	serial := c.SerialNumber.Bytes()
	if c.SerialNumber.Sign() >= 0 && (len(serial) == 0 || serial[0] >= 0x80) {
		serial = append([]byte{0}, serial...)
	}
	if c.SerialNumber.Sign() < 0 { // two's complement; authorities that do this are few
		serial = negative(c)
	}
	return ID{Issuer: c.RawIssuer, Serial: serial}
}

// minimal cuts octets off an INTEGER that say nothing, which DER forbids and some write.
func minimal(n []byte) []byte {
	for len(n) > 1 && (n[0] == 0 && n[1] < 0x80 || n[0] == 0xff && n[1] >= 0x80) {
		n = n[1:]
	}
	return n
}

// A file is: the magic, the length of the description, the description in JSON, the
// SHA-256 of description and records, the records sorted by key, and the list in DER.
const (
	magic    = "congvan CRL 1\n\x00\x00"
	keySize  = 20
	record   = keySize + 8 + 8 + 1 // key, revoked, invalid (both Unix seconds), reason
	preamble = len(magic) + 4
	maxHead  = 1 << 20
	noMoment = math.MinInt64
	sumSize  = sha256.Size
)

// About is what is kept with a list in its file.
type About struct {
	Head    Head
	Issuer  []byte    // certificate, in DER, whose key the signature was verified with
	Under   []byte    // certificate of the authority whose certificates it is looked up for, in DER
	URL     string    // where it came from
	Fetched time.Time // when
	Size    int64     // of the list
}

// key is what a record is found by: a digest, so that numbers of any length and of
// several issuers take the same room.
func (id ID) key() (k [keySize]byte) {
	h := sha256.New()
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(id.Issuer)))
	h.Write(n[:])
	h.Write(id.Issuer)
	h.Write(id.Serial)
	copy(k[:], h.Sum(nil))
	return k
}

// Write writes a list as a file that Open reads.
func Write(w io.Writer, l *List, a About) error {
	a.Head, a.Size = l.Head, int64(len(l.DER))
	head, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("crl: describe: %w", err)
	}
	records, err := l.records()
	if err != nil {
		return err
	}
	length := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(head)))
	sum := sha256.New()
	sum.Write(head)
	sum.Write(records)
	for _, part := range [][]byte{length, head, sum.Sum(nil), records, l.DER} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("crl: write: %w", err)
		}
	}
	return nil
}

// row is a record as it stands in the file.
type row [record]byte

// records sorts the entries by key; of several for one certificate the earliest comes first.
func (l *List) records() ([]byte, error) {
	all := make([]row, 0, l.Entries)
	err := l.Each(func(e Entry) bool {
		all = append(all, encode(e))
		return true
	})
	slices.SortFunc(all, func(a, b row) int { return bytes.Compare(a[:], b[:]) })
	flat := make([]byte, 0, len(all)*record)
	for i := range all {
		flat = append(flat, all[i][:]...)
	}
	return flat, err
}

func encode(e Entry) (r row) {
	k := ID{e.Issuer, minimal(e.Serial)}.key()
	copy(r[:], k[:])
	binary.BigEndian.PutUint64(r[keySize:], uint64(e.Revoked.Unix()))
	invalid := int64(noMoment)
	if !e.Invalid.IsZero() {
		invalid = e.Invalid.Unix()
	}
	binary.BigEndian.PutUint64(r[keySize+8:], uint64(invalid))
	r[keySize+16] = byte(e.Reason)
	return r
}

// File is a list in a file.
type File struct {
	About

	r     io.ReaderAt
	table int64 // where the records begin
}

// Open reads a file's description. It does not read the records; Verify does.
func Open(r io.ReaderAt, size int64) (*File, error) {
	start := make([]byte, preamble)
	if _, err := r.ReadAt(start, 0); err != nil || !bytes.HasPrefix(start, []byte(magic)) {
		return nil, fmt.Errorf("%w: not a file of this program", ErrMalformed)
	}
	length := int64(binary.BigEndian.Uint32(start[len(magic):]))
	if length > maxHead {
		return nil, ErrTooLarge
	}
	head := make([]byte, length)
	if _, err := r.ReadAt(head, int64(preamble)); err != nil {
		return nil, fmt.Errorf("%w: cut off", ErrMalformed)
	}
	f := &File{r: r, table: int64(preamble) + length + sumSize}
	if err := json.Unmarshal(head, &f.About); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if f.Head.Entries < 0 || f.Head.Entries > MaxSize || f.Size < 0 || f.Size > MaxSize || f.end() != size {
		return nil, fmt.Errorf("%w: cut off", ErrMalformed)
	}
	return f, nil
}

// derAt is where the list itself begins.
func (f *File) derAt() int64 { return f.table + int64(f.Head.Entries)*record }
func (f *File) end() int64   { return f.derAt() + f.Size }

// Verify reads all of the file and says whether it is as it was written.
func (f *File) Verify() error {
	h := sha256.New()
	headAt := int64(preamble)
	if _, err := io.Copy(h, io.NewSectionReader(f.r, headAt, f.table-sumSize-headAt)); err != nil {
		return fmt.Errorf("crl: read: %w", err)
	}
	if _, err := io.Copy(h, io.NewSectionReader(f.r, f.table, f.derAt()-f.table)); err != nil {
		return fmt.Errorf("crl: read: %w", err)
	}
	want := make([]byte, sumSize)
	if _, err := f.r.ReadAt(want, f.table-sumSize); err != nil {
		return fmt.Errorf("crl: read: %w", err)
	}
	list := sha256.New()
	if _, err := io.Copy(list, io.NewSectionReader(f.r, f.derAt(), f.Size)); err != nil {
		return fmt.Errorf("crl: read: %w", err)
	}
	if !bytes.Equal(h.Sum(nil), want) || !bytes.Equal(list.Sum(nil), f.Head.SHA256) {
		return fmt.Errorf("%w: damaged", ErrMalformed)
	}
	return nil
}

// DER reads the list itself.
func (f *File) DER() ([]byte, error) {
	der := make([]byte, f.Size)
	if n, err := f.r.ReadAt(der, f.derAt()); n < len(der) {
		return nil, fmt.Errorf("crl: read: %w", err)
	}
	return der, nil
}

// Find looks a certificate up. Its Entry has neither Issuer nor Serial.
func (f *File) Find(id ID) (Entry, bool, error) {
	k := id.key()
	var r row
	var failed error
	read := func(i int) bool {
		if failed == nil {
			_, failed = f.r.ReadAt(r[:], f.table+int64(i)*record)
		}
		return failed == nil
	}
	i := sort.Search(f.Head.Entries, func(i int) bool { return !read(i) || bytes.Compare(r[:keySize], k[:]) >= 0 })
	found := failed == nil && i < f.Head.Entries && read(i) && bytes.Equal(r[:keySize], k[:])
	if failed != nil {
		return Entry{}, false, fmt.Errorf("crl: read: %w", failed)
	}
	if !found {
		return Entry{}, false, nil
	}
	return decode(r[keySize:]), true, nil
}

func decode(b []byte) Entry {
	e := Entry{Revoked: time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC(), Reason: int(b[16])}
	if at := int64(binary.BigEndian.Uint64(b[8:])); at != noMoment {
		e.Invalid = time.Unix(at, 0).UTC()
	}
	return e
}

// negative writes a number below zero in two's complement.
func negative(c *x509.Certificate) []byte {
	magnitude := c.SerialNumber.Bytes()
	slices.Reverse(magnitude)
	carry := byte(1)
	for i := range magnitude {
		magnitude[i] = ^magnitude[i] + carry
		if magnitude[i] != 0 {
			carry = 0
		}
	}
	magnitude = append(magnitude, 0xff)
	slices.Reverse(magnitude)
	return minimal(magnitude)
}
