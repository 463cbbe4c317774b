package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// patience is how long a program may take that has no bound of its own.
const patience = 30 * time.Second

// input names a program's standard input as a file that can be read in any order.
const input = "/dev/stdin"

// run runs a program on a file and gives what it writes, at most maxRead bytes. It
// inherits the child's bounds, sees no environment and no file but in, and dies with the child.
func run(limit time.Duration, in *os.File, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{"OMP_THREAD_LIMIT=1"} // Tesseract's threads cost more than they save
	cmd.Stdin = in
	cmd.SysProcAttr = dieWithParent()
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	data, readErr := io.ReadAll(io.LimitReader(out, maxRead))
	if len(data) == maxRead {
		cancel()
	}
	err = cmd.Wait()
	if len(data) > 0 {
		return data, nil // programs end with an error for small faults of the file, too
	}
	return nil, errors.Join(readErr, err)
}

// secondOpinion has poppler read the document, in the layout of the page and in the
// order of its content, and takes for each page the best of the readings.
func (w *worker) secondOpinion(f *os.File, h *harvest) (pages int, used bool) {
	if w.PDFToText == "" {
		return 0, false
	}
	for _, mode := range []string{"-layout", "-raw"} {
		out, err := run(w.Time/4, f, w.PDFToText, "-q", "-enc", "UTF-8", mode, "-l", strconv.Itoa(MaxPages), input, "-")
		if err != nil {
			continue
		}
		readings := strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
		pages = max(pages, len(readings))
		for i, reading := range readings {
			if w.better(h, i+1, reading) {
				used = true
			}
		}
		if used && !w.anyPoor(h) {
			break
		}
	}
	return pages, used
}

// better puts a reading in a page's place when it has more whole words, and fits.
func (w *worker) better(h *harvest, number int, reading string) bool {
	if number > MaxPages {
		return false
	}
	reading = clean(w.spell.orModern(reading))
	if w.spell.tally(reading).score() <= w.spell.tally(h.text(number)).score() {
		return false
	}
	return h.replace(number, reading)
}

// fewLetters is what a page without text may still have: a page number, a stamp.
const fewLetters = 25

// Measures of the picture of a page that is recognised: the longer side of A4 at 300 dots an inch.
const longSide = "3508"

// recognise reads the pages that have no text, or poor text, in their pictures.
func (w *worker) recognise(f *os.File, h *harvest, count int) (recognised []int) {
	if w.PDFToPPM == "" || w.Tesseract == "" {
		return nil
	}
	tried := 0
	for number := 1; number <= min(count, MaxPages) && tried < w.OCR.Pages; number++ {
		t := w.spell.tally(h.text(number))
		if t.letters >= fewLetters && !t.poor() {
			continue
		}
		tried++
		if w.recognising() != nil {
			return recognised
		}
		text, err := w.ocr(f, number)
		if err == nil && w.better(h, number, text) {
			recognised = append(recognised, number)
		}
	}
	return recognised
}

// ocr recognises one page. Its picture goes from one program to the other through a pipe.
func (w *worker) ocr(f *os.File, number int) (string, error) {
	limit := w.OCR.Time * 9 / 10 // the parent waits for OCR.Time
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	from, to, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer from.Close()
	n := strconv.Itoa(number)
	draw := exec.CommandContext(ctx, w.PDFToPPM, "-q", "-gray", "-scale-to", longSide, "-f", n, "-l", n, input)
	draw.Env, draw.Stdin, draw.Stdout, draw.SysProcAttr = []string{}, f, to, dieWithParent()
	err = draw.Start()
	to.Close()
	if err != nil {
		return "", fmt.Errorf("draw page %d: %w", number, err)
	}
	text, err := run(limit, from, w.Tesseract, "stdin", "stdout", "-l", "vie")
	cancel()
	_ = draw.Wait() // what it drew has been judged by what was read in it
	return string(bytes.TrimSpace(text)), err
}
