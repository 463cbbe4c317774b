package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"congvan/gateway"
	"congvan/gateway/api/client"
	"congvan/schemas/edxml"
)

// Options say which gateway to play on, and who everybody is.
type Options struct {
	URL     string                           // of the server
	VXPPath string                           // of the exchange protocol on it
	Keys    map[gateway.AgencyID]string      // API key of each of Systems
	VXP     map[gateway.AgencyID]VXPIdentity // of those for whom SpeaksExchange
	First   int                              // number of the first letter; numbers are never used twice
	Out     io.Writer                        // what people read
	Record  func(key string) (string, error) // where a record of the archive lies; an error when it does not
	Wait    time.Duration                    // how long to wait for the archive
	Signing string                           // folder of the keys that sign the letters, see Certify
	Verify  Verify                           // how receivers check signatures
	Paper   string                           // folder that each letter's PDF is put into; empty: none
}

// VXPIdentity is what the exchange protocol knows a system by.
type VXPIdentity struct {
	SystemID string
	Secret   string
}

// Play goes through the whole correspondence and tells of it. The error says what did
// not go as it should; a loss or a duplicate is none, it stands in the tally.
func Play(ctx context.Context, o Options) (Tally, error) {
	p := newPlay(o)
	if err := p.clearInboxes(ctx); err != nil {
		return Tally{}, err
	}
	for _, act := range p.acts() {
		p.title(act.title)
		if err := act.do(ctx); err != nil {
			return Tally{}, fmt.Errorf("%s: %w", act.title, err)
		}
	}
	if err := p.lastLook(ctx); err != nil {
		return Tally{}, err
	}
	t := p.ledger.tally()
	err := p.tell(ctx, &t)
	return t, err
}

// play is one performance.
type play struct {
	Options
	names   map[gateway.AgencyID]string
	offices map[gateway.AgencyID]*office
	quarter *client.Client // the quarter's own line, for what only the REST API can do
	ledger  *ledger
	desk    *desk
	today   time.Time
	number  int
	letters []told
}

// told is a letter whose story is printed at the end.
type told struct {
	title string
	id    gateway.MessageID
	from  gateway.AgencyID
}

type act struct {
	title string
	do    func(context.Context) error
}

func newPlay(o Options) *play {
	now := time.Now().In(edxml.VietnamZone)
	p := &play{
		Options: o, names: names(), offices: map[gateway.AgencyID]*office{}, ledger: newLedger(), desk: newDesk(o.Signing),
		today:  time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, edxml.VietnamZone),
		number: o.First,
	}
	for _, id := range Systems() {
		p.offices[id] = p.office(id)
	}
	p.quarter = newClient(o, Quarter)
	return p
}

func (p *play) title(s string) { fmt.Fprintf(p.Out, "\n── %s\n", s) }

func (p *play) say(format string, args ...any) { fmt.Fprintf(p.Out, "   "+format+"\n", args...) }

// draft makes a letter of today with the next number, printed and signed.
func (p *play) draft(ctx context.Context, d draft) (*draft, error) {
	d.number, d.date = p.number, p.today
	p.number++
	if err := d.print(ctx, p.names, p.desk); err != nil {
		return nil, err
	}
	return &d, p.file(&d, "")
}

// file puts a letter's PDF where people look at it.
func (p *play) file(d *draft, remark string) error {
	if p.Paper == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(p.Paper, string(d.from)+"_"+d.num()+remark+".pdf"), d.pdf, 0o600)
}

// post sends a letter; it is expected at each of the agencies in at.
func (p *play) post(ctx context.Context, title string, d *draft, at ...gateway.AgencyID) (gateway.MessageID, error) {
	o := p.offices[d.from]
	id, err := o.line.send(ctx, d)
	if err != nil {
		return "", err
	}
	p.ledger.expect(id, d.from, d.sum(), at...)
	if !d.unsigned {
		p.ledger.sign()
	}
	p.letters = append(p.letters, told{title + " " + d.code(), id, d.from})
	p.say("%s gửi %s số %s, %d nơi nhận [%s]", p.names[d.from], d.kind, d.code(), len(d.to), o.protocol)
	return id, nil
}

// report sends a status message.
func (p *play) report(ctx context.Context, n note) error {
	if n.to == "" {
		n.to = n.about.from
	}
	id, err := p.offices[n.from].line.report(ctx, n)
	if err != nil {
		return fmt.Errorf("status %s of %s: %w", n.code, n.from, err)
	}
	p.ledger.expect(id, n.from, n.sum(), n.to)
	return nil
}

// mustRefuse sends a letter that the gateway has to refuse.
func (p *play) mustRefuse(ctx context.Context, line line, d *draft, why string) (*refused, error) {
	_, err := line.send(ctx, d)
	var no *refused
	if !errors.As(err, &no) {
		return nil, fmt.Errorf("%s: not refused: %w", why, errors.Join(err, errNotRefused))
	}
	p.ledger.refuse()
	p.say("bị từ chối đúng quy định (refused): %s, mã %s", why, no.code)
	return no, nil
}

// sayReasons tells each finding once: two signatures that break, break for the same reasons.
func (p *play) sayReasons(findings []string) {
	for i, f := range findings {
		if !slices.Contains(findings[:i], f) {
			p.say("  lý do (reason): %s", f)
		}
	}
}

var errNotRefused = errors.New("the gateway took what it should have refused")

// pull lets offices take over all that waits for them, in the order in which it is offered.
func (p *play) pull(ctx context.Context, ids ...gateway.AgencyID) ([]*arrival, error) {
	each := make([][]*arrival, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(officesAtOnce)
	for i, id := range ids {
		g.Go(func() (err error) {
			if each[i], err = p.offices[id].takeOver(ctx); err != nil {
				return fmt.Errorf("inbox of %s: %w", id, err)
			}
			return nil
		})
	}
	err := g.Wait()
	all := slices.Concat(each...)
	p.sayVerified(all)
	return all, err
}

// officesAtOnce is how many offices' software is busy at the same time.
const officesAtOnce = 8

// clearInboxes takes away what an interrupted earlier run left.
func (p *play) clearInboxes(ctx context.Context) error {
	left := 0
	for _, id := range Systems() {
		o := p.office(id)
		o.ledger, o.verify = newLedger(), nil // none of this run's business
		got, err := o.takeOver(ctx)
		if err != nil {
			return fmt.Errorf("inbox of %s: %w", id, err)
		}
		left += len(got)
	}
	if left > 0 {
		p.say("%d gói tin còn lại từ lần chạy trước đã được nhận hết (left from an earlier run)", left)
	}
	return nil
}

// lastLook empties every inbox once more, so that anything that came to a wrong place
// or twice is counted.
func (p *play) lastLook(ctx context.Context) error {
	_, err := p.pull(ctx, Systems()...)
	return err
}
