package edxml

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Content is the file in an attachment. Read it to its end: limits and check sum
// are enforced on the way, and until io.EOF nothing about it is certain.
type Content struct {
	io.ReadCloser
	Name    string // made from AttachmentName alone, see DisplayName
	Wrapped bool   // it travelled in a one-entry ZIP
	Size    int64  // bytes; when Wrapped, as the ZIP claims
	Quirks  []Quirk
}

// ZIP errors. An attachment that gives one is to be refused.
var (
	// ErrZipBomb: unwrapping would pass a limit. It is an ErrTooLarge too.
	ErrZipBomb = fmt.Errorf("edxml: ZIP expands too far: %w", ErrTooLarge)
	// ErrZipEntries: more entries than the limit. It is an ErrTooLarge too.
	ErrZipEntries = fmt.Errorf("edxml: ZIP has too many entries: %w", ErrTooLarge)
	// ErrZipEncrypted: the entry is encrypted. It is an ErrMalformed too.
	ErrZipEncrypted = fmt.Errorf("edxml: ZIP entry is encrypted: %w", ErrMalformed)
	// ErrZipDamaged: the entry does not unpack. It is an ErrMalformed too.
	ErrZipDamaged = fmt.Errorf("edxml: ZIP entry is damaged: %w", ErrMalformed)
)

// zipMagic begins every ZIP file with an entry.
const zipMagic = "PK\x03\x04"

// ratioFrom is the unwrapped size below which no ratio is suspicious.
const ratioFrom = 1 << 20

// MayBeWrapped says, from the first bytes and the labels alone, whether
// OpenContent has to look into a ZIP. When it says false, the file is the
// payload, byte for byte.
func MayBeWrapped(a Attachment, payload io.ReaderAt, size int64) bool {
	if !startsZip(payload, size) {
		return false
	}
	return isLabelledZip(a) || !isZipBased(extension(a.Name))
}

// OpenContent gives the file in an attachment. Most types travel in a ZIP with one
// entry: it is unwrapped when the attachment's type is application/zip and its
// name is not *.zip, and also, since mislabelled ones occur, when the payload
// is a ZIP with exactly one entry whatever its type, unless the name's
// extension belongs to a format that is itself a ZIP. Everything else is given
// as it is. The entry's own name is never used.
func OpenContent(a Attachment, payload io.ReaderAt, size int64, limits ZipLimits) (*Content, error) {
	limits = limits.orDefault()
	raw := &Content{
		ReadCloser: io.NopCloser(io.NewSectionReader(payload, 0, size)),
		Name:       DisplayName(a.Name), Size: size,
	}
	if !MayBeWrapped(a, payload, size) {
		if isLabelledZip(a) && size > 0 {
			raw.odd(QuirkZipNotWrapped)
		}
		return raw, nil
	}
	files, err := zipFiles(payload, size, limits)
	switch {
	case errors.Is(err, zip.ErrFormat) && !isLabelledZip(a):
		raw.odd(QuirkZipUnreadable)
		return raw, nil
	case errors.Is(err, ErrZipEntries) && !isLabelledZip(a):
		return raw, nil
	case err != nil:
		return nil, err
	case len(files) != 1:
		if isLabelledZip(a) {
			raw.odd(QuirkZipNotWrapped)
		}
		return raw, nil
	}
	return unwrap(a, raw, files[0], limits)
}

// unwrap opens the one entry.
func unwrap(a Attachment, c *Content, f *zip.File, limits ZipLimits) (*Content, error) {
	switch {
	case f.Flags&1 != 0:
		return nil, ErrZipEncrypted
	case f.UncompressedSize64 > uint64(limits.Size):
		return nil, ErrZipBomb
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrZipDamaged, err)
	}
	if !isLabelledZip(a) {
		c.odd(QuirkZipMislabelled)
	}
	if extension(f.Name) != extension(a.Name) {
		c.odd(QuirkZipAlienEntry)
	}
	most := limits.Size
	if packed := int64(f.CompressedSize64); packed < most/limits.Ratio {
		most = max(packed*limits.Ratio, ratioFrom)
	}
	c.ReadCloser = &boundedEntry{ReadCloser: r, left: min(most, limits.Size)}
	c.Wrapped, c.Size = true, int64(f.UncompressedSize64)
	return c, nil
}

func (c *Content) odd(name string) {
	c.Quirks = append(c.Quirks, Quirk{Name: name, Path: "/edXML/AttachmentEncoded/Attachment"})
}

// boundedEntry stops an entry that gives more than it may.
type boundedEntry struct {
	io.ReadCloser
	left int64
}

func (b *boundedEntry) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrZipBomb
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", ErrZipDamaged, err)
	}
	return n, err
}

func startsZip(payload io.ReaderAt, size int64) bool {
	var magic [len(zipMagic)]byte
	if size < int64(len(magic)) {
		return false
	}
	n, _ := payload.ReadAt(magic[:], 0)
	return string(magic[:n]) == zipMagic
}

// isLabelledZip says whether the labels alone demand unwrapping.
func isLabelledZip(a Attachment) bool {
	t, _, _ := strings.Cut(strings.ToLower(a.ContentType), ";")
	t = strings.TrimSpace(t)
	return (t == "application/zip" || t == "application/x-zip-compressed") && extension(a.Name) != "zip"
}

// isZipBased knows the file formats that are ZIPs themselves.
func isZipBased(ext string) bool {
	switch ext {
	case "zip", "docx", "xlsx", "pptx", "docm", "xlsm", "odt", "ods", "odp", "jar", "epub":
		return true
	}
	return false
}

// zipFiles reads a ZIP's directory within bounds. The standard reader allocates by
// what the directory claims and reads as far as it goes, so the claim is
// checked first and the reading is bounded.
func zipFiles(payload io.ReaderAt, size int64, limits ZipLimits) ([]*zip.File, error) {
	if err := checkDirectory(payload, size, limits); err != nil {
		return nil, err
	}
	budget := &budgetReader{r: payload, left: 1<<20 + int64(limits.Entries)*1024}
	z, err := zip.NewReader(budget, size)
	switch {
	case budget.left < 0:
		return nil, ErrZipEntries
	case errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: %w", ErrZipDamaged, zip.ErrFormat)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, fmt.Errorf("edxml: read attachment: %w", err)
	case len(z.File) > limits.Entries:
		return nil, ErrZipEntries
	}
	budget.left = 1 << 62 // from here on the entry's own bounds count
	return entries(z.File), nil
}

// entries leaves the folders out.
func entries(files []*zip.File) (kept []*zip.File) {
	for _, f := range files {
		if !strings.HasSuffix(f.Name, "/") {
			kept = append(kept, f)
		}
	}
	return kept
}

// checkDirectory reads the number of entries from the end record.
func checkDirectory(payload io.ReaderAt, size int64, limits ZipLimits) error {
	const record = 22
	tail := make([]byte, min(size, record+1<<16))
	if n, err := payload.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		return fmt.Errorf("edxml: read attachment: %w", err)
	}
	at := strings.LastIndex(string(tail), "PK\x05\x06")
	if at < 0 || len(tail)-at < record {
		return fmt.Errorf("%w: %w", ErrZipDamaged, zip.ErrFormat)
	}
	end := tail[at:]
	const zip64 = 1<<32 - 1 // "see the 64-bit record": no attachment is that large
	if binary.LittleEndian.Uint32(end[12:]) == zip64 || binary.LittleEndian.Uint32(end[16:]) == zip64 {
		return fmt.Errorf("%w: %w", ErrZipDamaged, zip.ErrFormat)
	}
	if int(binary.LittleEndian.Uint16(end[10:])) > limits.Entries {
		return ErrZipEntries
	}
	return nil
}

// budgetReader fails once more than its budget has been read.
type budgetReader struct {
	r    io.ReaderAt
	left int64
}

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, ErrZipEntries
	}
	return b.r.ReadAt(p, off)
}
