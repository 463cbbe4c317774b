package syntax

// ValueSpan gives the bytes of a value in the file, from its first to behind its last:
// of the /Contents of a signature, from < to >. path leads from the dictionary (or the
// dictionary of the stream) that ref names through direct dictionaries to the value. The
// value must stand in the file itself: one that is behind a further reference gives the span
// of that reference, one in an object stream is an error with [CodeNotInFile], as is one
// that there is not. A key that stands twice on the way is an error even if both values are
// equal.
func (r *Revision) ValueSpan(ref Ref, path ...Name) (start, end int64, err error) {
	e, owner, ok := r.find(ref.Number)
	if !ok || e.kind != inUse || e.generation() != ref.Generation || len(path) == 0 {
		return 0, 0, r.file.failIn(CodeNotInFile, r, ref)
	}
	found, err := r.file.read(e, owner) // for its checks
	if err != nil {
		return 0, 0, err
	}
	l := r.file.lexerAt(found.start, owner.End)
	l.objectHeader()
	for _, key := range path {
		if start, end, err = r.file.valueIn(l, key); err != nil {
			return 0, 0, err
		}
		l.seek(start)
	}
	return start, end, nil
}

// valueIn reads the dictionary at hand and gives the place of one value.
func (f *File) valueIn(l *lexer, key Name) (start, end int64, err error) {
	l.skip()
	at := l.pos()
	if !l.literal("<<") {
		return 0, 0, l.fail(CodeNotInFile)
	}
	count := 0
	_, err = f.parser(l).dict(func(k Name, from, to int64) {
		if k == key {
			start, end = from, to
			count++
		}
	})
	switch {
	case err != nil:
		return 0, 0, err
	case count == 0:
		return 0, 0, l.failAt(CodeNotInFile, at)
	case count > 1:
		return 0, 0, l.failAt(CodeDuplicateKey, at)
	}
	return start, end, nil
}
