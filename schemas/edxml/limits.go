package edxml

import "cmp"

// DefaultLimits are the bounds used for zero fields: a document of 1 GiB with its
// base64 fits, and so does a letter to two thousand receivers.
func DefaultLimits() Limits {
	return Limits{
		Size:        3 << 29, // 1.5 GiB
		Skeleton:    4 << 20,
		Depth:       64,
		Elements:    20_000,
		Attributes:  64,
		Tag:         16 << 10,
		Attachments: 256,
		Layout:      64,
	}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Size:        cmp.Or(l.Size, d.Size),
		Skeleton:    cmp.Or(l.Skeleton, d.Skeleton),
		Depth:       cmp.Or(l.Depth, d.Depth),
		Elements:    cmp.Or(l.Elements, d.Elements),
		Attributes:  cmp.Or(l.Attributes, d.Attributes),
		Tag:         cmp.Or(l.Tag, d.Tag),
		Attachments: cmp.Or(l.Attachments, d.Attachments),
		Layout:      cmp.Or(l.Layout, d.Layout),
	}
}

// DefaultZipLimits are the bounds used for zero fields of ZipLimits.
func DefaultZipLimits() ZipLimits {
	return ZipLimits{Size: 2 << 30, Ratio: 200, Entries: 1000}
}

func (l ZipLimits) orDefault() ZipLimits {
	d := DefaultZipLimits()
	return ZipLimits{
		Size:    cmp.Or(l.Size, d.Size),
		Ratio:   cmp.Or(l.Ratio, d.Ratio),
		Entries: cmp.Or(l.Entries, d.Entries),
	}
}
