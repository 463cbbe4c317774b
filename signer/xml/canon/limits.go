package canon

import "cmp"

// Limits bound what Parse reads. Zero fields take the values of DefaultLimits.
type Limits struct {
	Size       int // bytes of the skeleton
	Depth      int
	Elements   int
	Attributes int // of one element, namespace declarations included
}

// DefaultLimits lie above those of letters, so that whatever passed the splitter is read.
func DefaultLimits() Limits {
	return Limits{Size: 8 << 20, Depth: 128, Elements: 50_000, Attributes: 128}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Size:       cmp.Or(l.Size, d.Size),
		Depth:      cmp.Or(l.Depth, d.Depth),
		Elements:   cmp.Or(l.Elements, d.Elements),
		Attributes: cmp.Or(l.Attributes, d.Attributes),
	}
}
