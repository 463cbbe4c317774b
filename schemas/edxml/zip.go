package edxml

// ZipLimits bound what unwrapping a ZIP-wrapped attachment may give. Zero fields
// take the values of DefaultZipLimits.
type ZipLimits struct {
	Size    int64 // bytes of the unwrapped file
	Ratio   int64 // unwrapped to wrapped
	Entries int
}
