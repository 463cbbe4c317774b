package changes

import (
	"maps"
	"slices"

	"congvan/signer"
	"congvan/signer/pdf/syntax"
)

// change is a field before and after.
type change struct {
	was, is *field
	touched map[syntax.Name]bool // keys whose value changed deeper down
	filled  bool                 // its value changed
	drawn   bool                 // its look may have changed
}

// differs says whether something changed under a key.
func (c *change) differs(key syntax.Name) bool {
	return c.touched[key] || !syntax.Equal(c.was.dict[key], c.is.dict[key])
}

// compareFields compares the fields and widgets that changed, or something below them.
func (d *diff) compareFields() error {
	for _, n := range slices.Sorted(maps.Keys(d.fields)) {
		c, err := d.change(n)
		if err != nil {
			return err
		}
		c.touched = d.fields[n]
		if err := d.compareField(n, c); err != nil {
			return err
		}
	}
	return nil
}

// change gives a field in both revisions.
func (d *diff) change(n id) (*change, error) {
	ref := d.graph.refs[n]
	c := &change{}
	var err error
	if c.was, err = fieldOf(d.old, d.forms.old, ref); err != nil {
		return nil, err
	}
	if c.is, err = fieldOf(d.new, d.forms.new, ref); err != nil {
		return nil, err
	}
	c.filled = d.filled(c)
	return c, nil
}

// fieldOf gives a field or widget, also one that the form does not know.
func fieldOf(r *syntax.Revision, known *form, ref syntax.Ref) (*field, error) {
	if one := known.fields[ref]; one != nil {
		return one, nil
	}
	f := &formReader{r, &form{}}
	o, err := r.Resolve(ref)
	if err != nil {
		return nil, err
	}
	dict, _ := o.(syntax.Dict)
	one := &field{ref: ref, dict: dict}
	return one, f.describe(one)
}

// filled says whether the value of a field changed, be it the one that a widget inherits.
func (d *diff) filled(c *change) bool {
	if ref, ok := c.is.value.(syntax.Ref); ok && d.changed[d.graph.id(ref)] {
		return true
	}
	return !syntax.Equal(c.was.value, c.is.value)
}

// compareField decides on each key of a field that changed. One that is signed is frozen.
func (d *diff) compareField(n id, c *change) error {
	for _, key := range keysOf(c.was.dict, c.is.dict) {
		if !c.differs(key) {
			continue
		}
		var err error
		if c.was.signed() {
			err = d.keepSigned(n, c, key)
		} else {
			err = d.fieldKey(n, c, key)
		}
		if err != nil {
			return err
		}
	}
	return d.lookedAt(c)
}

// keepSigned holds a signed field: what it shows is what its signer saw, its value is the signature.
func (d *diff) keepSigned(n id, c *change, key syntax.Name) error {
	if key == "Kids" {
		return nil // the tree is compared
	}
	r := reason(codeSignedWidget, c.was.name)
	if key == "V" {
		r = reason(codeSignedValue, c.was.name)
	}
	return d.keepField(n, c, key, r)
}

func (d *diff) keepField(n id, c *change, key syntax.Name, r signer.Reason) error {
	before := len(d.findings)
	err := d.keep(n, key, c.was.dict[key], c.is.dict[key], r)
	for i := before; i < len(d.findings); i++ {
		d.findings[i].Field = c.was.name
	}
	return err
}

// fieldKey decides on one key of a field that was not signed (tables 166, 191, 226, 228 to 235).
func (d *diff) fieldKey(n id, c *change, key syntax.Name) error {
	switch key {
	case "V":
		return d.fill(c)
	case "AP":
		return d.appearance(n, c)
	case "Kids":
		return nil // the tree is compared
	case "AS", "RV", "I", "TI", "DA", "Q":
		return d.look(n, c, key)
	case "M":
		d.field(signer.ModificationForm, c.is, reason(codeFilled, c.is.name, key))
		return nil
	case "F":
		return d.annotationFlags(n, c)
	case "Ff":
		return d.fieldFlags(n, c)
	case "Lock", "SV", "P":
		was, err := d.old.Resolve(c.was.dict[key])
		if err == nil && was == nil && (c.is.kind == "Sig" || key == "P") {
			d.field(signer.ModificationForm, c.is, reason(codeFilled, c.is.name, key))
			return nil
		}
		if err != nil {
			return err
		}
	}
	return d.keepField(n, c, key, reason(codeFieldChanged, c.was.name, key))
}

// fill decides on a value given to a field that had no signature.
func (d *diff) fill(c *change) error {
	if c.is.kind != "Sig" {
		d.field(signer.ModificationForm, c.is, reason(codeFilled, c.is.name, "V"))
		return nil
	}
	stamp, ok, err := d.signatureValue(c.is.dict["V"], map[syntax.Ref]bool{})
	switch {
	case err != nil:
		return err
	case !ok:
		d.field(signer.ModificationOther, c.is, reason(codeValueReused, c.is.name))
	case stamp:
		level := signer.ModificationForm
		if !visible(d.new, c.is.dict) && c.is.kids == 0 {
			level = signer.ModificationLTA
		}
		d.field(level, c.is, reason(codeStamped, c.is.name))
	default:
		d.field(signer.ModificationForm, c.is, reason(codeSigned, c.is.name))
		c.drawn = true
	}
	return nil
}

// pushButton is the flag of buttons, which have no value to be filled in (table 229).
const pushButton = 1 << 16

// appearance decides on the look of a field: it follows a new value. A look that
// changes alone shows what the field does not say.
func (d *diff) appearance(n id, c *change) error {
	equal, err := d.alike(c.was.dict["AP"], c.is.dict["AP"])
	if err != nil || equal {
		return err
	}
	c.drawn = true
	return d.look(n, c, "AP")
}

// look lets what a field shows follow its value.
func (d *diff) look(n id, c *change, key syntax.Name) error {
	c.drawn = c.drawn || key == "AS" // another of the looks that are there
	button := c.is.kind == "Btn" && c.is.flags&pushButton != 0
	if c.is.kind == "Sig" || c.filled && !button {
		d.field(signer.ModificationForm, c.is, reason(codeFilled, c.is.name, key))
		return nil
	}
	return d.keepField(n, c, key, reason(codeLookAlone, c.is.name))
}

// flags that may be set while filling in: they restrict, or concern printing (tables 167, 227).
const (
	flagInvisible = 1 << 0
	flagHidden    = 1 << 1
	flagPrint     = 1 << 2
	flagNoView    = 1 << 5
	flagToggle    = 1 << 8                                                     // ToggleNoView: seen while the pointer is over it
	flagsFloating = 1<<3 /* NoZoom */ | 1<<4                                   /* NoRotate */
	flagsSettable = flagPrint | 1<<6 /* ReadOnly */ | 1<<7 /* Locked */ | 1<<9 /* LockedContents */
	flagReadOnly  = 1 << 0
)

func (d *diff) annotationFlags(n id, c *change) error {
	return d.flags(n, c, "F", flagsSettable)
}

func (d *diff) fieldFlags(n id, c *change) error { return d.flags(n, c, "Ff", flagReadOnly) }

func (d *diff) flags(n id, c *change, key syntax.Name, settable int64) error {
	before, after, err := d.resolve(c.was.dict[key], c.is.dict[key])
	if err != nil {
		return err
	}
	was, _ := before.(int64)
	is, _ := after.(int64)
	if is&^was&^settable == 0 && was&^is == 0 {
		d.field(signer.ModificationForm, c.is, reason(codeFilled, c.is.name, key))
		return nil
	}
	return d.keepField(n, c, key, reason(codeFieldChanged, c.was.name, key))
}

// lookedAt checks a field whose look changed against the signatures beside it.
func (d *diff) lookedAt(c *change) error {
	if !c.drawn || !visible(d.new, c.is.dict) {
		return nil
	}
	pages, err := d.pagesOf(d.graph.id(c.is.ref))
	if err != nil {
		return err
	}
	for _, page := range pages {
		if err := d.drawn(page, c.is.ref, c.is.dict, c.is); err != nil {
			return err
		}
	}
	return nil
}
