package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"congvan/gateway"
)

const judgementColumns = `id, message_id, part, name, at, action, next_at, report`

func scanJudgement(rows *sql.Rows, j *gateway.Judgement) error {
	var report string
	if err := rows.Scan(&j.ID, &j.Message, &j.Part, &j.Name, moment{&j.At}, &j.Action, moment{&j.Next}, &report); err != nil {
		return err
	}
	return json.Unmarshal([]byte(report), &j.Report)
}

// Judgements implements gateway.Judgements.
func (s *Store) Judgements(ctx context.Context, id gateway.MessageID) ([]gateway.Judgement, error) {
	all, err := list(s.read(ctx), scanJudgement,
		`SELECT `+judgementColumns+` FROM judgements WHERE message_id = $1 ORDER BY at, id`, string(id))
	return all, wrap("read judgements", err)
}

// Judge implements gateway.Judgements. A judgement that is there already is not written again.
func (s *Store) Judge(ctx context.Context, j gateway.Judgement, sender gateway.AgencyID, actor string) error {
	return s.write(ctx, "keep a judgement", func(t *tx) error { return t.judge(j, sender, actor) })
}

func (t *tx) judge(j gateway.Judgement, sender gateway.AgencyID, actor string) error {
	report, err := json.Marshal(j.Report)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	n, err := t.exec(`INSERT INTO judgements (id, message_id, part, name, at, action, indication, sub_indication, next_at, report)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		string(j.ID), string(j.Message), int64(j.Part), j.Name, micros(j.At), string(j.Action),
		string(j.Report.Indication), string(j.Report.SubIndication), micros(j.Next), string(report))
	if err != nil || n == 0 {
		return err
	}
	if err := t.setDue(gateway.DueJudgement{Message: j.Message, Part: j.Part}, j.Next); err != nil {
		return err
	}
	e := gateway.Event{Kind: gateway.EventJudged, At: j.At, Message: j.Message, Sender: sender, Actor: actor}
	return t.tell(e, j.Summary())
}

// setDue sets when a part is to be judged again; never, for a zero time.
func (t *tx) setDue(d gateway.DueJudgement, next time.Time) error {
	if next.IsZero() {
		_, err := t.exec(`DELETE FROM rejudgements WHERE message_id = $1 AND part = $2`, string(d.Message), int64(d.Part))
		return err
	}
	_, err := t.exec(`INSERT INTO rejudgements (message_id, part, at, tries) VALUES ($1, $2, $3, $4)
		ON CONFLICT (message_id, part) DO UPDATE SET at = excluded.at, tries = excluded.tries`,
		string(d.Message), int64(d.Part), micros(next), int64(d.Tries))
	return err
}

// judgeAll writes the judgements of an admission.
func (t *tx) judgeAll(a *gateway.Admission) error {
	for _, j := range a.Judgements {
		if err := t.judge(j, a.Message.From, a.Actor); err != nil {
			return err
		}
	}
	return nil
}

// ClaimDue implements gateway.Judgements.
func (s *Store) ClaimDue(ctx context.Context, now time.Time, hold time.Duration, limit int) ([]gateway.DueJudgement, error) {
	var due []gateway.DueJudgement
	err := s.write(ctx, "claim due judgements", func(t *tx) (err error) {
		due, err = t.claimDue(now, now.Add(hold), bounded(limit))
		return err
	})
	if err != nil {
		return nil, err
	}
	return due, nil
}

func (t *tx) claimDue(now, until time.Time, limit int) ([]gateway.DueJudgement, error) {
	scan := func(rows *sql.Rows, d *gateway.DueJudgement) error { return rows.Scan(&d.Message, &d.Part, &d.Tries) }
	due, err := list(t.session, scan, `SELECT d.message_id, d.part, d.tries FROM rejudgements d WHERE d.at <= $1 ORDER BY d.at LIMIT $2 {skip}`,
		micros(now), limit)
	if err != nil {
		return nil, err
	}
	for _, d := range due {
		if err := t.setDue(d, until); err != nil {
			return nil, err
		}
	}
	return due, nil
}

// Postpone implements gateway.Judgements.
func (s *Store) Postpone(ctx context.Context, d gateway.DueJudgement, next time.Time) error {
	d.Tries++
	return s.write(ctx, "postpone a judgement", func(t *tx) error { return t.setDue(d, next) })
}

// Preserve implements gateway.Judgements. The same copy again changes nothing.
func (s *Store) Preserve(ctx context.Context, p gateway.Preserved, sender gateway.AgencyID, actor string) error {
	return s.write(ctx, "note a preserved copy", func(t *tx) error {
		n, err := t.exec(`INSERT INTO preserved (message_id, part, at, blob, size, level) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			string(p.Message), int64(p.Part), micros(p.At), p.Blob, p.Size, string(p.Level))
		if err != nil || n == 0 {
			return err
		}
		e := gateway.Event{Kind: gateway.EventPreserved, At: p.At, Message: p.Message, Sender: sender, Actor: actor}
		return t.tell(e, p)
	})
}

// Preserved implements gateway.Judgements.
func (s *Store) Preserved(ctx context.Context, id gateway.MessageID) ([]gateway.Preserved, error) {
	scan := func(rows *sql.Rows, p *gateway.Preserved) error {
		return rows.Scan(&p.Message, &p.Part, moment{&p.At}, &p.Blob, &p.Size, &p.Level)
	}
	all, err := list(s.read(ctx), scan, `SELECT message_id, part, at, blob, size, level FROM preserved WHERE message_id = $1 ORDER BY at, blob`, string(id))
	return all, wrap("read preserved copies", err)
}

// HoldDeliveries implements gateway.Judgements.
func (s *Store) HoldDeliveries(ctx context.Context, id gateway.MessageID, cause, actor string) error {
	return s.write(ctx, "hold deliveries", func(t *tx) error {
		queued, err := list(t.session, scanDelivery,
			`SELECT `+deliveryColumns+` FROM deliveries d WHERE d.message_id = $1 AND d.state = 'queued' {lock}`, string(id))
		if err != nil {
			return err
		}
		for i := range queued {
			c := change{to: gateway.DeliveryHeld, cause: cause, at: s.now(), actor: actor}
			if err := t.move(&queued[i], c); err != nil {
				return err
			}
		}
		return nil
	})
}
