package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"congvan/cmd/congvan/signing"
	"congvan/schemas/edxml"
	"congvan/signer"
	"congvan/signer/trust"
	"congvan/signer/trust/fetch"
)

// trustCommand works on the list of certificates that are believed.
type trustCommand struct {
	Add     trustAddCommand     `cmd:"" help:"Thêm chứng thư, hoặc đổi điều kiện của chứng thư đã có / add certificates, or change the terms of those that are there."`
	Remove  trustRemoveCommand  `cmd:"" help:"Bỏ một chứng thư / take a certificate out."`
	List    trustListCommand    `cmd:"" help:"Xem danh sách / show the list."`
	Refresh trustRefreshCommand `cmd:"" help:"Tải các danh sách thu hồi (CRL) về sẵn / fetch the revocation lists."`
}

// trustFolder says which list.
type trustFolder struct {
	Trust string `help:"Thư mục danh sách tin cậy; mặc định theo cấu hình / the list's folder; default: as configured." placeholder:"DIR"`
}

// folder gives the list's folder.
func (f trustFolder) folder(g *globals) (string, error) {
	if f.Trust != "" {
		return f.Trust, nil
	}
	c, err := signatureConfig(g)
	if err != nil {
		return "", err
	}
	if c.TrustDir == "" {
		return "", wrong("--trust", "không có cấu hình; hãy chỉ ra thư mục danh sách", "there is no configuration; name the list's folder")
	}
	return c.TrustDir, nil
}

type trustAddCommand struct {
	trustFolder

	Files  []string    `arg:"" name:"file" help:"Chứng thư: PEM, DER hoặc PKCS#7 / certificates."`
	From   moment      `help:"Tin từ ngày này / believed from this day on." placeholder:"DAY"`
	Until  moment      `help:"Tin đến hết ngày này / believed until the end of this day." placeholder:"DAY"`
	Use    []trust.Use `enum:"signing,time-stamping" help:"Dùng cho: signing, time-stamping; mặc định cả hai / what for; default: both."`
	Role   trust.Role  `enum:"anchor,intermediate," default:"" help:"anchor (gốc tin cậy) hoặc intermediate; mặc định: tự ký là gốc / default: self-issued ones are anchors."`
	Note   string      `help:"Ghi chú / a note in Vietnamese."`
	NoteEn string      `help:"Ghi chú tiếng Anh / a note in English."`
}

// Run adds the certificates of all files.
func (c *trustAddCommand) Run(t *terminal, g *globals) error {
	dir, err := c.folder(g)
	if err != nil {
		return t.failing(err)
	}
	store, err := trust.CreateStore(dir)
	if err != nil {
		return t.failing(err)
	}
	for _, name := range c.Files {
		if err := c.add(t, store, name); err != nil {
			return t.failing(err)
		}
	}
	return nil
}

func (c *trustAddCommand) add(t *terminal, store *trust.Store, name string) error {
	data, err := readSmall(name)
	if err != nil {
		return err
	}
	certs, err := trust.ReadCertificates(data)
	if err != nil {
		return err
	}
	added, err := store.Add(certs, c.terms())
	if err != nil {
		return err
	}
	ids := make([]string, len(certs))
	for i, cert := range certs {
		ids[i] = (&trust.Entry{Certificate: cert}).ID()
	}
	return t.print(map[string]any{"file": name, "added": added, "changed": len(certs) - added, "sha256": ids}, func() {
		t.say("%s: thêm (added) %d, cập nhật (changed) %d", plain(name), added, len(certs)-added)
		for i, cert := range certs {
			t.say("  %s\n    SHA-256 %s", plain(signer.DistinguishedName(cert.RawSubject)), fingerprint(ids[i]))
			if !cert.IsCA && !slices.Equal(cert.RawSubject, cert.RawIssuer) {
				t.note("  chứng thư này không phải của cơ quan chứng thực: nó giúp dựng chuỗi, nhưng không ai được tin nhờ nó; cần thêm cả gốc (not an authority's certificate: nobody is believed because of it; add its root)")
			}
		}
	})
}

func (c *trustAddCommand) terms() trust.Terms {
	terms := trust.Terms{Role: c.Role, Uses: c.Use, TrustedFrom: c.From.Time, NoteVi: c.Note, NoteEn: c.NoteEn}
	if !c.Until.IsZero() {
		terms.TrustedUntil = c.Until.end().Add(time.Second)
	}
	return terms
}

type trustRemoveCommand struct {
	trustFolder

	ID string `arg:"" help:"SHA-256 của chứng thư, hoặc phần đầu của nó / the certificate's SHA-256, or its beginning."`
}

// Run takes one certificate out of the list.
func (c *trustRemoveCommand) Run(t *terminal, g *globals) error {
	store, err := c.open(g)
	if err != nil {
		return t.failing(err)
	}
	id := strings.ToLower(strings.NewReplacer(" ", "", ":", "").Replace(c.ID)) // as trust list and others print it, too
	gone := entryOf(store, id)
	if gone == nil || id == "" {
		return t.failing(fmt.Errorf("%w: %s", trust.ErrNotFound, c.ID))
	}
	if err := store.Remove(id); err != nil {
		return t.failing(err)
	}
	subject := signer.DistinguishedName(gone.Certificate.RawSubject)
	return t.print(map[string]string{"removed": gone.ID(), "subject": subject}, func() {
		t.say("đã bỏ (removed) %s\n    SHA-256 %s", plain(subject), fingerprint(gone.ID()))
	})
}

// entryOf gives the first entry whose fingerprint begins so; nil for none.
func entryOf(store *trust.Store, id string) *trust.Entry {
	all := store.List()
	if i := slices.IndexFunc(all, func(e trust.Entry) bool { return strings.HasPrefix(e.ID(), id) }); i >= 0 {
		return &all[i]
	}
	return nil
}

func (f trustFolder) open(g *globals) (*trust.Store, error) {
	dir, err := f.folder(g)
	if err != nil {
		return nil, err
	}
	store, err := trust.OpenStore(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wrong(dir, "chưa có danh sách tin cậy; lập bằng congvan trust add", "there is no trust list yet; congvan trust add makes it")
	}
	return store, err
}

type trustListCommand struct{ trustFolder }

// Run prints one line of JSON an entry, or a table. A list that its administrator did
// not sign is refused.
func (c *trustListCommand) Run(t *terminal, g *globals) error {
	store, err := c.open(g)
	if err != nil {
		return t.failing(err)
	}
	entries := store.List()
	if !t.json {
		t.trustHeading(store, len(entries))
	}
	now := time.Now()
	for i := range entries {
		line := newTrusted(&entries[i], now)
		if err := t.print(line, func() { t.trusted(line) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *terminal) trustHeading(s *trust.Store, n int) {
	if s.Signed() {
		t.note("danh sách đã ký, chữ ký đúng, khóa %s, %d mục (signed list, signature holds, key %s, %d entries)", s.KeyID(), n, s.KeyID(), n)
		return
	}
	t.note("thư mục chứng thư, chưa ký, %d mục; trust add sẽ lập danh sách có ký (folder of certificates, not signed, %d entries; trust add makes it a signed list)", n, n)
}

// trusted is an entry as trust list prints it.
type trusted struct {
	SHA256       string      `json:"sha256"`
	Subject      string      `json:"subject"`
	Issuer       string      `json:"issuer"`
	Role         trust.Role  `json:"role"`
	Uses         []trust.Use `json:"uses"`
	NotBefore    time.Time   `json:"not_before"`
	NotAfter     time.Time   `json:"not_after"`
	TrustedFrom  *time.Time  `json:"trusted_from"`  // null: from not_before
	TrustedUntil *time.Time  `json:"trusted_until"` // first moment at which it no longer is; null: until not_after
	NoteVi       string      `json:"note_vi"`
	NoteEn       string      `json:"note_en"`
	Added        *time.Time  `json:"added"`
	State        trustState  `json:"state"`
}

// trustState is whether an entry counts for what is signed now.
type trustState string

const (
	trustValid   trustState = "valid"
	trustEnding  trustState = "ending" // within endingSoon
	trustEnded   trustState = "ended"  // counts for what was proven to be signed before
	trustNotYet  trustState = "not-yet"
	endingSoon              = 90 * 24 * time.Hour
	fingerprints            = 4 // letters of a fingerprint between two colons
)

func newTrusted(e *trust.Entry, now time.Time) trusted {
	c := e.Certificate
	return trusted{
		SHA256: e.ID(), Subject: signer.DistinguishedName(c.RawSubject), Issuer: signer.DistinguishedName(c.RawIssuer), Role: e.Role, Uses: e.Uses,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, TrustedFrom: known(e.TrustedFrom), TrustedUntil: known(e.TrustedUntil),
		NoteVi: e.NoteVi, NoteEn: e.NoteEn, Added: known(e.Added), State: stateOf(e, now),
	}
}

func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func stateOf(e *trust.Entry, now time.Time) trustState {
	from, until := e.Certificate.NotBefore, e.Certificate.NotAfter
	if e.TrustedFrom.After(from) {
		from = e.TrustedFrom
	}
	if !e.TrustedUntil.IsZero() && e.TrustedUntil.Before(until) {
		until = e.TrustedUntil
	}
	switch {
	case !now.Before(until):
		return trustEnded
	case now.Before(from):
		return trustNotYet
	case now.Add(endingSoon).After(until):
		return trustEnding
	}
	return trustValid
}

func (s trustState) words() string {
	switch s {
	case trustEnding:
		return "SẮP HẾT HẠN (ending soon)"
	case trustEnded:
		return "ĐÃ HẾT HẠN (ended)"
	case trustNotYet:
		return "CHƯA TỚI HẠN (not yet)"
	}
	return "còn hạn (valid)"
}

func (t *terminal) trusted(e trusted) {
	role := "gốc tin cậy (anchor)"
	if e.Role == trust.RoleIntermediate {
		role = "trung gian (intermediate)"
	}
	t.say("%s  %s  %s", plain(e.Subject), role, e.State.words())
	t.say("  dùng cho (for) %s; hiệu lực (valid) %s đến (to) %s%s", uses(e.Uses), day(e.NotBefore), day(e.NotAfter), window(e))
	if note := strings.Join(words(e.NoteVi, e.NoteEn), " / "); note != "" {
		t.say("  ghi chú (note): %s", plain(note))
	}
	t.say("  SHA-256 %s", fingerprint(e.SHA256))
}

func uses(all []trust.Use) string {
	var out []string
	if slices.Contains(all, trust.UseSigning) {
		out = append(out, "ký (signing)")
	}
	if slices.Contains(all, trust.UseTimeStamping) {
		out = append(out, "dấu thời gian (time stamps)")
	}
	return strings.Join(out, ", ")
}

func window(e trusted) (text string) {
	if e.TrustedFrom != nil {
		text += "; tin từ (trusted from) " + day(*e.TrustedFrom)
	}
	if e.TrustedUntil != nil {
		text += "; tin đến hết (trusted to) " + day(e.TrustedUntil.Add(-time.Second))
	}
	return text
}

func day(at time.Time) string { return at.In(edxml.VietnamZone).Format("02/01/2006") }

// fingerprint writes a fingerprint so that two can be compared by eye.
func fingerprint(id string) string {
	var groups []string
	for part := range slices.Chunk([]byte(strings.ToUpper(id)), fingerprints) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, " ")
}

type trustRefreshCommand struct {
	trustFolder

	Cache   string `help:"Thư mục lưu dữ liệu thu hồi; mặc định theo cấu hình / folder of revocation data; default: as configured." placeholder:"DIR"`
	Private bool   `help:"Cho phép hỏi máy chủ ở địa chỉ nội bộ / let servers have private addresses."`
}

// Run fetches the lists: exit status 1 when one could not be had.
func (c *trustRefreshCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	dir, err := c.folder(g)
	if err != nil {
		return t.failing(err)
	}
	conf, err := signatureConfig(g)
	if err != nil {
		return err
	}
	o := signingOptions(*conf)
	o.TrustDir, o.Private = dir, o.Private || c.Private
	if c.Cache != "" {
		o.CacheDir = c.Cache
	}
	if o.CacheDir == "" {
		return t.failing(wrong("--cache", "chưa chỉ ra thư mục lưu CRL", "name the folder that keeps the lists"))
	}
	s, err := signing.Open(o)
	if err != nil {
		return t.failing(err)
	}
	if !t.json {
		t.trustHeading(s.Store(), len(s.Store().List()))
	}
	return t.refreshed(s.Judge().Refresh(ctx))
}

// refreshed prints what became of each list.
func (t *terminal) refreshed(all []trust.Refreshed) error {
	failed := false
	for _, r := range all {
		line := map[string]any{"url": r.URL, "issuer": r.Issuer, "ok": r.Err == nil, "next": known(r.Next), "entries": r.Entries}
		if r.Err != nil {
			line["error"], failed = r.Err.Error(), true
		}
		if err := t.print(line, func() { t.refreshedOne(r) }); err != nil {
			return err
		}
	}
	if len(all) == 0 && !t.json {
		t.note("không có CRL nào để tải: các gốc không nêu địa chỉ (there is no CRL to fetch)")
	}
	if failed {
		return exitStatus(exitFindings)
	}
	return nil
}

func (t *terminal) refreshedOne(r trust.Refreshed) {
	next := "không rõ (unknown)"
	if !r.Next.IsZero() {
		next = clock(&r.Next)
	}
	if r.Err != nil {
		t.say("%s: KHÔNG TẢI ĐƯỢC (failed) %s: %s; bản đang có đến (the kept one is good until) %s", plain(r.Issuer), plain(r.URL), plain(r.Err.Error()), next)
		if errors.Is(r.Err, fetch.ErrForbidden) {
			t.note("địa chỉ trong mạng nội bộ chỉ được hỏi khi có --private, hoặc signatures.private trong cấu hình (private addresses are asked only with --private, or signatures.private)")
		}
		return
	}
	t.say("%s: đã tải (fetched) %s, %d mục (entries), bản kế tiếp (next) %s", plain(r.Issuer), plain(r.URL), r.Entries, next)
}
