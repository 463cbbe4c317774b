package demo

import (
	"bytes"
	"context"
	"fmt"

	"congvan/cmd/congvan/paper"
	"congvan/cmd/congvan/seal"
	"congvan/gateway"
	"congvan/signer"
	"congvan/signer/pdf"
	"congvan/signer/pdf/appearance"
	"congvan/signer/token"
)

// The signature fields of every letter.
const (
	personField = "NguoiKy"
	sealField   = "CoQuan"
)

// signatory is an agency's person and seal, ready to sign.
type signatory struct{ person, seal hand }

// hand is one who signs, and what is seen of it.
type hand struct {
	key     *token.Key
	drawing *appearance.Drawing
}

// draw makes the pictures that belong to a person's key and a seal's: those of Annex I to
// NĐ 30/2020, which has no text beside them on the letter itself.
func draw(person, stamp *token.Key) (*signatory, error) {
	signature, err := seal.Person(person.Certificate.Subject.CommonName)
	if err != nil {
		return nil, err
	}
	round, err := seal.Agency(stamp.Certificate.Subject.CommonName)
	if err != nil {
		return nil, err
	}
	look := appearance.Decree()
	s := &signatory{person: hand{key: person}, seal: hand{key: stamp}}
	if s.person.drawing, err = look.Person.Plain().Draw(signature, appearance.Words{}); err != nil {
		return nil, err
	}
	s.seal.drawing, err = look.Seal.Plain().Draw(round, appearance.Words{})
	return s, err
}

// sign gives a letter the person's signature, then the agency's seal over a third of it.
func (s *signatory) sign(ctx context.Context, letter []byte, at paper.Places) ([]byte, error) {
	letter, err := s.person.sign(ctx, letter, at.Person, pdf.SignOptions{Field: personField, Reason: "Ký ban hành"})
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	letter, err = s.seal.sign(ctx, letter, at.Seal, pdf.SignOptions{Field: sealField, Reason: "Đóng dấu phát hành"})
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return letter, nil
}

func (h *hand) sign(ctx context.Context, letter []byte, at paper.Place, o pdf.SignOptions) ([]byte, error) {
	o.Level, o.Location = signer.LevelBB, "Hà Nội"
	o.Appearance = h.drawing
	o.Placement = appearance.Inside{Page: at.Page, Rect: appearance.Rect{X0: at.X0, Y0: at.Y0, X1: at.X1, Y1: at.Y1}}
	var out bytes.Buffer
	err := pdf.Sign(ctx, h.key, bytes.NewReader(letter), int64(len(letter)), &out, o)
	return out.Bytes(), err
}

// desk is where letters are signed.
type desk struct {
	keys string // folder
	open map[gateway.AgencyID]*signatory
}

func newDesk(keys string) *desk { return &desk{keys, map[gateway.AgencyID]*signatory{}} }

func (d *desk) sign(ctx context.Context, id gateway.AgencyID, letter []byte, at paper.Places) ([]byte, error) {
	s := d.open[id]
	if s == nil {
		var err error
		if s, err = openSignatory(d.keys, id); err != nil {
			return nil, err
		}
		d.open[id] = s
	}
	return s.sign(ctx, letter, at)
}
