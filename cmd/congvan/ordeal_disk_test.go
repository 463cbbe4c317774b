package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"congvan/connectors/vxp"
	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/internal/peers"
)

// partition is a small file system of its own, which a test can fill up or make read-only. Mounting
// takes root, as the tests have.
type partition struct {
	t   *testing.T
	dir string
}

func mount(t *testing.T, size string) partition {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("this test mounts a small file system: run it as root")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return partition{t, dir}
}

// fill leaves at most left bytes free.
func (p partition) fill(left int) {
	p.t.Helper()
	f, err := os.Create(p.ballast())
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		p.t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := f.Truncate(max(info.Size()-int64(left), 0)); err != nil {
		p.t.Fatal(err)
	}
}

func (p partition) ballast() string { return filepath.Join(p.dir, "ballast") }

// clear gives the space back.
func (p partition) clear() {
	p.t.Helper()
	if err := os.Remove(p.ballast()); err != nil {
		p.t.Fatal(err)
	}
}

// remount changes between "ro" and "rw".
func (p partition) remount(mode string) {
	p.t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,"+mode, p.dir).CombinedOutput(); err != nil {
		p.t.Fatalf("remount %s: %v: %s", mode, err, out)
	}
}

// heavy makes a good letter with a file of some size.
func (o *ordeal) heavy(size int) parcel {
	n := o.serial.Add(1)
	file := bytes.Repeat(fmt.Appendf(nil, "%08d", n), size/8)
	return parcelOf(envelopeOf(o.t, o.sender.agency, fmt.Sprint(5000+n), [][]byte{file}, o.wards[0].agency))
}

var full = refusal{gateway.CodeStorageFull, http.StatusInsufficientStorage, "20", "", ""}

// TestOrdealOfFullDisk: the disk with the letters is full. Submissions hear so, what is stored stays and can
// be taken, and once there is space everything goes on.
func TestOrdealOfFullDisk(t *testing.T) {
	p := mount(t, "24m")
	objects := filepath.Join(p.dir, "objects")
	o := endure(t, fmt.Sprintf("[objects]\npath = %q\n", objects))
	o.objects = objects
	old := o.heavy(100_000)
	m := o.accepted(t, rest, o.sender, old)
	for _, left := range []int{0, 200_000} { // nothing goes in, or a part
		p.fill(left)
		for _, f := range []face{rest, exchange} {
			t.Run(fmt.Sprintf("%d bytes free %s", left, f), func(t *testing.T) {
				late := o.heavy(1 << 20)
				o.refused(t, f, o.sender, late, full)
				p.clear()
				o.travels(t, f, late, o.wards[0])
				p.fill(left)
			})
		}
		if left == 0 {
			o.turns(t, http.StatusServiceUnavailable)
			o.taken(t, rest, m, old, o.wards[0])
		}
		p.clear()
		o.turns(t, http.StatusOK)
	}
	o.carries(t)
	o.slim(t)
}

// TestOrdealOfOneFullDisk: everything lies on one disk, as in most offices, and it fills up again and again under
// traffic: nothing is lost, nothing comes twice. A letter sent as separate files hears of it too.
func TestOrdealOfOneFullDisk(t *testing.T) {
	p := mount(t, "384m")
	in := install(t, "")
	in.move(p.dir)
	o := begin(t, in, filepath.Join(p.dir, "objects"))
	tr := newTraffic(t, o.sender, o.wards, o.url)
	ctx, end := background(t)
	defer end()
	tr.run(ctx, 3)
	for range 3 {
		time.Sleep(500 * time.Millisecond)
		p.fill(0)
		time.Sleep(500 * time.Millisecond)
		status, answer := o.compose(t, make([]byte, 1<<20))
		checkProblem(t, status, answer, full)
		p.clear()
	}
	time.Sleep(500 * time.Millisecond)
	tr.finish(ctx, end)
	o.carries(t)
	o.archived(t, len(tr.sent)+2)
	o.slim(t)
}

// archived waits until each letter has its record in the archive, also those whose record found no space at first.
func (o *ordeal) archived(t *testing.T, letters int) {
	t.Helper()
	got := 0
	if !soon(20*time.Second, func() bool { got = len(o.records(t)); return got == letters }) {
		t.Errorf("%d records for %d letters", got, letters)
	}
}

// records gives the messages of which the archive has a whole record.
func (o *ordeal) records(t *testing.T) map[gateway.MessageID]bool {
	t.Helper()
	found := map[gateway.MessageID]bool{}
	root := os.DirFS(filepath.Join(o.objects, "records"))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		for line := range bytes.Lines(text) {
			var r gateway.Record
			if err := json.Unmarshal(line, &r); err != nil {
				t.Errorf("record %s: %v", name, err)
			}
			found[r.Message.ID] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// move puts an installation's data elsewhere.
func (in *installation) move(dir string) {
	in.t.Helper()
	data := filepath.Join(filepath.Dir(in.config), "data")
	text, err := os.ReadFile(in.config)
	if err != nil {
		in.t.Fatal(err)
	}
	moved := strings.Replace(string(text), strconv.Quote(data), strconv.Quote(dir), 1)
	if out, err := exec.Command("cp", "--archive", data+"/.", dir).CombinedOutput(); err != nil {
		in.t.Fatalf("cp: %v: %s", err, out)
	}
	if err := os.WriteFile(in.config, []byte(moved), 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// compose sends a letter as JSON and a file.
func (o *ordeal) compose(t *testing.T, file []byte) (int, []byte) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	letter := map[string]any{
		"from": o.sender.agency, "to": []string{o.wards[0].agency}, "number": "12", "notation": "UBND-VP", "place": "Hà Nội", "date": "2026-11-02",
		"type": "Công văn", "subject": "V/v gửi tệp rời", "signer": map[string]string{"name": "Nguyễn Văn Thử"},
	}
	text, err := json.Marshal(letter)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(form.WriteField("letter", string(text)), writePart(form, file), form.Close()); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+"/v1/letters", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.sender.key)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return o.do(req)
}

func writePart(form *multipart.Writer, file []byte) error {
	w, err := form.CreateFormFile("file", "tep.pdf")
	if err != nil {
		return err
	}
	_, err = w.Write(file)
	return err
}

// TestOrdealOfFullDatabaseDisk: the disk with the database is full. The blobs that were written before that was known
// stay, unreferenced, and serve the retry.
func TestOrdealOfFullDatabaseDisk(t *testing.T) {
	p := mount(t, "8m")
	o := endure(t, fmt.Sprintf("[database]\npath = %q\n", filepath.Join(p.dir, "congvan.db")))
	o.carries(t)
	p.fill(0)
	before := o.stock()
	var late []parcel
	for _, f := range []face{rest, exchange} {
		body := o.exhaust(t, f)
		late = append(late, body)
	}
	now := o.stock()
	now.blobs = before.blobs
	now.sent, now.inboxes = before.sent, before.inboxes // some went in while pages were free
	if now != before {
		t.Errorf("something was kept: %+v, before %+v", now, before)
	}
	p.clear()
	for n, f := range []face{rest, exchange} {
		o.travels(t, f, late[n], o.wards[0])
	}
	o.carries(t)
	o.slim(t)
}

// exhaust submits letters until the database has no page left, and gives the one that was refused.
func (o *ordeal) exhaust(t *testing.T, f face) parcel {
	t.Helper()
	for range 500 {
		body := parcelOf(o.letter(o.wards[0].agency))
		if f == rest {
			status, answer := o.submit(o.sender, body)
			if status/100 == 2 {
				continue
			}
			checkProblem(t, status, answer, full)
			return body
		}
		if _, err := o.exchange(o.vxp[o.sender.agency], o.sender, body); err != nil {
			checkAnswer(t, err, full)
			return body
		}
	}
	t.Fatal("the database took 500 letters on a full disk")
	return parcel{}
}

// TestOrdealOfReadOnlyDisk: the disk with the letters turns read-only, as a failing one does.
func TestOrdealOfReadOnlyDisk(t *testing.T) {
	p := mount(t, "24m")
	objects := filepath.Join(p.dir, "objects")
	o := endure(t, fmt.Sprintf("[objects]\npath = %q\n", objects))
	o.objects = objects
	old := o.heavy(100_000)
	m := o.accepted(t, rest, o.sender, old)
	time.Sleep(200 * time.Millisecond) // its record is written behind it
	p.remount("ro")
	for _, f := range []face{rest, exchange} {
		o.refused(t, f, o.sender, o.heavy(100_000), refusal{gateway.CodeStorageUnavailable, http.StatusServiceUnavailable, "20", "", ""})
	}
	o.turns(t, http.StatusServiceUnavailable)
	o.taken(t, rest, m, old, o.wards[0])
	p.remount("rw")
	o.turns(t, http.StatusOK)
	o.carries(t)
	o.refusesReadOnlyDatabase(t)
}

// refusesReadOnlyDatabase: a gateway does not start on a database that it cannot write to, and says why.
func (o *ordeal) refusesReadOnlyDatabase(t *testing.T) {
	t.Helper()
	p := mount(t, "8m")
	in := install(t, fmt.Sprintf("[database]\npath = %q\n", filepath.Join(p.dir, "congvan.db")))
	p.remount("ro")
	cmd := exec.Command(congvan(t), "--config", in.config, "serve", "--listen", freeAddress(t))
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "read") {
		t.Errorf("it started (%v) and said %s", err, out)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %s to say so", took)
	}
	p.remount("rw")
	n := in.start(freeAddress(t))
	n.ready(10 * time.Second)
	n.stop()
}

// blobOf finds where the first file of a letter lies.
func (o *ordeal) blobOf(t *testing.T, m gateway.MessageID) string {
	t.Helper()
	var message gateway.Message
	o.answered(o.sender, "/v1/letters/"+string(m), &message)
	if len(message.Attachments) == 0 {
		t.Fatalf("message %s has no file", m)
	}
	d := message.Attachments[0].Payload
	return filepath.Join(o.objects, "blobs", d[:2], d)
}

// TestOrdealOfDamagedBlobs: a byte on the disk has changed, or a file is gone. Nobody is given a wrong letter as if nothing
// had happened, nobody can acknowledge it, other letters are not touched, and the right bytes heal it.
func TestOrdealOfDamagedBlobs(t *testing.T) {
	o := endure(t, "")
	flip := func(t *testing.T, blob string, content []byte) {
		changed := bytes.Clone(content)
		changed[len(changed)/2] ^= 1
		replaceFile(t, blob, changed)
	}
	remove := func(t *testing.T, blob string, _ []byte) {
		if err := os.Remove(blob); err != nil {
			t.Fatal(err)
		}
	}
	for name, damage := range map[string]func(*testing.T, string, []byte){"changed": flip, "gone": remove} {
		for kind, body := range map[string]parcel{
			"small": o.heavy(1000), "large": o.heavy(3 << 20),
			"wrapped": parcelOf(o.zipped(zipOf(t, "a.pdf", noise(name, 10_000)))),
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				m := o.accepted(t, rest, o.sender, body)
				blob := o.blobOf(t, m)
				content, err := os.ReadFile(blob)
				if err != nil {
					t.Fatal(err)
				}
				damage(t, blob, content)
				o.withheld(t, m)
				o.carries(t)
				o.heals(t, content)
				o.taken(t, rest, m, body, o.wards[0])
			})
		}
	}
	o.slim(t)
}

// noise makes bytes that do not compress, so that a ZIP of them is hardly anything else.
func noise(seed string, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8(sha256.Sum256([]byte(seed))).Read(b)
	return b
}

func replaceFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := errors.Join(os.Remove(name), os.WriteFile(name, content, 0o400)); err != nil {
		t.Fatal(err)
	}
}

// withheld: whichever way a receiver asks for a damaged letter, he does not get it for a whole one.
func (o *ordeal) withheld(t *testing.T, m gateway.MessageID) {
	t.Helper()
	want := refusal{gateway.CodeDamaged, http.StatusInternalServerError, "20", "", ""}
	ward := o.wards[0]
	for _, path := range []string{"/envelope", "/files/0"} {
		resp, err := o.get(t.Context(), ward, "/v1/letters/"+string(m)+path)
		if err != nil {
			t.Errorf("%s: no answer at all: %v", path, err)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case resp.StatusCode != http.StatusOK:
			checkProblem(t, resp.StatusCode, b, want)
		case err == nil:
			t.Errorf("%s: a damaged letter was given out whole", path)
		}
	}
	o.withheldByExchange(t, m, want)
	out := o.acknowledge(t, ward, wire.Ack{Message: m, SHA256: strings.Repeat("0", 64)})
	if out.Problem == nil || out.Problem.Code != gateway.CodeHashMismatch || out.Problem.Vi == "" {
		t.Errorf("an acknowledgement of other bytes is answered %+v", out)
	}
	var h gateway.History
	o.answered(o.sender, "/v1/letters/"+string(m)+"/timeline", &h)
	if len(h.Deliveries) != 1 || h.Deliveries[0].State != gateway.DeliveryFetched {
		t.Errorf("the delivery is %+v, want fetched and not acknowledged", h.Deliveries)
	}
}

// TestOrdealOfDamagedObjects: the same where the blobs lie on an S3 server.
func TestOrdealOfDamagedObjects(t *testing.T) {
	server := peers.OwnS3(t)
	bucket := server.Bucket(t)
	o := endure(t, objectsIn(t, bucket))
	o.objects = server.BlobFolder(bucket.Bucket)
	for kind, size := range map[string]int{"small": 1000, "large": 3 << 20} {
		t.Run(kind, func(t *testing.T) {
			body := o.heavy(size)
			m := o.accepted(t, rest, o.sender, body)
			blob := o.blobOf(t, m)
			content, err := os.ReadFile(blob)
			if err != nil {
				t.Fatal(err)
			}
			content[0] ^= 1
			if err := os.WriteFile(blob, content, 0o600); err != nil {
				t.Fatal(err)
			}
			o.withheld(t, m)
			content[0] ^= 1
			if err := os.WriteFile(blob, content, 0o600); err != nil {
				t.Fatal(err)
			}
			o.taken(t, rest, m, body, o.wards[0])
		})
	}
	o.objects = ""
	o.carries(t)
}

func (o *ordeal) withheldByExchange(t *testing.T, m gateway.MessageID, want refusal) {
	t.Helper()
	c := o.vxp[o.wards[0].agency]
	r, err := c.Get(t.Context(), string(m))
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		r.Close()
	}
	checkAnswer(t, err, want)
	r, err = c.Download(t.Context(), string(m))
	var refused *vxp.AnswerError
	if errors.As(err, &refused) {
		if refused.HTTP != want.status || refused.Code != want.number {
			t.Errorf("downloadEdoc answers %v", refused)
		}
		return
	}
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		r.Close()
	}
	if err == nil {
		t.Error("downloadEdoc gave a damaged letter out whole")
	}
}

// heals sends another letter with the same file, which puts the right bytes in the place of the damaged ones.
func (o *ordeal) heals(t *testing.T, file []byte) {
	t.Helper()
	n := o.serial.Add(1)
	o.travels(t, exchange, parcelOf(envelopeOf(t, o.sender.agency, fmt.Sprint(5000+n), [][]byte{file}, o.wards[0].agency)), o.wards[0])
}
