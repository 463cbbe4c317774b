package pdf

import (
	"fmt"
	"time"

	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// application names us in the build properties of a signature (/Prop_Build).
const application = "congvan"

// signatureDict is the dictionary of a PAdES signature (EN 319 142-1, 6.3), without
// what binds it to fields and documents.
func signatureDict(o SignOptions, room int) syntax.Dict {
	d := syntax.Dict{
		"Type":      syntax.Name("Sig"),
		"Filter":    syntax.Name("Adobe.PPKLite"),
		"SubFilter": syntax.Name(subFilter),
		"M":         syntax.String(pdfDate(o.Time)),
	}
	texts := map[syntax.Name]string{"Name": o.Name, "Reason": o.Reason, "Location": o.Location, "ContactInfo": o.Contact}
	for key, text := range texts {
		if text != "" {
			d[key] = syntax.TextString(text)
		}
	}
	return withHoles(d, room)
}

// Names of the forms of signature values (ISO 32000-2, table 260).
const (
	subFilter      = "ETSI.CAdES.detached"
	subFilterStamp = "ETSI.RFC3161"
	subFilterOld   = "adbe.pkcs7.detached"
)

// stampDict is the dictionary of a document time stamp (ISO 32000-2, 12.8.5).
func stampDict(room int) syntax.Dict {
	return withHoles(syntax.Dict{
		"Type":      syntax.Name("DocTimeStamp"),
		"Filter":    syntax.Name("Adobe.PPKLite"),
		"SubFilter": syntax.Name(subFilterStamp),
	}, room)
}

func withHoles(d syntax.Dict, room int) syntax.Dict {
	d["ByteRange"] = syntax.Hole{Name: holeRange, Size: rangeSize}
	d["Contents"] = syntax.Hole{Name: holeContents, Size: 2*room + 2}
	d["Prop_Build"] = syntax.Dict{
		"Filter": syntax.Dict{"Name": syntax.Name("Adobe.PPKLite")},
		"App":    syntax.Dict{"Name": syntax.Name(application)},
	}
	return d
}

// pdfDate is a date of ISO 32000-2, 7.9.4, at +07'00'.
func pdfDate(t time.Time) string {
	return t.In(signer.Vietnam()).Format("D:20060102150405") + "+07'00'"
}

// certification is the reference of a certification (DocMDP, ISO 32000-2, 12.8.2.2).
func certification(p int) syntax.Dict {
	return syntax.Dict{
		"Type":            syntax.Name("SigRef"),
		"TransformMethod": syntax.Name("DocMDP"),
		"TransformParams": syntax.Dict{
			"Type": syntax.Name("TransformParams"), "V": syntax.Name("1.2"), "P": int64(p),
		},
	}
}

// fieldLock is the reference that puts a field's lock into force (FieldMDP, 12.8.2.4).
func fieldLock(l *Lock, catalog syntax.Ref) syntax.Dict {
	params := syntax.Dict{
		"Type": syntax.Name("TransformParams"), "V": syntax.Name("1.2"), "Action": syntax.Name(l.Action),
	}
	if l.Action != changes.LockAll {
		params["Fields"] = lockedNames(l)
	}
	return syntax.Dict{
		"Type":            syntax.Name("SigRef"),
		"TransformMethod": syntax.Name("FieldMDP"),
		"TransformParams": params,
		"Data":            catalog,
	}
}

func lockedNames(l *Lock) syntax.Array {
	all := make(syntax.Array, len(l.Fields))
	for i, name := range l.Fields {
		all[i] = syntax.TextString(name)
	}
	return all
}

// lockDict is a lock as a field carries it (table 236).
func lockDict(l *Lock) syntax.Dict {
	d := syntax.Dict{"Type": syntax.Name("SigFieldLock"), "Action": syntax.Name(l.Action)}
	if l.Action != changes.LockAll {
		d["Fields"] = lockedNames(l)
	}
	if l.Permissions != 0 {
		d["P"] = int64(l.Permissions)
	}
	return d
}

// checkLock refuses a lock that the standard does not know.
func checkLock(l *Lock) error {
	switch {
	case l.Action != changes.LockAll && l.Action != changes.LockInclude && l.Action != changes.LockExclude,
		l.Permissions < 0 || l.Permissions > 3:
		return fmt.Errorf("lock: action %q, permissions %d: %w", l.Action, l.Permissions,
			refuse("lock-unknown", "Kiểu khóa trường không hợp lệ.", "The lock's action or permissions are none of the standard's."))
	}
	return nil
}
