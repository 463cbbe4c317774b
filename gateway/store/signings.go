package store

import (
	"context"
	"encoding/hex"
	"encoding/json"

	"congvan/gateway"
	"congvan/signer"
)

// PutSigning implements gateway.Signings.
func (s *Store) PutSigning(ctx context.Context, g gateway.Signing) error {
	return s.write(ctx, "keep a signing", func(t *tx) error {
		n, err := t.exec(`INSERT INTO signings (id, system, name, number, date, state, sent, sent_size, signed, signed_size,
			report, created_at, expires_at, signed_at, proof)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, '', $9, $10, 0, $11) ON CONFLICT DO NOTHING`,
			string(g.ID), string(g.System), g.Name, g.Number, g.Date, string(g.State), g.Sent, g.SentSize,
			micros(g.CreatedAt), micros(g.ExpiresAt), hex.EncodeToString(g.Proof))
		if err != nil || n == 0 {
			return err
		}
		return t.tell(gateway.Event{Kind: gateway.EventSigning, At: g.CreatedAt, Actor: string(g.System)}, g.Summary())
	})
}

// Signing implements gateway.Signings.
func (s *Store) Signing(ctx context.Context, id gateway.SigningID) (*gateway.Signing, error) {
	const operation = "read a signing"
	var g gateway.Signing
	var report, proof string
	err := s.read(ctx).row(`SELECT id, system, name, number, date, state, sent, sent_size, signed, signed_size,
		report, created_at, expires_at, signed_at, proof FROM signings WHERE id = $1`, []any{string(id)},
		&g.ID, &g.System, &g.Name, &g.Number, &g.Date, &g.State, &g.Sent, &g.SentSize, &g.Signed, &g.Size,
		&report, moment{&g.CreatedAt}, moment{&g.ExpiresAt}, moment{&g.SignedAt}, &proof)
	if err != nil {
		return nil, wrap(operation, orNotFound(err, string(id), "signing"))
	}
	if g.Proof, err = hex.DecodeString(proof); err != nil {
		return nil, wrap(operation, err)
	}
	if report != "" {
		g.Report = &signer.Report{}
		err = json.Unmarshal([]byte(report), g.Report)
	}
	return &g, wrap(operation, err)
}

// FinishSigning implements gateway.Signings. Finishing twice in the same way is the same as once.
func (s *Store) FinishSigning(ctx context.Context, g gateway.Signing) error {
	report, err := json.Marshal(g.Report)
	if err != nil {
		return err
	}
	return s.write(ctx, "finish a signing", func(t *tx) error {
		n, err := t.exec(`UPDATE signings SET state = $2, signed = $3, signed_size = $4, report = $5, signed_at = $6
			WHERE id = $1 AND state = 'waiting'`, string(g.ID), string(g.State), g.Signed, g.Size, string(report), micros(g.SignedAt))
		if err != nil {
			return err
		}
		if n == 1 {
			return t.tell(gateway.Event{Kind: gateway.EventSigning, At: s.now(), Actor: string(g.System)}, g.Summary())
		}
		return t.sameSigning(g)
	})
}

// sameSigning is nil when a signing already ended so.
func (t *tx) sameSigning(g gateway.Signing) error {
	var state gateway.SigningState
	var signed string
	if err := t.row(`SELECT state, signed FROM signings WHERE id = $1`, []any{string(g.ID)}, &state, &signed); err != nil {
		return orNotFound(err, string(g.ID), "signing")
	}
	if state == g.State && signed == g.Signed {
		return nil
	}
	return gateway.Errorf(gateway.CodeSigningEnded, string(g.ID), "it is %s", state)
}
