package syntax_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"congvan/internal/peers"
	"congvan/signer/pdf/syntax"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(peers.Samples(t, "pdf"), name+".pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSamples(t *testing.T) {
	for _, tc := range []struct {
		name      string
		revisions int
		fields    string // of the last revision
		fault     syntax.Code
	}{
		{"base", 2, "Sig1", ""},
		{"certified-with-indirect-refs-in-dir", 2, "Sig1", ""},
		{"ed448-disallowed-hash", 2, "Sig1", ""},
		{"extensions-direct", 4, "Sig1 Sig2", ""},
		{"form-update-override-appearance-stream-sneaky", 2, "Sig1 Sig2", ""},
		{"isa_A", 0, "", syntax.CodeNoEOF},
		{"isa_B", 0, "", syntax.CodeNoEOF},
		{"isa_C", 3, "Signature1", syntax.CodeObjectHeader},
		{"isa_D", 0, "", syntax.CodeNoEOF},
		{"isa_E", 0, "", syntax.CodeObjectHeader},
		{"isa_F", 0, "", syntax.CodeObjectHeader},
		{"isa_G", 0, "", syntax.CodeNoRoot},
		{"isa_H", 0, "", syntax.CodeNoStartXRef},
		{"isa_I", 0, "", syntax.CodeNoStartXRef},
		{"minimal-signed-twice-both-created", 2, "Signature2 Signature3", ""},
		{"minimal-signed-twice-second-created", 2, "Sig1 Signature3", ""},
		{"minimal-two-fields-signed-twice", 2, "Sig1 Sig2", ""},
		{"one-byterange", 2, "Sig1", ""},
		{"pades-lta-dss-indirect-arrs-test", 5, "Sig1 Timestamp-977301ad-bec9-4cae-a0cd-f6a674c6e465", ""},
		{"pades-with-old-style-signing-cert-attr", 2, "Sig1", ""},
		{"pdf-sig-with-econtent", 2, "Sig1", ""},
		{"separate-annots-kids-indir", 3, "Sig1 Sig2", ""},
		{"sig-no-signed-attrs", 2, "Sig1", ""},
		{"sig-with-ski-sid", 3, "Sig1", ""},
		{"signature-gap-too-big", 2, "Sig1", ""},
		{"siwa_A", 0, "", syntax.CodeNoEOF},
		{"siwa_B", 0, "", syntax.CodeXRef},
		{"siwa_C", 2, "", syntax.CodePageTree},
		{"siwa_D", 2, "", syntax.CodePageTree},
		{"siwa_E", 0, "", syntax.CodeXRef},
		{"tail-uncovered", 2, "Sig1", ""},
		{"usf_01_Empty_Contents", 3, "Signature1", syntax.CodeStreamLength},
		{"usf_02_00_Contents", 3, "Signature1", syntax.CodeStreamLength},
		{"usf_03_Null_Contents", 3, "Signature1", syntax.CodeStreamLength},
		{"usf_04_No_Contents_Value", 3, "Signature1", syntax.CodeDict},
		{"usf_05_No_Contents", 3, "Signature1", syntax.CodeStreamLength},
		{"usf_12_Null_ByteRange", 3, "Signature1", syntax.CodeStreamLength},
		{"usf_14_No_ByteRange", 3, "Signature1", syntax.CodeStreamLength},
		{"weird-byterange", 2, "Sig1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := sample(t, tc.name)
			if err := walk(data, syntax.Options{}); code(err) != tc.fault {
				t.Errorf("%v, want %q", err, tc.fault)
			}
			names, err := syntax.Scan(t.Context(), bytes.NewReader(data), int64(len(data)))
			if err != nil || len(names) == 0 {
				t.Errorf("no trace of a signature: %v, %v", names, err)
			}
			f, err := open(data)
			if err != nil {
				if tc.revisions != 0 {
					t.Error(err)
				}
				return
			}
			checkSample(t, f, tc.revisions, tc.fields, len(names))
		})
	}
}

func checkSample(t *testing.T, f *syntax.File, revisions int, fields string, traces int) {
	t.Helper()
	if len(f.Revisions()) != revisions {
		t.Errorf("%d revisions, want %d", len(f.Revisions()), revisions)
	}
	all, _ := f.Latest().AllFields() // what fails has been looked at
	var names []string
	for _, field := range all {
		names = append(names, field.Name)
	}
	if got := strings.Join(names, " "); got != fields {
		t.Errorf("fields %q, want %q", got, fields)
	}
	if fields != "" && traces < 1 {
		t.Errorf("%d traces", traces)
	}
}

func TestSamplesCanBeExtended(t *testing.T) {
	for _, name := range []string{
		"base", "minimal-signed-twice-both-created", "minimal-two-fields-signed-twice", "pades-lta-dss-indirect-arrs-test", "separate-annots-kids-indir",
	} {
		data := appended(t, sample(t, name), func(u *syntax.Update) {
			u.Add(syntax.Dict{"Type": syntax.Name("DSS")})
			u.SetTrailer("Note", syntax.String("kept"))
		})
		qpdf(t, "--check", written(t, data))
		f := mustOpen(t, data)
		if f.Latest().End != f.Size() || f.Latest().Trailer["Note"] != syntax.String("kept") {
			t.Errorf("%s ends at %d of %d", name, f.Latest().End, f.Size())
		}
	}
}

func TestScanCountsWhatCannotBeOpened(t *testing.T) {
	broken := strings.Repeat(" ", 64<<10-12) + "<</Type /Sig /ByteRange [0 1 2 3]>> <</Type\n/DocTimeStamp>> <</FT/Sig/ByteRangeX 1/Type/Sign>>"
	names, err := syntax.Scan(t.Context(), strings.NewReader(broken), int64(len(broken)))
	if err != nil || len(names) != 2 || names[0] != "@65526" {
		t.Errorf("%v, %v", names, err)
	}
}
