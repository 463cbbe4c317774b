package pdf

import (
	"fmt"

	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// rules are what earlier signatures allow.
type rules struct {
	signatures int // that bear a value; document time stamps not counted
	changes.Rules
}

// rules reads what the signatures that are there lay down.
func (d *draft) rules() (*rules, error) {
	r := &rules{}
	for i := range d.fields {
		if d.fields[i].Type != "Sig" {
			continue
		}
		if err := d.addRules(&d.fields[i], r); err != nil {
			return nil, fmt.Errorf("signature field %q: %w", d.fields[i].Name, err)
		}
	}
	return r, nil
}

// addRules adds those of one field, if it is signed.
func (d *draft) addRules(f *syntax.Field, r *rules) error {
	dict, err := d.rev.Dict(f.Value)
	if err != nil || dict == nil {
		return err
	}
	if kind, err := d.rev.Resolve(dict["Type"]); err != nil || kind == syntax.Name("DocTimeStamp") {
		return err
	}
	its, _, err := rulesOf(d.rev, dict, f.Dict)
	r.signatures++
	r.Rules = r.And(its)
	return err
}

// rulesOf reads, as it stands in a revision, what a signature allows and forbids from
// then on: DocMDP, FieldMDP and the lock of its field; and whether it is a certification.
func rulesOf(rev *syntax.Revision, signature, field syntax.Dict) (rules changes.Rules, certifies bool, err error) {
	p, err := changes.ParsePermissions(rev, signature)
	if err != nil {
		return changes.Rules{}, false, err
	}
	lock, err := changes.ParseLock(rev, field)
	return p.Rules(lock), p.DocMDP != 0, err
}

// allow refuses what earlier signatures do not allow.
func (r *rules) allow(t *target, o *SignOptions) error {
	switch {
	case r.Permissions == 1:
		return refuse("certified-closed", "Tài liệu đã được chứng nhận hoặc khóa, không cho phép thay đổi, kể cả ký thêm.",
			"The document is certified or locked so that nothing may change; a further signature would break that.")
	case o.Certify != 0 && r.signatures > 0:
		return refuse("certify-not-first", "Chữ ký chứng nhận phải là chữ ký đầu tiên của tài liệu.",
			"A certification must be the first signature of a document.")
	case r.Permissions == 2 && t.fresh && o.Placement != nil:
		return refuse("certified-new-visible", "Tài liệu đã được chứng nhận chỉ cho phép điền và ký vào trường có sẵn; hãy ký vào trường có sẵn hoặc ký không hiển thị.",
			"The certification allows to fill in and sign what is there: a new visible field would change a page. Sign an existing field, or invisibly.")
	case r.Locked != nil && r.Locked(t.name):
		return refuse("field-locked", "Một chữ ký trước đã khóa trường “"+t.name+"”.",
			"An earlier signature has locked the field “"+t.name+"”.")
	}
	return nil
}

// checkLevel refuses levels that nobody knows, or that lack what they need.
func (o *SignOptions) checkLevel() error {
	switch {
	case o.Level != signer.LevelBB && !stamped(o.Level):
		return refuse("level-unknown", "Không có mức chữ ký “"+string(o.Level)+"”.",
			"There is no signature level “"+string(o.Level)+"”.")
	case stamped(o.Level) && o.Stamper == nil:
		return noStamper()
	case longTerm(o.Level) && o.Judge == nil:
		return noJudge()
	}
	return nil
}

func longTerm(l signer.Level) bool { return l == signer.LevelBLT || l == signer.LevelBLTA }

func noStamper() error {
	return refuse("no-time-stamping-authority", "Chưa cấu hình máy chủ cấp dấu thời gian.", "No time-stamping authority is configured.")
}

func noJudge() error {
	return refuse("no-trust-list", "Chưa cấu hình danh sách tin cậy để thu thập dữ liệu thu hồi.",
		"No trust list is configured from which revocation data could be collected.")
}

// checkShape refuses permissions that the standard does not know, and a place for nothing.
func (o *SignOptions) checkShape() error {
	if o.Placement != nil && o.Appearance == nil {
		return refuse("appearance-missing", "Chữ ký hiển thị phải có hình thức hiển thị.", "A visible signature needs an appearance.")
	}
	if o.Certify < 0 || o.Certify > 3 {
		return refuse("permissions-unknown", fmt.Sprintf("Mức cho phép %d của chữ ký chứng nhận không hợp lệ (1 đến 3).", o.Certify),
			fmt.Sprintf("A certification's permissions are 1 to 3, not %d.", o.Certify))
	}
	return nil
}
