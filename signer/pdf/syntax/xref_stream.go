package syntax

import (
	"math"
	"slices"
)

// stream reads a cross-reference stream (7.5.8), its trailer being its dictionary.
func (l *loader) stream(s *section) error {
	found, err := l.parseAt(s.offset, l.src.size, nil)
	if err != nil {
		return err
	}
	st, ok := found.object.(*Stream)
	if !ok || st.Dict["Type"] != Name("XRef") {
		return fail(CodeXRef, s.offset)
	}
	st.plain = true // 7.5.8.2: never encrypted
	s.trailer, s.end = st.Dict, found.end
	rows, err := newRows(st.Dict)
	if err != nil {
		return failBecause(CodeXRef, s.offset, err)
	}
	data, err := st.bytes(l.limits.Packed)
	if err != nil {
		return err
	}
	if err := l.rows(s, rows, data); err != nil {
		return err
	}
	return l.settle(s)
}

// rows describes the layout of a cross-reference stream's data.
type rows struct {
	widths [3]int
	index  []int64 // pairs of first number and count
}

func (r rows) width() int { return r.widths[0] + r.widths[1] + r.widths[2] }

func newRows(d Dict) (r rows, err error) {
	w, ok := d["W"].(Array)
	if !ok || len(w) != 3 {
		return r, fail(CodeXRef, -1)
	}
	for i, o := range w {
		n, ok := o.(int64)
		if !ok || n < 0 || n > 8 {
			return r, fail(CodeXRef, -1)
		}
		r.widths[i] = int(n)
	}
	if r.widths[1] == 0 {
		return r, fail(CodeXRef, -1)
	}
	return r, r.readIndex(d)
}

func (r *rows) readIndex(d Dict) error {
	o, ok := d["Index"]
	if !ok {
		o = Array{int64(0), d["Size"]}
	}
	index, ok := o.(Array)
	if !ok || len(index)%2 != 0 {
		return fail(CodeXRef, -1)
	}
	for _, o := range index {
		n, ok := o.(int64)
		if !ok || n < 0 || n > maxNumber {
			return fail(CodeXRef, -1)
		}
		r.index = append(r.index, n)
	}
	return nil
}

func (l *loader) rows(s *section, r rows, data []byte) error {
	for i := 0; i < len(r.index); i += 2 {
		first, count := r.index[i], r.index[i+1]
		if count > int64(len(data)/r.width()) {
			return fail(CodeXRef, s.offset)
		}
		if first+count > maxNumber {
			return fail(CodeXRefSize, s.offset)
		}
		s.entries = slices.Grow(s.entries, int(min(count, int64(l.left))))
		for number := first; number < first+count; number++ {
			if err := l.row(s, r, int32(number), data[:r.width()]); err != nil {
				return err
			}
			data = data[r.width():]
		}
	}
	if len(data) > 0 {
		l.odd(s, OddXRefSurplus)
	}
	return nil
}

// row reads one entry (table 18). A type that is not known is the null object, as is a
// free entry.
func (l *loader) row(s *section, r rows, number int32, data []byte) error {
	kindField := uint64(1)
	if r.widths[0] > 0 {
		kindField = field(data[:r.widths[0]])
	}
	data = data[r.widths[0]:]
	second, third := field(data[:r.widths[1]]), field(data[r.widths[1]:])
	if second > math.MaxInt64/2 || third > math.MaxInt32 {
		return fail(CodeXRef, s.offset)
	}
	e := entry{offset: int64(second), number: number, extra: int32(third)}
	switch kindField {
	case 0:
		e.extra = min(e.extra, math.MaxUint16)
	case 1:
		e.kind = inUse
		if third > math.MaxUint16 {
			return fail(CodeXRef, s.offset)
		}
	case 2:
		e.kind = packed
		if second == 0 || second > maxNumber || int32(second) == number {
			return fail(CodeXRef, s.offset)
		}
	default:
		s.odd = true
	}
	return l.add(s, e)
}

// field reads a number, most significant byte first.
func field(data []byte) (n uint64) {
	for _, c := range data {
		n = n<<8 | uint64(c)
	}
	return n
}
