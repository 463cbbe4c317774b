package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"congvan/cmd/congvan/signing"
	"congvan/signer"
)

// verifyCommand judges the signatures of files without a gateway.
type verifyCommand struct {
	judging

	Files []string `arg:"" name:"file" help:"Tệp PDF hoặc XML (edXML), nhận biết theo nội dung / PDF or XML (edXML) files, told apart by content."`
	At    moment   `help:"Xét tại thời điểm này: 2020-11-01 (hết ngày), hoặc RFC 3339 / judge as of this moment: a day (its end), or RFC 3339." placeholder:"TIME"`
}

// Help tells the exit statuses, which scripts go by.
func (*verifyCommand) Help() string {
	return "Mã thoát: 0 khi mọi tệp đều hợp lệ, 1 khi có tệp không, 2 khi có tệp không đọc được.\n" +
		"Exit status: 0 when all files passed, 1 when one did not, 2 when one could not be read."
}

// Run judges each file: exit status 0 when all of them are TOTAL_PASSED, 1 when not, 2
// when a file could not be read.
func (c *verifyCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	o, err := c.options(g)
	if err != nil {
		return err
	}
	o.Now = c.At.clock()
	s, err := signing.Open(o)
	if err != nil {
		return t.unusable(err)
	}
	if anyLarge(c.Files) {
		defer debug.SetGCPercent(debug.SetGCPercent(thriftyGC))
	}
	status := 0
	err = inOrder(ctx, runtime.GOMAXPROCS(0), c.Files,
		func(name string) *verified { return verifyFile(ctx, s, name) },
		func(v *verified) error {
			status = max(status, v.status())
			return t.print(v.line(), func() { t.verified(v) })
		})
	if err == nil && status != 0 {
		return exitStatus(status)
	}
	return err
}

// unusable says that there is nothing to judge by, with the exit status for what could
// not be read.
func (t *terminal) unusable(err error) error {
	t.note("không dùng được chính sách hoặc danh sách tin cậy (the policy or the trust list cannot be used)")
	all, _ := explain(err)
	if errors.Is(err, fs.ErrNotExist) {
		all = []signer.Reason{{Code: "no-such-file", Vi: "Không có tệp hoặc thư mục được chỉ ra.", En: "The file or folder that is named is not there."}}
	}
	for _, r := range all {
		t.note("  %s (%s) [%s]", plain(r.Vi), plain(r.En), r.Code)
	}
	t.note("  %s", plain(err.Error()))
	return exitStatus(exitUsage)
}

// thriftyGC makes the collector of memory run so often that little more is held than is needed.
const thriftyGC = 25

// anyLarge says whether there is a file whose objects, perhaps 100,000, would take much memory if
// what is not needed any more waited for long. For small files that would only cost time.
func anyLarge(files []string) bool {
	const large = 16 << 20
	return slices.ContainsFunc(files, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.Size() >= large
	})
}

// verified is what verify says of one file.
type verified struct {
	report     *signer.Report
	unreadable bool
}

func (v *verified) status() int {
	switch {
	case v.unreadable:
		return exitUsage
	case v.report.Indication != signer.TotalPassed:
		return exitFindings
	}
	return 0
}

func verifyFile(ctx context.Context, s *signing.Signing, name string) *verified {
	f, size, err := openRegular(name)
	if err != nil {
		return notRead(name, err)
	}
	defer f.Close()
	watched := &watchedReader{ReaderAt: f}
	report, err := s.File(ctx, watched, size)
	if err != nil {
		return notRead(name, err)
	}
	report.File = name
	return &verified{report, watched.failed.Load()}
}

// errIrregular: what is to be read has no beginning and end of its own.
var errIrregular = errors.New("not a regular file")

// openRegular opens a file whose parts can be read in any order, and gives its size.
func openRegular(name string) (*os.File, int64, error) {
	info, err := os.Stat(name) // first: to open a pipe would wait for its other end
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: %w", name, errIrregular)
	}
	f, err := os.Open(name)
	return f, info.Size(), err
}

// notRead is the result for a file that could not be read, or is of no format that
// bears signatures.
func notRead(name string, err error) *verified {
	why := whyNotRead(err)
	r := &signer.Report{File: name, Verdict: signer.Unsure(signer.SignedDataNotFound, why)}
	r.Conclude()
	return &verified{report: r, unreadable: true}
}

func whyNotRead(err error) signer.Reason {
	const code = "unreadable-file"
	switch {
	case errors.Is(err, signing.ErrFormat):
		return signer.Reason{Code: "unknown-format", Vi: "Tệp không phải PDF hay XML.", En: "The file is neither PDF nor XML."}
	case errors.Is(err, fs.ErrNotExist):
		return signer.Reason{Code: code, Vi: "Không có tệp này.", En: "There is no such file."}
	case errors.Is(err, fs.ErrPermission):
		return signer.Reason{Code: code, Vi: "Không có quyền đọc tệp này.", En: "The file may not be read."}
	case errors.Is(err, errIrregular):
		return signer.Reason{Code: code, Vi: "Đây là thư mục hoặc thiết bị, không phải tệp.", En: "It is a folder or a device, no file."}
	}
	return signer.Reason{Code: code, Vi: "Không đọc được tệp: " + err.Error() + ".", En: "The file cannot be read: " + err.Error() + "."}
}

// watchedReader remembers whether reading failed, for a verdict that was reached without
// all of the file is no verdict on the file.
type watchedReader struct {
	io.ReaderAt
	failed atomic.Bool
}

// ReadAt implements io.ReaderAt.
func (w *watchedReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed.Store(true)
	}
	return n, err
}
