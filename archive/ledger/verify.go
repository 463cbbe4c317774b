package ledger

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions say what to compare a log with. All may be zero.
type VerifyOptions struct {
	// Source is the database's events; nil: only the log's own files are checked.
	Source Source
	// MaxLag is how old an event may be that has no leaf yet (10 minutes).
	MaxLag time.Duration
	// Known are signed checkpoints that were kept elsewhere: in receipts, in backups, by witnesses.
	// Only they can tell when the whole folder was replaced by an older copy.
	Known [][]byte
	// Witnesses are their public keys. Cosignatures of others are not looked at.
	Witnesses []string
	// VerifyStamp checks an RFC 3161 token for a SHA-256. Nil: time stamps are not looked at.
	VerifyStamp func(ctx context.Context, token, digest []byte) error
	// MaxFindings bounds the list in the report (1,000); the others are counted.
	MaxFindings int
	// Resume goes on where an earlier run stood; Progress is told now and then where this one stands.
	Resume   *Progress
	Progress func(Progress)
	Now      func() time.Time
}

// Report is what Verify found.
type Report struct {
	Origin   string    `json:"origin"`
	Size     int64     `json:"size"`    // leaves that the newest checkpoint signs
	Root     tlog.Hash `json:"root"`    // as signed
	Leaves   int64     `json:"leaves"`  // read in this run
	Bytes    int64     `json:"bytes"`   // of the leaves read
	Compared int64     `json:"events"`  // of the database, compared
	Pending  int64     `json:"pending"` // events that have no leaf yet
	Anchors  int       `json:"anchors"` // older checkpoints that were compared
	Stamps   int       `json:"stamps"`  // time stamps that hold
	Findings []Finding `json:"findings"`
	More     int64     `json:"more"` // findings that are not listed
}

// OK says that everything is as it was signed.
func (r *Report) OK() bool { return len(r.Findings) == 0 && r.More == 0 }

// Progress is where a run stands, to be kept as JSON.
type Progress struct {
	Origin   string           `json:"origin"`
	Bundles  int64            `json:"bundles"`
	Frontier frontier         `json:"frontier"`
	Last     string           `json:"last"`              // event of the database that was compared last
	Missing  map[string]int64 `json:"missing,omitempty"` // leaves without an event so far
	Extra    []string         `json:"extra,omitempty"`   // events without a leaf so far
	Report   Report           `json:"report"`
}

func (o VerifyOptions) withDefaults() VerifyOptions {
	if o.MaxLag <= 0 {
		o.MaxLag = 10 * time.Minute
	}
	if o.MaxFindings <= 0 {
		o.MaxFindings = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o
}

// Verify reads a whole log, while it is written or not, and reports everything that is not as it
// was signed, by name: every leaf, tile, checkpoint, cosignature and time stamp, and every
// event of the database against its leaf. An error says that it could not be done, not
// that something is wrong.
//
// What it cannot see: leaves and everything that vouches for them removed together
// since the last checkpoint that is known elsewhere. That is what witnesses are for.
func Verify(ctx context.Context, dir, publicKey string, o VerifyOptions) (*Report, error) {
	reader, err := OpenReader(dir, publicKey)
	if err != nil {
		return nil, err
	}
	v := &verification{Reader: reader, options: o.withDefaults(), report: &Report{Origin: reader.Origin()}}
	defer v.close()
	if err := v.run(ctx); err != nil {
		return nil, fmt.Errorf("ledger: verify: %w", err)
	}
	return v.report, nil
}

// verification is one run.
type verification struct {
	*Reader
	options VerifyOptions
	report  *Report
	target  Signed
	anchors []anchor // not compared yet, the smallest first
	proven  anchor   // the largest that fits
	tree    frontier
	parents map[int]parent // the tile of each level that is being compared
	events  *comparison
	flagged map[string]bool // files that have a finding already
}

func (v *verification) run(ctx context.Context) error {
	v.flagged, v.parents = map[string]bool{}, map[int]parent{}
	if err := v.loadAnchors(); err != nil {
		return err
	}
	if !v.chooseTarget() {
		return nil
	}
	v.report.Size, v.report.Root = v.target.Size, v.target.Root
	v.events = newComparison(v)
	first := v.resume()
	if err := v.walk(ctx, first); err != nil {
		return err
	}
	if err := v.events.finish(ctx); err != nil {
		return err
	}
	if err := v.checkStamps(ctx); err != nil {
		return err
	}
	return v.checkStray(ctx)
}

func (v *verification) close() {
	if v.events != nil {
		v.events.close()
	}
}

func (v *verification) find(f Finding) {
	if f.File != "" {
		v.flagged[f.File] = true
	}
	if len(v.report.Findings) >= v.options.MaxFindings {
		v.report.More++
		return
	}
	v.report.Findings = append(v.report.Findings, f)
}

// findFile reports a file once, however often it is met.
func (v *verification) findFile(code Code, file, detail string) {
	if !v.flagged[file] {
		v.find(Finding{Code: code, File: file, Leaf: -1, Detail: detail})
	}
}
