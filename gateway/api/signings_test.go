package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"congvan/archive/objects"
	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/signer"
)

const (
	plainPDF  = "%PDF-1.7 công văn"
	signedPDF = plainPDF + " đã ký"
)

// desk answers for the signer's rooms, which have tests of their own: a document is signed when it says so.
type desk struct{}

func (desk) PDF(_ context.Context, r io.ReaderAt, size int64, _ bool) *signer.Report {
	text, _ := io.ReadAll(io.NewSectionReader(r, 0, size))
	if strings.Contains(string(text), "đã ký") {
		return signedReport()
	}
	return &signer.Report{Verdict: signer.Verdict{Indication: signer.NoSignature, Reasons: []signer.Reason{}}, Signatures: []signer.Signature{}}
}

func (desk) Envelope(context.Context, gateway.SignedEnvelope, bool) *signer.Report {
	return &signer.Report{Verdict: signer.Verdict{Indication: signer.NoSignature}}
}

func (desk) Policy() *signer.Policy { return signer.DefaultPolicy() }

func (desk) Returned(_ context.Context, sent, returned gateway.Stored) (*signer.Report, *signer.Reason, error) {
	text, err := io.ReadAll(io.NewSectionReader(returned, 0, returned.Size))
	if err != nil || string(text) != signedPDF {
		return nil, &signer.Reason{Code: "returned-differs", Vi: "Tệp nhận về không phải là tệp đã gửi.", En: "Not the file that was sent."}, err
	}
	return signedReport(), nil, nil
}

func (desk) Preserve(_ context.Context, r io.ReaderAt, size int64, w io.Writer) (signer.Level, error) {
	_, err := io.Copy(w, io.NewSectionReader(r, 0, size))
	return signer.LevelBLTA, err
}

func signedReport() *signer.Report {
	at := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	r := &signer.Report{Policy: "thử", At: at, Signatures: []signer.Signature{{
		Field: "Chữ ký 1", Verdict: signer.Passed(), Level: signer.LevelBB, Coverage: signer.CoverageFile,
		Modification: signer.ModificationNone, Signer: "Nguyễn Thị Thử", SigningTime: &at,
	}}}
	r.Conclude()
	return r
}

// startSigning sends a document to signing.
func (h *house) startSigning(agency string) wire.SigningStarted {
	h.t.Helper()
	r := h.request(http.MethodPost, "/v1/signings?name=cong-van.pdf&number=12/CV&date=2026-11-02", agency, "application/pdf", strings.NewReader(plainPDF))
	resp, body := h.exchange(r)
	if resp.StatusCode != http.StatusCreated {
		h.t.Fatalf("start: %d %s", resp.StatusCode, body)
	}
	var s wire.SigningStarted
	h.must(json.Unmarshal(body, &s))
	return s
}

// secretOf takes the secret out of an address of the launch.
func secretOf(s wire.SigningStarted) string {
	parts := strings.Split(s.Launch.FileName, "/")
	return parts[len(parts)-2]
}

// bringBack posts a document as a desktop signing service does.
func (h *house) bringBack(s wire.SigningStarted, content string) wire.SigningReturned {
	h.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	h.must(w.WriteField("SessionId", ""))
	part, err := w.CreateFormFile("uploadfile", "cong-van.signed.pdf")
	h.must(err)
	_, err = io.WriteString(part, content)
	h.must(err)
	h.must(w.Close())
	return h.upload(s.Launch.FileUploadHandler, w.FormDataContentType(), &form)
}

func (h *house) upload(address, kind string, content io.Reader) wire.SigningReturned {
	h.t.Helper()
	u, err := url.Parse(address)
	h.must(err)
	resp, body := h.exchange(h.request(http.MethodPost, u.Path, "", kind, content))
	if resp.StatusCode != http.StatusOK {
		h.t.Fatalf("return: %d %s", resp.StatusCode, body)
	}
	var back wire.SigningReturned
	h.must(json.Unmarshal(body, &back))
	return back
}

// preserve keeps a copy of a letter's first file with renewed proofs.
func (h *house) preserve(id gateway.MessageID) {
	h.t.Helper()
	f, err := h.gateway.OpenFile(h.t.Context(), h.operator(), id, 0)
	h.must(err)
	defer f.Close()
	h.must(h.store.Preserve(h.t.Context(), gateway.Preserved{
		Message: id, Part: 0, At: time.Now().UTC(), Blob: f.Payload, Size: f.Size, Level: signer.LevelBLTA,
	}, wardA, "test"))
}

func (h *house) operator() gateway.Principal {
	return gateway.Principal{System: "operator", Credential: "operator", Scopes: []gateway.Scope{gateway.ScopeOperate}}
}

func (h *house) signingAnswers(t *testing.T) {
	t.Run("round trip", h.signingRoundTrip)
	t.Run("refusals", h.signingRefusals)
	t.Run("reports", h.signatureReports)
}

func (h *house) signingRoundTrip(t *testing.T) {
	s := h.startSigning(wardA)
	u, err := url.Parse(s.Launch.FileName)
	h.must(err)
	resp, body := h.exchange(h.request(http.MethodGet, u.Path, "", "", nil))
	if resp.StatusCode != http.StatusOK || string(body) != plainPDF {
		t.Fatalf("the service gets %d %s", resp.StatusCode, body)
	}
	path := "/v1/signings/" + string(s.ID)
	resp, body = h.exchange(h.request(http.MethodGet, path+"/signed", wardA, "", nil))
	wantProblem(t, resp, body, http.StatusNotFound, gateway.CodeNotFound)

	if back := h.bringBack(s, plainPDF+" khác"); back.Status || back.Message != "Tệp nhận về không phải là tệp đã gửi." {
		t.Errorf("another document: %+v", back)
	}
	if back := h.bringBack(s, signedPDF); !back.Status || !strings.HasSuffix(back.FileServer, path+"/signed") {
		t.Fatalf("the signed document: %+v", back)
	}
	resp, body = h.exchange(h.request(http.MethodGet, path+"/signed", wardA, "", nil))
	if resp.StatusCode != http.StatusOK || string(body) != signedPDF {
		t.Errorf("the office gets %d %s", resp.StatusCode, body)
	}
	resp, body = h.exchange(h.request(http.MethodGet, path, wardA, "", nil))
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"state":"signed"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if back := h.bringBack(s, signedPDF); back.Status {
		t.Error("the secret is good a second time")
	}
	resp, body = h.exchange(h.request(http.MethodPost, path+"/cancel", wardA, "application/json", strings.NewReader("{}")))
	wantProblem(t, resp, body, http.StatusConflict, gateway.CodeSigningEnded)
}

func (h *house) signingRefusals(t *testing.T) {
	s := h.startSigning(wardA)
	path := "/v1/signings/" + string(s.ID)
	resp, body := h.exchange(h.request(http.MethodGet, path, wardB, "", nil))
	wantProblem(t, resp, body, http.StatusNotFound, gateway.CodeNotFound)
	resp, body = h.exchange(h.request(http.MethodGet, path+"/AAAAAAAAAAAAAAAAAAAAAAAAAA/document.pdf", "", "", nil))
	wantProblem(t, resp, body, http.StatusNotFound, gateway.CodeNotFound)
	resp, body = h.exchange(h.request(http.MethodGet, path+"/"+secretOf(s)+"/document.pdf?bogus=1", "", "", nil))
	wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest)
	given := h.startSigning(wardA)
	resp, body = h.exchange(h.request(http.MethodPost, "/v1/signings/"+string(given.ID)+"/cancel", wardA, "application/json", strings.NewReader("{}")))
	if resp.StatusCode != http.StatusNoContent || h.bringBack(given, signedPDF).Status {
		t.Errorf("cancelled: %d %s", resp.StatusCode, body)
	}
	if back := h.upload(strings.Replace(s.Launch.FileUploadHandler, secretOf(s), "x", 1), "application/pdf", strings.NewReader(signedPDF)); back.Status {
		t.Error("a wrong secret was good")
	}
	if back := h.upload(s.Launch.FileUploadHandler, "application/pdf", strings.NewReader(signedPDF)); !back.Status {
		t.Errorf("a bare body: %+v", back)
	}
	r := h.request(http.MethodPost, "/v1/signings?name=a.pdf", wardA, "application/pdf", strings.NewReader("PK"))
	resp, body = h.exchange(r)
	wantProblem(t, resp, body, http.StatusBadRequest, gateway.CodeInvalidRequest)
	if !strings.Contains(string(body), "Tệp gửi lên không phải PDF.") {
		t.Errorf("not told that it is no PDF: %s", body)
	}
	r = h.request(http.MethodPost, "/v1/signings?name=a.pdf", wardA, "application/pdf", strings.NewReader(plainPDF+strings.Repeat("a", 5<<20)))
	resp, body = h.exchange(r)
	wantProblem(t, resp, body, http.StatusRequestEntityTooLarge, gateway.CodeTooLarge)
	if strings.Contains(h.log.String(), secretOf(s)) {
		t.Error("the secret stands in the log")
	}
	h.noRoom(t)
}

func (h *house) noRoom(t *testing.T) {
	full := fmt.Errorf("disk: %w", objects.ErrFull)
	h.objects.err.Store(&full)
	defer h.objects.err.Store(nil)
	r := h.request(http.MethodPost, "/v1/signings?name=a.pdf", wardA, "application/pdf", strings.NewReader(plainPDF))
	resp, body := h.exchange(r)
	wantProblem(t, resp, body, http.StatusInsufficientStorage, gateway.CodeStorageFull)
}

func (h *house) signatureReports(t *testing.T) {
	accepted := h.submitted(wardA, wardB)
	path := "/v1/letters/" + string(accepted.Message)
	resp, body := h.exchange(h.request(http.MethodGet, path+"/signatures", wardB, "", nil))
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"indication":"NO_SIGNATURE_FOUND"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	resp, body = h.exchange(h.request(http.MethodGet, path+"/files/0/preserved", wardA, "", nil))
	wantProblem(t, resp, body, http.StatusNotFound, gateway.CodeNotFound)
	h.preserve(accepted.Message)
	resp, body = h.exchange(h.request(http.MethodGet, path+"/files/0/preserved", wardA, "", nil))
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), "%PDF-") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}
