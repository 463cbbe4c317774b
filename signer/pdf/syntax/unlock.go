package syntax

import "math"

// locks is the encryption dictionary (tables 20 and 21).
type locks struct {
	v, r       int64
	bits       int64 // of the key
	o, u       []byte
	oe, ue     []byte
	perms      []byte
	p          int64
	metadata   bool
	id         []byte
	at         int64
	strF, stmF Name
	filters    map[Name]method
}

// unlock finds the key of an encrypted file.
func (f *File) unlock(password []byte) error {
	last := f.Latest()
	o := last.Trailer["Encrypt"]
	if err := f.sameEncryption(); err != nil || o == nil {
		return err
	}
	d, err := last.Dict(o)
	if err != nil {
		return err
	}
	if d == nil {
		return fail(CodeEncryption, last.section)
	}
	l, err := f.readLocks(d)
	if err != nil {
		return err
	}
	key, err := l.findKey(password)
	if err != nil {
		return err
	}
	if l.r >= 5 && !l.confirms(key) {
		f.note(OddPermissions, l.at)
	}
	f.crypt = &crypt{key: key, filters: l.filters, metadata: l.metadata}
	f.crypt.strings, f.crypt.streams = l.method(l.strF), l.method(l.stmF)
	if ref, ok := o.(Ref); ok {
		f.cryptRef = ref
	}
	f.objects.clear() // what was read so far was not decrypted
	f.packs.clear()
	return nil
}

// sameEncryption wants all revisions encrypted in the same way, or none.
func (f *File) sameEncryption() error {
	first := f.revisions[0]
	for _, r := range f.revisions[1:] {
		if !Equal(first.Trailer["Encrypt"], r.Trailer["Encrypt"]) {
			return fail(CodeEncryptChanged, r.section)
		}
		ref, ok := r.Trailer["Encrypt"].(Ref)
		if !ok {
			continue
		}
		was, _, _ := first.find(ref.Number)
		if is, _, _ := r.find(ref.Number); !is.same(was) {
			return fail(CodeEncryptChanged, r.section)
		}
	}
	return nil
}

func (f *File) readLocks(d Dict) (*locks, error) {
	r := f.Latest()
	if d["Filter"] != Name("Standard") {
		return nil, fail(CodeHandler, r.section)
	}
	g := &gather{r: r}
	l := &locks{
		v: g.int(d["V"], 0), r: g.int(d["R"], 0), bits: g.int(d["Length"], 40), p: g.int(d["P"], 0),
		o: g.bytes(d["O"]), u: g.bytes(d["U"]), oe: g.bytes(d["OE"]), ue: g.bytes(d["UE"]), perms: g.bytes(d["Perms"]),
		metadata: g.bool(d["EncryptMetadata"], true), id: g.firstID(), at: r.section,
		strF: g.name(d["StrF"]), stmF: g.name(d["StmF"]), filters: map[Name]method{},
	}
	if g.err != nil {
		return nil, failBecause(CodeEncryption, r.section, g.err)
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, l.readFilters(r, d["CF"])
}

// gather reads values and keeps the first error.
type gather struct {
	r   *Revision
	err error
}

func (g *gather) keep(err error) {
	if g.err == nil {
		g.err = err
	}
}

func (g *gather) int(o Object, usual int64) int64 {
	if o == nil {
		return usual
	}
	n, err := g.r.Int(o)
	g.keep(err)
	return n
}

func (g *gather) bool(o Object, usual bool) bool {
	if o == nil {
		return usual
	}
	b, err := g.r.Bool(o)
	g.keep(err)
	return b
}

func (g *gather) bytes(o Object) []byte {
	s, err := g.r.String(o)
	g.keep(err)
	return []byte(s)
}

func (g *gather) name(o Object) Name {
	n, err := g.r.Name(o)
	g.keep(err)
	return n
}

// firstID gives the first string of the trailer's /ID.
func (g *gather) firstID() []byte {
	id, err := g.r.Array(g.r.Trailer["ID"])
	g.keep(err)
	if len(id) == 0 {
		return nil
	}
	return g.bytes(id[0])
}

// check wants a version and revision that go together and keys of the right length.
func (l *locks) check() error {
	if l.p > math.MaxInt32 {
		l.p = int64(int32(uint32(l.p))) // some writers give the bits as an unsigned number
	}
	size := 32
	switch {
	case l.v == 1 && (l.r == 2 || l.r == 3):
		l.bits = 40
	case l.v == 2 && l.r == 3:
	case l.v == 4 && l.r == 4:
		l.bits = 128
	case l.v == 5 && (l.r == 5 || l.r == 6):
		size = 48
		if len(l.oe) != 32 || len(l.ue) != 32 || len(l.perms) != 16 {
			return fail(CodeEncryption, l.at)
		}
	default:
		return fail(CodeHandler, l.at)
	}
	if len(l.o) < size || len(l.u) < size || l.v < 5 && (l.bits < 40 || l.bits > 128 || l.bits%8 != 0) {
		return fail(CodeEncryption, l.at)
	}
	l.o, l.u = l.o[:size], l.u[:size]
	return nil
}

// readFilters reads /CF (table 25).
func (l *locks) readFilters(r *Revision, o Object) error {
	if l.v < 4 {
		return nil
	}
	all, err := r.Dict(o)
	if err != nil {
		return err
	}
	for name, o := range all {
		d, err := r.Dict(o)
		if err != nil {
			return err
		}
		switch cfm, _ := r.Name(d["CFM"]); {
		case cfm == "V2" && l.v == 4:
			l.filters[name] = methodRC4
		case cfm == "AESV2" && l.v == 4:
			l.filters[name] = methodAES128
		case cfm == "AESV3" && l.v == 5:
			l.filters[name] = methodAES256
		default:
			return fail(CodeHandler, l.at)
		}
	}
	for _, name := range []Name{l.strF, l.stmF} {
		if _, ok := l.filters[name]; !ok && name != "" && name != "Identity" {
			return fail(CodeEncryption, l.at)
		}
	}
	return nil
}

// method gives that of a crypt filter; before version 4 there is only one.
func (l *locks) method(filter Name) method {
	if l.v < 4 {
		return methodRC4
	}
	return l.filters[filter] // Identity, and none, are the zero method
}
