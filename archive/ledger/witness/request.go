// Package witness is the protocol by which one log's checkpoints are cosigned by
// others (c2sp.org/tlog-witness). A witness keeps, for each log that it knows,
// the newest checkpoint it signed, and signs a newer one only with a proof that the
// log has merely grown. So a log cannot show one history to one asker and another to the
// next, nor go back, without all its witnesses helping.
package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"congvan/archive/ledger/checkpoint"
)

// Bounds of the protocol: lines of a proof, and bytes of a request.
const (
	MaxProof   = 63
	MaxRequest = checkpoint.MaxSize + 8<<10
)

// ErrForm: the bytes are no request of this protocol.
var ErrForm = errors.New("witness: not an add-checkpoint request")

// Request asks to cosign a checkpoint.
type Request struct {
	Old        int64          // the size of the checkpoint that the witness signed last
	Proof      tlog.TreeProof // that the tree grew from it
	Checkpoint []byte         // signed by the log
}

// Marshal gives the body of the HTTP request.
func (r Request) Marshal() []byte {
	body := append(strconv.AppendInt([]byte("old "), r.Old, 10), '\n')
	for _, h := range r.Proof {
		body = append(base64.StdEncoding.AppendEncode(body, h[:]), '\n')
	}
	return append(append(body, '\n'), r.Checkpoint...)
}

// ParseRequest reads one.
func ParseRequest(body []byte) (Request, error) {
	head, signed, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok || len(body) > MaxRequest || len(signed) == 0 {
		return Request{}, ErrForm
	}
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	if !ok || len(lines)-1 > MaxProof {
		return Request{}, ErrForm
	}
	old, err := checkpoint.ParseSize(size)
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrForm, err)
	}
	r := Request{Old: old, Checkpoint: signed}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return Request{}, fmt.Errorf("%w: %w", ErrForm, err)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}
