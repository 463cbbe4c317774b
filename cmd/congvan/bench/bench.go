// Package bench measures a running gateway as its clients see it: letters go in
// by HTTP, are pulled, compared and acknowledged by HTTP. Beside it, in the
// same run, it measures the floor: the same payloads written with fsync and rename by
// as many writers, which is the least that anybody must do who must not lose a letter.
package bench

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Options say what to measure and against which server.
type Options struct {
	URL       string    // base URL of the server under measure
	Sender    Party     // submits
	Receivers []Party   // pull; each its own system
	Dir       string    // a folder on the server's file system, for the floor
	Writers   int       // concurrent submitters, and writers of the floor
	Probe     Probe     // reads the server's own figures
	Log       io.Writer // progress, for a person; not nil
	Scale     float64   // multiplies each phase's length; 1 is the default run
	Large     int64     // bytes of the large document
	Only      string    // when set, the one part to measure
}

// Party is one system that takes part, and the agency that it acts for.
type Party struct {
	Agency string
	Key    string
}

// Probe reads what the server process has used so far.
type Probe func() (Usage, error)

// Usage is what a process has used since it started.
type Usage struct {
	PeakRSS      int64 // bytes
	WrittenBytes int64 // handed to the block layer
	Fsyncs       int64 // flushes of files and folders, the database's included
}

// Result is what the bench found. Letters are of 320 KiB and notes of 20 KiB on the wire.
type Result struct {
	LettersPerS         float64 `json:"letters_per_s"`
	FloorPerS           float64 `json:"floor_per_s"`
	Ratio               float64 `json:"ratio"`
	P50                 float64 `json:"p50_ms"` // submit to receipt, letters, under load
	P99                 float64 `json:"p99_ms"`
	RSS                 float64 `json:"rss_mb"` // peak, after the large document
	RSSLoad             float64 `json:"rss_load_mb"`
	FsyncsPerLetter     float64 `json:"fsyncs_per_letter"`
	BytesWrittenPerByte float64 `json:"bytes_written_per_byte"`
	NotesPerS           float64 `json:"notes_per_s"`
	DeliveriesPerS      float64 `json:"deliveries_per_s"` // one letter to all receivers
	LargeMBPerS         float64 `json:"large_mb_per_s"`
	IdleP50             float64 `json:"idle_p50_ms"` // submit to long-poll answer, idle machine
	IdleP99             float64 `json:"idle_p99_ms"`
	Writers             int     `json:"writers"`
	Receivers           int     `json:"receivers"`
	Lost                int     `json:"lost"`
	Altered             int     `json:"altered"`
	Doubled             int     `json:"doubled"`
}

// Run measures one thing after another.
func Run(ctx context.Context, o Options) (*Result, error) {
	r := &runner{Options: o, client: newClient(o.URL), result: &Result{Writers: o.Writers, Receivers: len(o.Receivers)}}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"large", r.large},
		{"idle", r.idle},
		{"letters", r.letters},
		{"notes", r.notes},
		{"fan-out", r.fanOut},
	}
	for _, s := range steps {
		if o.Only != "" && o.Only != s.name {
			continue
		}
		began := time.Now()
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(o.Log, "%s: %.1f s\n", s.name, time.Since(began).Seconds())
	}
	return r.result, nil
}

// runner carries the state of one run.
type runner struct {
	Options
	client *client
	result *Result
	serial int // of letters, so that each differs
}

func (r *runner) seconds(n float64) time.Duration {
	return time.Duration(n * r.Scale * float64(time.Second))
}
