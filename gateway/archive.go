package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"congvan/schemas/edxml"
)

// RecordFormat names the form of an archive record, for whoever reads the
// object store without this program.
const RecordFormat = "congvan-record/1"

// Record is what the archive keeps beside a letter's blobs: enough to give the
// original bytes back, to check them, and to know whose letter it is, without a database.
// Records are kept in files of JSON lines. The same record may stand in two of them, after a crash
// between storing and noting it.
type Record struct {
	Format     string             `json:"format"`
	Message    Message            `json:"message"`
	Recipients []StatementAddress `json:"recipients"`
	Relations  []Relation         `json:"relations,omitempty"`
	Receipt    Receipt            `json:"receipt"`
	Judgements []Judgement        `json:"judgements,omitempty"` // of its signatures, at the door; later ones have records of their own
	Original   RecordOriginal     `json:"original"`
}

// RecordOriginal says how to put the original bytes together: the skeleton with the base64 text of each
// payload inserted at its offset, laid out as the layout says; or the one blob Whole.
type RecordOriginal struct {
	Size     int64           `json:"size"`
	SHA256   string          `json:"sha256"`
	Whole    string          `json:"whole,omitempty"` // blob that holds the original as it came
	Skeleton []byte          `json:"skeleton"`
	Payloads []RecordPayload `json:"payloads,omitempty"`
}

// RecordPayload is one attachment's place in the skeleton.
type RecordPayload struct {
	Blob   string `json:"blob"`
	Offset int64  `json:"offset"`
	Layout string `json:"layout,omitempty"`
	Size   int64  `json:"size"`
}

// recordKey names a new file, among the object store's records, for those of messages that were
// accepted on one day. Each is one line of the file: a file of its own for each would cost an inode and its
// share of a flush, and say nothing more. No name is used twice: two files may hold the same record, and one
// that replaced the other would take the other's remaining records with it.
func recordKey(day string) string {
	return fmt.Sprintf("%s/%s.jsonl", day, newID())
}

// archiveDay is the folder of a day in Vietnam among the object store's records.
func archiveDay(t time.Time) string { return t.In(edxml.VietnamZone).Format("2006/01/02") }

func record(m *Message, to []Delivery, rel []Relation, r Receipt, j []Judgement, o *Original) Record {
	rec := Record{Format: RecordFormat, Message: *m, Relations: rel, Receipt: r, Judgements: j}
	for _, d := range to {
		rec.Recipients = append(rec.Recipients, StatementAddress{d.Addressed, d.Receiver, d.Redirect})
	}
	rec.Original = RecordOriginal{Size: m.Size, SHA256: m.SHA256, Whole: o.Whole, Skeleton: o.Split.Skeleton}
	for i, p := range o.Split.Payloads {
		rec.Original.Payloads = append(rec.Original.Payloads, RecordPayload{o.Payloads[i], p.Offset, p.Layout, p.Size})
	}
	return rec
}

// archiver stores records behind the acceptance: the blobs and the transaction are durable
// already, so that a record that is late is never lost, only written again from the database.
type archiver struct {
	fresh chan filed // records just accepted here, still in memory
}

// filed is a record on its way to the object store.
type filed struct {
	message MessageID
	day     string // of the acceptance, yyyy/MM/dd in Vietnam
	line    []byte // JSON, with its newline
}

// archiveSoon hands a record over without waiting; when it is large or too many wait,
// the database remembers it.
func (a *arrival) archiveSoon(adm *Admission) {
	f, err := file(record(&adm.Message, adm.Deliveries, adm.Relations, adm.Receipt, adm.Judgements, &adm.Original))
	if err != nil {
		a.Log.Error("record not made", "message", adm.Message.ID, "err", err)
		return
	}
	if len(f.line) > archiveLine {
		return
	}
	select {
	case a.archiver.fresh <- f:
	default:
	}
}

func file(r Record) (filed, error) {
	b, err := json.Marshal(r)
	return filed{r.Message.ID, archiveDay(r.Message.AcceptedAt), append(b, '\n')}, err
}

const (
	archiveBatch  = 256                   // records in one file at most
	archiveBytes  = 4 << 20               // bytes in one file, but for its last record
	archiveLine   = 64 << 10              // bytes of a record that may wait in memory
	archiveGather = 50 * time.Millisecond // how long the first record of a file waits for others
	archiveLag    = 5 * time.Second       // after it, a record that is not stored is made again from the database
)

// RunArchiver stores the records of accepted messages until ctx ends; it ends when what
// it has begun is stored.
func (g *Gateway) RunArchiver(ctx context.Context) error {
	sweep := time.NewTicker(archiveLag / 2)
	defer sweep.Stop()
	finish := context.WithoutCancel(ctx)
	for {
		select {
		case <-ctx.Done():
			for batch := g.archiver.drain(nil); len(batch) > 0; batch = g.archiver.drain(nil) {
				g.storeRecords(finish, batch)
			}
			return nil
		case first := <-g.archiver.fresh:
			g.storeRecords(finish, g.archiver.gather(ctx, first))
		case <-sweep.C:
			g.sweepRecords(ctx)
		}
	}
}

// gather collects what comes within a moment of the first.
func (a *archiver) gather(ctx context.Context, first filed) []filed {
	batch, size := []filed{first}, len(first.line)
	enough := time.NewTimer(archiveGather)
	defer enough.Stop()
	for len(batch) < archiveBatch && size < archiveBytes {
		select {
		case f := <-a.fresh:
			batch, size = append(batch, f), size+len(f.line)
		case <-enough.C:
			return batch
		case <-ctx.Done():
			return a.drain(batch)
		}
	}
	return batch
}

// drain collects what is there.
func (a *archiver) drain(batch []filed) []filed {
	for len(batch) < archiveBatch {
		select {
		case f := <-a.fresh:
			batch = append(batch, f)
		default:
			return batch
		}
	}
	return batch
}

// storeRecords writes records, a file for each day among them, and marks them; those
// that were not stored will be swept.
func (g *Gateway) storeRecords(ctx context.Context, batch []filed) {
	for len(batch) > 0 {
		day := batch[0].day
		var lines []byte
		var done []Archived
		var rest []filed
		key, at := recordKey(day), g.now()
		for _, f := range batch {
			if f.day != day {
				rest = append(rest, f)
				continue
			}
			lines = append(lines, f.line...)
			done = append(done, Archived{Message: f.message, Key: key, At: at})
		}
		if err := g.Objects.Put(ctx, key, lines); err != nil {
			g.Log.Warn("records not stored", "key", key, "count", len(done), "err", err)
		} else if err := g.Store.MarkArchived(ctx, done); err != nil {
			g.Log.Warn("stored records not marked", "key", key, "count", len(done), "err", err)
		}
		batch = rest
	}
}

// sweepRecords stores what is owed since before a crash, a full disk or a full channel.
func (g *Gateway) sweepRecords(ctx context.Context) {
	owed, err := g.Store.Unarchived(ctx, "", g.now().Add(-archiveLag), archiveBatch)
	if err != nil {
		g.Log.Warn("owed records not listed", "err", err)
		return
	}
	var batch []filed
	size := 0
	for _, id := range owed {
		f, err := g.owedRecord(ctx, id)
		if err != nil {
			g.Log.Warn("record not made", "message", id, "err", err)
			continue
		}
		if batch, size = append(batch, f), size+len(f.line); size >= archiveBytes {
			g.storeRecords(ctx, batch)
			batch, size = nil, 0
		}
	}
	g.storeRecords(ctx, batch)
}

// owedRecord makes a record again from the database.
func (g *Gateway) owedRecord(ctx context.Context, id MessageID) (filed, error) {
	m, err := g.Store.Message(ctx, id)
	if err != nil {
		return filed{}, err
	}
	o, err := g.Store.Original(ctx, id)
	if err != nil {
		return filed{}, err
	}
	to, err := g.Store.DeliveriesOf(ctx, id)
	if err != nil {
		return filed{}, err
	}
	rel, err := g.Store.Relations(ctx, id)
	if err != nil {
		return filed{}, err
	}
	receipts, err := g.Store.Receipts(ctx, id)
	if err != nil {
		return filed{}, err
	}
	if len(receipts) == 0 {
		return filed{}, Errorf(CodeInternal, string(id), "accepted without a receipt")
	}
	judged, err := g.Store.Judgements(ctx, id)
	if err != nil {
		return filed{}, err
	}
	return file(record(m, to, rel, receipts[0], judged, o))
}
