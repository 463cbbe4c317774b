package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The real program is built once for the tests that start and kill it.
var program struct {
	sync.Once
	path string
	err  error
}

func congvan(t *testing.T) string {
	t.Helper()
	program.Do(func() {
		dir, err := os.MkdirTemp("", "congvan-test-")
		if err != nil {
			program.err = err
			return
		}
		program.path = filepath.Join(dir, "congvan")
		out, err := exec.Command("go", "build", "-o", program.path, ".").CombinedOutput()
		if err != nil {
			program.err = fmt.Errorf("build: %w: %s", err, out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return program.path
}

// installation is a gateway as an office installs it: a configuration, a
// directory, connected systems.
type installation struct {
	t      *testing.T
	config string
	sender party
	wards  []party
}

const selfAgency = "H26.99.01"

// install writes a configuration with further sections, imports a directory
// and issues keys.
func install(t *testing.T, sections string) *installation {
	t.Helper()
	dir := t.TempDir()
	in := &installation{t: t, config: filepath.Join(dir, "congvan.toml")}
	text := fmt.Sprintf("[gateway]\nself = %q\ndata_dir = %q\n\n[log]\nlevel = \"warn\"\n\n%s\n", selfAgency, filepath.Join(dir, "data"), sections)
	if err := os.WriteFile(in.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	csv := "id,name,parent\n" + selfAgency + ",UBND quận thử,\n"
	for n := range 3 {
		csv += fmt.Sprintf("%s.%d,UBND phường thử %d,%s\n", selfAgency, n+1, n+1, selfAgency)
	}
	list := filepath.Join(dir, "agencies.csv")
	if err := os.WriteFile(list, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	in.run("agency", "import", list)
	in.sender = in.key(selfAgency)
	for n := range 3 {
		in.wards = append(in.wards, in.key(fmt.Sprintf("%s.%d", selfAgency, n+1)))
	}
	return in
}

// run runs a command of the program and gives its standard output.
func (in *installation) run(args ...string) []byte {
	in.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(congvan(in.t), append([]string{"--config", in.config}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		in.t.Fatalf("congvan %s: %v\n%s", strings.Join(args, " "), err, &errs)
	}
	return out.Bytes()
}

func (in *installation) key(agency string) party {
	in.t.Helper()
	var k struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(in.run("key", "create", "system-"+agency, "--agency", agency, "--json"), &k); err != nil {
		in.t.Fatal(err)
	}
	return party{agency, k.Secret}
}

// node is a running gateway process.
type node struct {
	t       *testing.T
	url     string
	cmd     *exec.Cmd
	log     *bytes.Buffer
	started time.Time
}

// start starts a process that listens on an address; it does not wait for it.
func (in *installation) start(address string) *node {
	in.t.Helper()
	n := &node{t: in.t, url: "http://" + address, log: &bytes.Buffer{}, started: time.Now()}
	n.cmd = exec.Command(congvan(in.t), "--config", in.config, "serve", "--listen", address)
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	return n
}

// ready waits until the process is ready for letters and says how long that took
// since it was started.
func (n *node) ready(limit time.Duration) time.Duration {
	n.t.Helper()
	client := &http.Client{Timeout: time.Second}
	for time.Since(n.started) < limit {
		resp, err := client.Get(n.url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(n.started)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	n.kill()
	n.t.Fatalf("not ready within %s; it said:\n%s", limit, n.log)
	return 0
}

// kill ends the process as a power failure would, as far as a process can tell.
func (n *node) kill() {
	n.cmd.Process.Kill()
	n.cmd.Wait()
}

// stop asks the process to end and waits for it.
func (n *node) stop() {
	n.t.Helper()
	n.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- n.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			n.t.Errorf("stop: %v\n%s", err, n.log)
		}
	case <-time.After(20 * time.Second):
		n.kill()
		n.t.Errorf("did not stop within 20 s\n%s", n.log)
	}
}

// freeAddress gives a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// envelopeOf makes an edXML letter with files, as an office's software writes it.
func envelopeOf(t *testing.T, from, number string, files [][]byte, to ...string) []byte {
	t.Helper()
	var places, manifest, attachments strings.Builder
	for _, id := range to {
		fmt.Fprintf(&places, "<edXML:To><edXML:OrganId>%s</edXML:OrganId><edXML:OrganName>Đơn vị %s</edXML:OrganName></edXML:To>", id, id)
	}
	for i, f := range files {
		fmt.Fprintf(&manifest, "<edXML:Reference><edXML:ContentId>cid:%d</edXML:ContentId><edXML:ContentType>application/zip</edXML:ContentType><edXML:AttachmentName>tep-%d.pdf</edXML:AttachmentName></edXML:Reference>", i, i)
		fmt.Fprintf(&attachments, `<Attachment><ContentId>cid:%d</ContentId><AttachmentName>tep-%d.pdf</AttachmentName><ContentType>application/pdf</ContentType><edXML:ContentTransferEncoded xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016">%s</edXML:ContentTransferEncoded></Attachment>`, i, i, base64.StdEncoding.EncodeToString(f))
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLEnvelope xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXML:edXMLHeader><edXML:MessageHeader>`+
		`<edXML:From><edXML:OrganId>%[1]s</edXML:OrganId><edXML:OrganName>UBND quận thử</edXML:OrganName></edXML:From>%[3]s`+
		`<edXML:DocumentId>%[1]s,2026/11/02,%[2]s/UBND-VP</edXML:DocumentId><edXML:Code><edXML:CodeNumber>%[2]s</edXML:CodeNumber><edXML:CodeNotation>UBND-VP</edXML:CodeNotation></edXML:Code>`+
		`<edXML:PromulgationInfo><edXML:Place>Hà Nội</edXML:Place><edXML:PromulgationDate>2026/11/02</edXML:PromulgationDate></edXML:PromulgationInfo>`+
		`<edXML:DocumentType><edXML:Type>2</edXML:Type><edXML:TypeName>Công văn</edXML:TypeName></edXML:DocumentType><edXML:Subject>V/v thử khi có sự cố %[2]s</edXML:Subject>`+
		`<edXML:SignerInfo><edXML:FullName>Nguyễn Văn Thử</edXML:FullName></edXML:SignerInfo></edXML:MessageHeader>`+
		`<edXML:TraceHeaderList><edXML:TraceHeader><edXML:OrganId>%[1]s</edXML:OrganId><edXML:Timestamp>2026/11/02 08:00:00</edXML:Timestamp></edXML:TraceHeader><edXML:Bussiness><edXML:BussinessDocType>0</edXML:BussinessDocType></edXML:Bussiness></edXML:TraceHeaderList>`+
		`</edXML:edXMLHeader><edXML:edXMLBody><edXML:edXMLManifest version="1.0">%[4]s</edXML:edXMLManifest></edXML:edXMLBody></edXML:edXMLEnvelope><AttachmentEncoded>%[5]s</AttachmentEncoded></edXML>`,
		from, number, places.String(), manifest.String(), attachments.String())
}

// background gives a context for traffic that ends with the test at the latest.
func background(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
