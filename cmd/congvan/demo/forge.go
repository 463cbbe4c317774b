package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"congvan/signer/pdf/syntax"
)

// errNothingToForge: the letter does not hold what the forger looks for.
var errNothingToForge = errors.New("demo: nothing to forge")

// rewrite does what a careful forger does: every byte that was signed stays as it is, and an
// incremental update behind it shows another sum on the first page. Both sums have the
// same characters, for the letter's font has no others.
func rewrite(letter []byte) ([]byte, error) {
	f, err := syntax.Open(bytes.NewReader(letter), int64(len(letter)), syntax.Options{})
	if err != nil {
		return nil, err
	}
	page, err := f.Latest().Page(0)
	if err != nil {
		return nil, err
	}
	ref, ok := page.Dict["Contents"].(syntax.Ref)
	if !ok {
		return nil, fmt.Errorf("%w: the page's content is not one stream", errNothingToForge)
	}
	content, err := contentOf(f.Latest(), ref)
	if err != nil {
		return nil, err
	}
	old := wide(granted)
	if bytes.Count(content, old) != 1 {
		return nil, fmt.Errorf("%w: %q", errNothingToForge, granted)
	}
	u, err := syntax.NewUpdate(f)
	if err != nil {
		return nil, err
	}
	u.Put(ref, syntax.NewStream(nil, bytes.Replace(content, old, wide(inflated), 1), true))
	update, _, err := u.Bytes()
	return append(bytes.Clone(letter), update...), err
}

func contentOf(r *syntax.Revision, ref syntax.Ref) ([]byte, error) {
	s, err := r.Stream(ref)
	if err != nil {
		return nil, err
	}
	content, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(content)
}

// wide is text as it stands on the page: two bytes a character.
func wide(s string) []byte {
	var out []byte
	for _, r := range s {
		out = append(out, byte(r>>8), byte(r)) //nolint:gosec // digits and points
	}
	return out
}

// backdate does what a clumsy forger does: it changes the year, under the signatures, in which
// the document says that it was made.
func backdate(letter []byte) ([]byte, error) {
	mark := []byte("/CreationDate (D:")
	_, date, found := bytes.Cut(letter, mark)
	if !found || len(date) < 4 {
		return nil, fmt.Errorf("%w: no date", errNothingToForge)
	}
	year, err := strconv.Atoi(string(date[:4]))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNothingToForge, err)
	}
	forged := bytes.Clone(letter)
	copy(forged[len(letter)-len(date):], strconv.Itoa(year-1))
	return forged, nil
}
