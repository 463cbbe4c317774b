package ledger

import (
	"cmp"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	timestampsDir = "timestamps"
	witnessesDir  = "witnesses"
	checkpointExt = ".checkpoint"
	tokenExt      = ".tsr"
)

// namesIn lists a folder below the log's, sorted; a folder that is not there is empty.
func namesIn(dir, folder string) []string {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// days lists the days whose checkpoints are kept, oldest first.
func (r *Reader) days() []string {
	var days []string
	for _, name := range namesIn(r.dir, timestampsDir) {
		if day, ok := strings.CutSuffix(name, checkpointExt); ok {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days
}

func dayName(day, ext string) string { return path.Join(timestampsDir, day+ext) }

// witnessed lists the checkpoints with cosignatures.
func (r *Reader) witnessed() []string {
	var names []string
	for _, name := range namesIn(r.dir, witnessesDir) {
		names = append(names, path.Join(witnessesDir, name))
	}
	return names
}

// kept lists what a writer compares its tree with: the newest day's checkpoint and
// all cosigned ones.
func (r *Reader) kept() []string {
	names := r.witnessed()
	if days := r.days(); len(days) > 0 {
		names = append(names, dayName(days[len(days)-1], checkpointExt))
	}
	return names
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
