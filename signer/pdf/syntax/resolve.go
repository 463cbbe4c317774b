package syntax

// Get gives an object as of this revision; nil where it is free, absent, or of another
// generation (7.3.10).
func (r *Revision) Get(ref Ref) (Object, error) {
	e, owner, ok := r.find(ref.Number)
	if !ok || e.kind == free || e.generation() != ref.Generation {
		return nil, nil
	}
	if e.kind == packed && owner != r {
		if err := r.keeps(int(e.offset), owner); err != nil {
			return nil, err
		}
	}
	found, err := r.file.read(e, owner)
	if err != nil {
		return nil, err
	}
	s, ok := found.object.(*Stream)
	if !ok || owner == r {
		return found.object, nil
	}
	return s.seenFrom(r)
}

// keeps wants the object stream of an earlier revision to be still the same one:
// else its objects would have changed without a word in the cross-reference.
func (r *Revision) keeps(number int, owner *Revision) error {
	was, _, _ := owner.find(number)
	if is, _, _ := r.find(number); !is.same(was) {
		return fail(CodeStreamReplaced, r.section)
	}
	return nil
}

// seenFrom gives the stream as a later revision sees it: the references in its
// dictionary may mean something new, but not its length.
func (s *Stream) seenFrom(r *Revision) (*Stream, error) {
	if s.lengthRef != (Ref{}) {
		length, err := r.Int(s.lengthRef)
		if err != nil {
			return nil, err
		}
		if length != s.Length {
			return nil, fail(CodeLengthChanged, s.Offset)
		}
	}
	later := *s
	later.rev = r
	return &later, nil
}

// maxHops bounds references to references.
const maxHops = 16

// Resolve follows references until there is something else.
func (r *Revision) Resolve(o Object) (Object, error) {
	for range maxHops {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		var err error
		if o, err = r.Get(ref); err != nil {
			return nil, err
		}
	}
	return nil, fail(CodeReferenceLoop, -1)
}

// typed resolves o and wants a T. Null gives the zero T and no error.
func typed[T any](r *Revision, o Object) (value T, err error) {
	ref, _ := o.(Ref)
	o, err = r.Resolve(o)
	if err != nil || o == nil {
		return value, err
	}
	value, ok := o.(T)
	if !ok {
		return value, r.file.failIn(CodeWrongType, r, ref)
	}
	return value, nil
}

// Dict resolves o to a dictionary; nil for null. A stream is not a dictionary.
func (r *Revision) Dict(o Object) (Dict, error) { return typed[Dict](r, o) }

// Array resolves o to an array; nil for null.
func (r *Revision) Array(o Object) (Array, error) { return typed[Array](r, o) }

// Name resolves o to a name; empty for null.
func (r *Revision) Name(o Object) (Name, error) { return typed[Name](r, o) }

// String resolves o to a string; empty for null.
func (r *Revision) String(o Object) (String, error) { return typed[String](r, o) }

// Bool resolves o to a boolean; false for null.
func (r *Revision) Bool(o Object) (bool, error) { return typed[bool](r, o) }

// Stream resolves o to a stream; nil for null.
func (r *Revision) Stream(o Object) (*Stream, error) { return typed[*Stream](r, o) }

// Int resolves o to an integer; 0 for null. A real number that is whole is taken.
func (r *Revision) Int(o Object) (int64, error) {
	o, err := r.Resolve(o)
	if x, ok := o.(float64); ok && x == float64(int64(x)) {
		return int64(x), nil
	}
	if err != nil {
		return 0, err
	}
	return typed[int64](r, o)
}

// Number resolves o to a number; 0 for null.
func (r *Revision) Number(o Object) (float64, error) {
	o, err := r.Resolve(o)
	if n, ok := o.(int64); ok {
		return float64(n), nil
	}
	if err != nil {
		return 0, err
	}
	return typed[float64](r, o)
}

// Catalog gives the document catalog and its reference.
func (r *Revision) Catalog() (Dict, Ref, error) {
	ref, _ := r.Trailer["Root"].(Ref)
	d, err := r.Dict(ref)
	if err != nil {
		return nil, ref, err
	}
	if d == nil {
		return nil, ref, fail(CodeNoRoot, r.section)
	}
	return d, ref, nil
}
