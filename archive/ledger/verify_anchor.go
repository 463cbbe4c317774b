package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"congvan/archive/ledger/checkpoint"
)

// anchor is a checkpoint that the tree must agree with at its size.
type anchor struct {
	Signed
	name string // a file, or what it was given as
}

// loadAnchors reads all checkpoints that were kept, and reports those that nobody signed.
func (v *verification) loadAnchors() error {
	witnesses, err := verifiers(v.options.Witnesses)
	if err != nil {
		return err
	}
	for _, day := range v.days() {
		v.addFile(dayName(day, checkpointExt))
	}
	byFile := map[string]note.Verifier{}
	for _, w := range witnesses {
		byFile[witnessName(w)] = w
	}
	for _, name := range v.witnessed() {
		v.addFile(name)
		v.checkCosignature(name, byFile[name])
	}
	for i, text := range v.options.Known {
		c, _, err := checkpoint.Open(text, v.verifier)
		v.addAnchor(anchor{Signed{c, text}, fmt.Sprintf("known checkpoint %d", i+1)}, err)
	}
	slices.SortStableFunc(v.anchors, func(a, b anchor) int { return cmp.Compare(a.Size, b.Size) })
	return nil
}

func (v *verification) addFile(name string) {
	s, err := v.signed(name)
	v.addAnchor(anchor{s, name}, err)
}

func (v *verification) addAnchor(a anchor, err error) {
	if err != nil {
		v.findFile(CheckpointBad, a.name, err.Error())
		return
	}
	v.anchors = append(v.anchors, a)
}

// checkCosignature looks at a witness's signature. Of the file of one whose key is not
// known, only the log's signature could be checked.
func (v *verification) checkCosignature(name string, w note.Verifier) {
	if w == nil {
		return
	}
	text, err := readFile(filepath.Join(v.dir, filepath.FromSlash(name)), checkpoint.MaxSize)
	if err != nil {
		v.findFile(CheckpointBad, name, err.Error())
		return
	}
	_, n, err := checkpoint.Open(text, v.verifier, w)
	if err == nil && len(cosignatures(n)) == 0 {
		err = errors.New("the witness has not signed it")
	}
	if err != nil {
		v.findFile(CosignatureBad, name, err.Error())
	}
}

// chooseTarget decides what the tree is compared with: the newest checkpoint or, when
// that is no good, the largest that was kept.
func (v *verification) chooseTarget() bool {
	var err error
	v.target, err = v.Checkpoint()
	largest := anchor{}
	if len(v.anchors) > 0 {
		largest = v.anchors[len(v.anchors)-1]
	}
	if err != nil {
		code := CheckpointBad
		if absent(err) {
			code = CheckpointGone
		}
		v.findFile(code, checkpointName, err.Error())
		v.target = largest.Signed
		return largest.name != ""
	}
	v.anchors = slices.DeleteFunc(v.anchors, func(a anchor) bool {
		if a.Size > v.target.Size {
			detail := fmt.Sprintf("it signs %d leaves, the log has %d", a.Size, v.target.Size)
			v.find(Finding{Code: RolledBack, File: a.name, Leaf: -1, Detail: detail})
		}
		return a.Size > v.target.Size
	})
	return true
}

// checkAnchors compares the tree with the anchors whose sizes lie within the next leaves.
func (v *verification) checkAnchors(start int64, hashes []hash) {
	for len(v.anchors) > 0 && v.anchors[0].Size <= start+int64(len(hashes)) {
		a := v.anchors[0]
		v.anchors = v.anchors[1:]
		if a.Size < start { // before where this run began
			continue
		}
		v.report.Anchors++
		if v.tree.with(hashes[:a.Size-start]).root() == a.Root {
			v.proven = a
			continue
		}
		detail := fmt.Sprintf("its %d leaves had another root; %s", a.Size, v.provenTo())
		v.find(Finding{Code: HistoryForked, File: a.name, Leaf: -1, Detail: detail})
	}
}

func (v *verification) provenTo() string {
	if v.proven.name == "" {
		return "no earlier checkpoint tells since when"
	}
	return fmt.Sprintf("the first %d are as signed in %s", v.proven.Size, v.proven.name)
}

// checkStamps checks the days' time stamps. A day's may still be on its way for two days.
func (v *verification) checkStamps(ctx context.Context) error {
	if v.options.VerifyStamp == nil {
		return nil
	}
	due := v.options.Now().Add(-48 * time.Hour).UTC().Format(time.DateOnly)
	for _, day := range v.days() {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := dayName(day, tokenExt)
		token, err := readFile(filepath.Join(v.dir, filepath.FromSlash(name)), checkpoint.MaxSize)
		if err != nil {
			if day < due || !absent(err) {
				v.findFile(StampMissing, name, err.Error())
			}
			continue
		}
		text, err := readFile(filepath.Join(v.dir, filepath.FromSlash(dayName(day, checkpointExt))), checkpoint.MaxSize)
		digest := sha256.Sum256(text)
		if err == nil {
			err = v.options.VerifyStamp(ctx, token, digest[:])
		}
		if err != nil {
			v.findFile(StampBad, name, err.Error())
			continue
		}
		v.report.Stamps++
	}
	for _, name := range namesIn(v.dir, timestampsDir) {
		day, isToken := strings.CutSuffix(name, tokenExt)
		if isToken && !slices.Contains(v.days(), day) {
			v.findFile(FileMissing, dayName(day, checkpointExt), "its time stamp is there")
		}
	}
	return nil
}
