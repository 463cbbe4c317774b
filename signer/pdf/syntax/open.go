package syntax

import (
	"bytes"
	"io"
)

// Limits bound what a file may ask for. A zero field stands for its default.
type Limits struct {
	Objects   int   // entries in all cross-references together; 1<<20
	Revisions int   // 1,000
	Depth     int   // nesting of arrays and dictionaries; 100
	Items     int   // objects inside one indirect object; 1<<18
	Object    int64 // bytes of one indirect object without its stream; 16 MiB
	Stream    int64 // decoded bytes of a stream; 256 MiB
	Packed    int64 // decoded bytes of an object stream or cross-reference stream, which are held in memory; 16 MiB
	Pages     int   // and other nodes of a page tree; 1<<19
	Fields    int   // and other nodes of the tree of form fields; 1<<17
	Work      int64 // bytes parsed and unpacked, and nodes visited at nodeWork each, while the file is open; 256 MiB, and sixteen times the file
	Cache     int   // bytes of parsed objects that are remembered; 1 MiB
}

func (l Limits) orDefault(size int64) Limits {
	or(&l.Objects, 1<<20)
	or(&l.Revisions, 1000)
	or(&l.Depth, 100)
	or(&l.Items, 1<<18)
	or(&l.Object, 16<<20)
	or(&l.Stream, 256<<20)
	or(&l.Packed, 16<<20)
	l.Packed = min(l.Packed, 1<<30) // places in it are counted in 32 bits
	or(&l.Pages, 1<<19)
	or(&l.Fields, 1<<17)
	or(&l.Work, 256<<20+16*size)
	or(&l.Cache, 1<<20)
	return l
}

func or[T int | int64](field *T, usual T) {
	if *field == 0 {
		*field = usual
	}
}

// Options say how to open a file.
type Options struct {
	// Password opens an encrypted file, as its user or its owner. Empty for the empty user
	// password, with which most encrypted files open. In bytes of PDFDocEncoding up to
	// revision 4 of the handler, UTF-8 normalised by SASLprep from revision 5.
	Password []byte
	Limits   Limits
}

// File is an open PDF file. It is for one goroutine at a time: reading fills caches.
// Objects that it gives are shared with its cache: [Clone] them before changing them.
type File struct {
	src       *source
	limits    Limits
	header    int64 // offset of %PDF
	base      int64 // what offsets in the file are counted from: that of %PDF, or 0
	version   string
	revisions []*Revision
	owners    []owner // which revisions define which object; nil for a few revisions
	anomalies []Anomaly
	objects   *lru[place, parsed]
	packs     *lru[int64, *pack]
	work      int64           // that is left of Limits.Work
	idle      []io.ReadCloser // inflaters, to be reset
	nesting   int             // of reads that need another object to be read
	crypt     *crypt
	cryptRef  Ref // of the encryption dictionary, which is itself not encrypted
}

// packRoom is how many bytes of decoded object streams are remembered.
const packRoom = 2 << 20

// Open reads the cross-references of a file and, where it is encrypted, finds the key.
// The rest is read when it is asked for. An error is an *[Error], of kind [ErrMalformed],
// [ErrEncrypted], [ErrTooLarge], [ErrUnsupported] or [ErrRead].
func Open(r io.ReaderAt, size int64, o Options) (*File, error) {
	f := &File{src: newSource(r, size), limits: o.Limits.orDefault(size)}
	f.work = f.limits.Work
	f.objects = newLRU[place, parsed](f.limits.Cache)
	f.packs = newLRU[int64, *pack](packRoom)
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	if err := f.readRevisions(); err != nil {
		return nil, err
	}
	if err := f.unlock(o.Password); err != nil {
		return nil, err
	}
	return f, f.checkRoots()
}

// Size is the length of the file in bytes.
func (f *File) Size() int64 { return f.src.size }

// ReaderAt gives the bytes of the file as they are.
func (f *File) ReaderAt() io.ReaderAt { return f.src.r }

// Revisions gives the states the file went through by incremental updates, oldest first.
// The two sections of a linearized file are one revision, and so are a table and
// its /XRefStm.
func (f *File) Revisions() []*Revision { return f.revisions }

// Latest is the last revision: what a viewer shows.
func (f *File) Latest() *Revision { return f.revisions[len(f.revisions)-1] }

// Anomalies are the oddities found so far. Most are found by [Open], some when objects
// are read.
func (f *File) Anomalies() []Anomaly { return f.anomalies }

// Encrypted says whether the file is encrypted.
func (f *File) Encrypted() bool { return f.crypt != nil }

// Version is the version in the header, such as "1.7"; a catalog may name a later one.
func (f *File) Version() string { return f.version }

// headerRoom is where the header must start (as of every reader since Acrobat 1).
const headerRoom = 1024

// readHeader finds %PDF-n.m.
func (f *File) readHeader() error {
	const header = "%PDF-"
	head := make([]byte, min(headerRoom+int64(len(header))+3, f.src.size))
	if len(head) == 0 {
		return fail(CodeNoHeader, 0)
	}
	if err := f.peekAt(head, 0); err != nil {
		return err
	}
	at := bytes.Index(head, []byte(header))
	if at < 0 || at+8 > len(head) || !isDigit(int(head[at+5])) || head[at+6] != '.' || !isDigit(int(head[at+7])) {
		return fail(CodeNoHeader, 0)
	}
	if at > 0 {
		f.note(OddJunkBeforeHeader, 0)
	}
	f.header = int64(at)
	f.version = string(head[at+5 : at+8])
	return nil
}

// peekAt fills data from an offset by way of the blocks.
func (f *File) peekAt(data []byte, offset int64) error {
	_, err := io.ReadFull(f.src.section(offset, int64(len(data))), data)
	if err != nil {
		return failBecause(CodeRead, offset, err)
	}
	return nil
}

// checkRoots wants a catalog in each revision.
func (f *File) checkRoots() error {
	for _, r := range f.revisions {
		if _, ok := r.Trailer["Root"].(Ref); !ok {
			return fail(CodeNoRoot, r.section)
		}
	}
	if _, _, err := f.Latest().Catalog(); err != nil {
		return err
	}
	return nil
}
