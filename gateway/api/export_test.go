package api

// Routes lists the patterns of the routes, for the test that compares them with the document.
func Routes() []string {
	var out []string
	for _, r := range (&api{}).routes() {
		out = append(out, r.pattern)
	}
	return out
}

// ScopeOf gives the scope that a route demands.
func ScopeOf(pattern string) string {
	for _, r := range (&api{}).routes() {
		if r.pattern == pattern {
			return string(r.scope)
		}
	}
	return ""
}

// DecodeJSON is decodeJSON, for the fuzz target.
func DecodeJSON(data []byte, into any) error { return decodeJSON(data, into) }

// Disposition is disposition, for its table.
func Disposition(name string) string { return disposition(name) }

// Spooled gives how many bytes wait in the spool of an API.
func Spooled(h any) int64 { return h.(*api).spool.used.Load() }
