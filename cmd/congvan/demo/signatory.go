package demo

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"congvan/gateway"
	"congvan/signer/token"
	"congvan/signer/trust/democa"
)

// GatewayKeyFile holds, among the other keys, the one with which the gateway signs the
// envelopes that it writes.
const GatewayKeyFile = "gateway.pem"

// Certify makes a certification authority for the demonstration and has it certify a
// person and a seal of every agency that signs, and the gateway. Their keys go into the
// folder of keys, its root into the folder of roots; its own key is thrown away, so that it
// never certifies anybody else. Where there is a root already, nothing is done.
func Certify(keys, trust string, now time.Time) error {
	root := filepath.Join(trust, "root.pem")
	if _, err := os.Stat(root); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ca, err := democa.New(now, democa.Options{})
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(keys, 0o700), os.MkdirAll(trust, 0o700)); err != nil {
		return err
	}
	for _, id := range Systems() {
		if err := certifyAgency(ca, keys, id); err != nil {
			return fmt.Errorf("certificates of %s: %w", id, err)
		}
	}
	own, err := ca.Agency(democa.Subject{Name: "Cổng congvan (minh họa)", Agency: names()[Quarter], Code: string(Quarter)}, democa.Issue{})
	if err != nil {
		return err
	}
	if err := keepKey(filepath.Join(keys, GatewayKeyFile), own); err != nil {
		return err
	}
	// The root comes last: where it is, all else is.
	return os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Root().Certificate.Raw}), 0o600)
}

func certifyAgency(ca *democa.Authority, keys string, id gateway.AgencyID) error {
	of := democa.Subject{Agency: names()[id], Code: string(id)}
	seal, err := ca.Agency(of, democa.Issue{})
	if err != nil {
		return err
	}
	of.Name, of.Title = person(id), position
	hand, err := ca.Person(of, democa.Issue{})
	if err != nil {
		return err
	}
	return errors.Join(keepKey(personFile(keys, id), hand), keepKey(sealFile(keys, id), seal))
}

func personFile(keys string, id gateway.AgencyID) string {
	return filepath.Join(keys, string(id)+"-person.pem")
}

func sealFile(keys string, id gateway.AgencyID) string {
	return filepath.Join(keys, string(id)+"-seal.pem")
}

// keepKey writes a key with its certificate and the issuers' into one file.
func keepKey(file string, id *democa.Identity) error {
	der, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	blocks := []*pem.Block{{Type: "PRIVATE KEY", Bytes: der}, {Type: "CERTIFICATE", Bytes: id.Certificate.Raw}}
	for _, c := range id.Chain {
		blocks = append(blocks, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	for _, block := range blocks {
		if err := pem.Encode(&b, block); err != nil {
			return err
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o600)
}

// position is what everybody who signs is.
const position = "Chủ tịch"

// person is who signs an agency's letters. The names are invented.
func person(id gateway.AgencyID) string {
	all := []string{
		"Trần Nghĩa Hiệp", "Nguyễn Thị Vĩnh", // the city's, the quarter's
		"Đỗ Hữu Nghĩa", "Lê Quang Lĩnh", "Phạm Thị Thu", "Hoàng Văn Vĩ", "Vũ Thị Diễm", "Bùi Thế Kỷ", "Đặng Quốc Sĩ",
		"Ngô Thị Tuyết", "Dương Văn Dũng", "Lý Thị Mỹ", "Phan Trọng Nghĩa", "Hồ Thị Hường", "Đinh Công Tĩnh", "Mai Thị Quỳnh",
		"Trịnh Thị Hĩnh", "Cao Thị Ngọc", "Tạ Văn Vững", "Lương Thị Ước", "Chu Văn Dĩnh",
	}
	for i, s := range Systems() {
		if s == id {
			return all[i]
		}
	}
	return all[0]
}

// names of all agencies.
func names() map[gateway.AgencyID]string {
	all := map[gateway.AgencyID]string{}
	for _, a := range Directory() {
		all[a.ID] = a.Name
	}
	return all
}

// openSignatory opens the keys of those who sign an agency's letters.
func openSignatory(keys string, id gateway.AgencyID) (*signatory, error) {
	person, err := token.OpenPEM(personFile(keys, id), "")
	if err != nil {
		return nil, err
	}
	seal, err := token.OpenPEM(sealFile(keys, id), "")
	if err != nil {
		return nil, err
	}
	return draw(person, seal)
}
