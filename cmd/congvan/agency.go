package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"congvan/gateway"
	"congvan/gateway/config"
	"congvan/gateway/telemetry"
)

// agencyCommand works on the directory in the database, also while the gateway runs.
type agencyCommand struct {
	Import agencyImportCommand `cmd:"" help:"Nhập danh bạ từ CSV hoặc JSON / import the directory from CSV or JSON."`
	List   agencyListCommand   `cmd:"" help:"Liệt kê danh bạ / list the directory."`
}

// agencyImportCommand writes directory entries from a file.
type agencyImportCommand struct {
	File string `arg:"" help:"Tệp .csv (có dòng tiêu đề) hoặc .json / .csv with a header line, or .json."`
}

// agencyListCommand lists the directory.
type agencyListCommand struct {
	Text   string           `arg:"" optional:"" help:"Mã hoặc tên, không cần dấu / code or name, marks not needed."`
	Parent gateway.AgencyID `help:"Chỉ các đơn vị trực thuộc / only those below this one." placeholder:"CODE"`
	Kind   string           `help:"Chỉ loại này / only this kind."`
}

// openFor opens the gateway's parts for a command beside the server.
func openFor(ctx context.Context, t *terminal, g *globals) (*app, error) {
	c, err := config.Load(g.Config)
	if err != nil {
		return nil, err
	}
	log, err := telemetry.NewLog(t.err, "warn", c.Log.Format)
	if err != nil {
		return nil, err
	}
	return openApp(ctx, c, log)
}

// Run imports all entries of the file, or none when one of them is wrong in itself. An alias that is
// another agency's stops it at that batch: mend the file and import it again, what stands is left alone.
func (c *agencyImportCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	agencies, err := readAgencies(c.File)
	if err != nil {
		return err
	}
	a, err := openFor(ctx, t, g)
	if err != nil {
		return err
	}
	defer a.Close()
	changed, err := a.gateway.PutAgencies(ctx, operator(), agencies)
	if err != nil {
		return err
	}
	return t.print(map[string]int{"read": len(agencies), "changed": changed}, func() {
		t.say("đã đọc %d, thay đổi %d mục (read %d, changed %d)", len(agencies), changed, len(agencies), changed)
	})
}

// Run lists agencies in the order of their codes.
func (c *agencyListCommand) Run(ctx context.Context, t *terminal, g *globals) error {
	a, err := openFor(ctx, t, g)
	if err != nil {
		return err
	}
	defer a.Close()
	q := gateway.AgencyQuery{Text: c.Text, Parent: c.Parent, Kind: c.Kind, Limit: 1000}
	for {
		page, err := a.gateway.SearchAgencies(ctx, q)
		if err != nil {
			return err
		}
		for _, one := range page {
			if err := t.print(one, func() { t.say("%-20s %-7s %s", one.ID, one.Status, one.Name) }); err != nil {
				return err
			}
		}
		if len(page) < q.Limit {
			return nil
		}
		q.After = page[len(page)-1].ID
	}
}

// maxDirectory bounds an import: ten times the whole country's directory.
const maxDirectory = 512 << 20

func readAgencies(file string) ([]gateway.Agency, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := io.LimitReader(f, maxDirectory)
	if strings.EqualFold(filepath.Ext(file), ".json") {
		var agencies []gateway.Agency
		d := json.NewDecoder(in)
		d.DisallowUnknownFields()
		if err := d.Decode(&agencies); err != nil {
			return nil, gateway.Errorf(gateway.CodeInvalidRequest, fmt.Sprintf("%s, byte %d", file, d.InputOffset()), "%w", err)
		}
		return agencies, nil
	}
	return readCSV(file, in)
}

// readCSV reads a table whose first line names the columns; "id" and "name" are
// required, lists are separated by blanks or semicolons.
func readCSV(file string, in io.Reader) ([]gateway.Agency, error) {
	text := bufio.NewReader(in)
	r := csv.NewReader(text)
	r.ReuseRecord = true
	r.Comma = separator(text)
	header, err := r.Read()
	if err != nil {
		return nil, csvError(file, r, err)
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for _, column := range header {
		if err := setColumn(&gateway.Agency{}, strings.TrimSpace(column), ""); err != nil {
			return nil, csvError(file, r, err)
		}
	}
	var agencies []gateway.Agency
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return agencies, nil
		}
		if err != nil {
			return nil, csvError(file, r, err)
		}
		a := gateway.Agency{Status: gateway.AgencyOpen, Reach: gateway.ReachLocal}
		for i, column := range header {
			if !utf8.ValidString(row[i]) {
				return nil, csvError(file, r, fmt.Errorf("không phải UTF-8; hãy lưu tệp dạng CSV UTF-8 (not UTF-8; save the file as CSV UTF-8): %q", row[i]))
			}
			if err := setColumn(&a, strings.TrimSpace(column), strings.TrimSpace(row[i])); err != nil {
				return nil, csvError(file, r, err)
			}
		}
		agencies = append(agencies, a)
	}
}

// separator is a semicolon where the header line has one and no comma, as spreadsheets
// write it whose decimal sign is a comma.
func separator(text *bufio.Reader) rune {
	start, _ := text.Peek(1024) // less at the end of a short file
	header, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.ContainsRune(header, ';') && !bytes.ContainsRune(header, ',') {
		return ';'
	}
	return ','
}

func csvError(file string, r *csv.Reader, err error) error {
	line := 1
	if r.InputOffset() > 0 {
		line, _ = r.FieldPos(0)
	}
	return gateway.Errorf(gateway.CodeInvalidRequest, fmt.Sprintf("%s:%d: %s", file, line, err), "%w", err)
}

// setColumn puts one cell into an entry. Empty cells leave the default.
func setColumn(a *gateway.Agency, column, value string) error {
	texts := map[string]*string{
		"kind": &a.Kind, "name": &a.Name, "in_charge": &a.InCharge, "address": &a.Address, "email": &a.Email,
		"telephone": &a.Telephone, "website": &a.Website, "valid_from": &a.ValidFrom, "valid_to": &a.ValidTo,
	}
	ids := map[string]*gateway.AgencyID{"id": &a.ID, "parent": &a.Parent, "represented_by": &a.RepresentedBy}
	lists := map[string]*[]gateway.AgencyID{"successors": &a.Successors, "aliases": &a.Aliases}
	switch {
	case texts[column] != nil:
		*texts[column] = value
	case ids[column] != nil:
		*ids[column] = gateway.AgencyID(value)
	case lists[column] != nil:
		for _, one := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ' ' }) {
			*lists[column] = append(*lists[column], gateway.AgencyID(one))
		}
	case column == "status" && value != "":
		a.Status = gateway.AgencyStatus(value)
	case column == "reach" && value != "":
		a.Reach = gateway.Reach(value)
	case column != "status" && column != "reach":
		return fmt.Errorf("không có cột %q (there is no column %q)", column, column)
	}
	return nil
}
