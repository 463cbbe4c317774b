package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"congvan/schemas/edxml"
)

// RecordFormat names the form of an archive record, for whoever reads the
// object store without this program.
const RecordFormat = "congvan-record/1"

// Record is what the archive keeps beside a letter's blobs: enough to give the
// original bytes back, to check them, and to know whose letter it is, without a database.
type Record struct {
	Format     string             `json:"format"`
	Message    Message            `json:"message"`
	Recipients []StatementAddress `json:"recipients"`
	Relations  []Relation         `json:"relations,omitempty"`
	Receipt    Receipt            `json:"receipt"`
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

// RecordKey is where a message's record lies among the object store's records: one folder
// a day, because a folder of its own would cost each record two more flushes.
func RecordKey(m *Message) string {
	day := m.AcceptedAt.In(edxml.VietnamZone)
	return fmt.Sprintf("%s/%s.json", day.Format("2006/01/02"), m.ID)
}

func record(m *Message, to []Delivery, rel []Relation, r Receipt, o *Original) Record {
	rec := Record{Format: RecordFormat, Message: *m, Relations: rel, Receipt: r}
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
	key     string
	data    []byte
}

// archiveSoon hands a record over without waiting; when too many wait, the
// database remembers it.
func (a *arrival) archiveSoon(adm *Admission) {
	f, err := file(record(&adm.Message, adm.Deliveries, adm.Relations, adm.Receipt, &adm.Original))
	if err != nil {
		a.Log.Error("record not made", "message", adm.Message.ID, "err", err)
		return
	}
	select {
	case a.archiver.fresh <- f:
	default:
	}
}

func file(r Record) (filed, error) {
	b, err := json.Marshal(r)
	return filed{r.Message.ID, RecordKey(&r.Message), b}, err
}

const (
	archiveBatch   = 64              // records that one transaction marks
	archiveWriters = 8               // records written at once; they share the device's flushes
	archiveLag     = 5 * time.Second // after it, a record that is not stored is made again from the database
)

// RunArchiver stores the records of accepted messages until ctx ends; it ends when what
// it has begun is stored.
func (g *Gateway) RunArchiver(ctx context.Context) error {
	sweep := time.NewTicker(archiveLag / 2)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			g.storeRecords(context.WithoutCancel(ctx), g.archiver.drain(nil))
			return nil
		case f := <-g.archiver.fresh:
			g.storeRecords(ctx, g.archiver.drain([]filed{f}))
		case <-sweep.C:
			g.sweepRecords(ctx)
		}
	}
}

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

// storeRecords writes records and marks those that are stored; the others will be swept.
func (g *Gateway) storeRecords(ctx context.Context, batch []filed) {
	stored := make([]bool, len(batch))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(archiveWriters, len(batch)) {
		wg.Go(func() {
			for i := range next {
				err := g.Objects.Put(ctx, batch[i].key, batch[i].data)
				if stored[i] = err == nil; err != nil {
					g.Log.Warn("record not stored", "message", batch[i].message, "err", err)
				}
			}
		})
	}
	for i := range batch {
		next <- i
	}
	close(next)
	wg.Wait()
	g.markStored(ctx, batch, stored)
}

func (g *Gateway) markStored(ctx context.Context, batch []filed, stored []bool) {
	var done []Archived
	for i, f := range batch {
		if stored[i] {
			done = append(done, Archived{Message: f.message, Key: f.key, At: g.now()})
		}
	}
	if len(done) == 0 {
		return
	}
	if err := g.Store.MarkArchived(ctx, done); err != nil {
		g.Log.Warn("stored records not marked", "count", len(done), "err", err)
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
	for _, id := range owed {
		f, err := g.recall(ctx, id)
		if err != nil {
			g.Log.Warn("record not made", "message", id, "err", err)
			continue
		}
		batch = append(batch, f)
	}
	if len(batch) > 0 {
		g.storeRecords(ctx, batch)
	}
}

// recall makes a record again from the database.
func (g *Gateway) recall(ctx context.Context, id MessageID) (filed, error) {
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
	if err != nil || len(receipts) == 0 {
		return filed{}, fmt.Errorf("no receipt: %w", err)
	}
	return file(record(m, to, rel, receipts[0], o))
}
