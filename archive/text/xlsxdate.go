package text

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// dateStyles gives the indices of the cell styles that show a number as a date.
func (c *container) dateStyles(relations map[string]relation) (map[string]bool, error) {
	formats, styles := map[string]bool{}, map[string]bool{}
	within, n := false, 0
	err := c.read(partOf(relations, "styles"), func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "numFmt":
				formats[attr(t, "numFmtId")] = dateFormat(attr(t, "formatCode"))
			case "cellXfs":
				within = true
			case "xf":
				if !within {
					break
				}
				if id := attr(t, "numFmtId"); formats[id] || builtInDate(id) {
					styles[strconv.Itoa(n)] = true
				}
				n++
			}
		case xml.EndElement:
			within = within && t.Name.Local != "cellXfs"
		}
		return nil
	})
	return styles, err
}

// builtInDate tells whether a number format of Excel's own (ECMA-376 part 1, 18.8.30) has a date.
func builtInDate(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && (n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 36 || n >= 50 && n <= 58)
}

// dateFormat tells whether a format shows a day or a year; what stands in quotes or
// brackets (colours, languages) is no part of it.
func dateFormat(code string) bool {
	var b strings.Builder
	quoted, bracketed := false, false
	for _, r := range strings.ToLower(code) {
		switch {
		case r == '"':
			quoted = !quoted
		case r == '[' && !quoted:
			bracketed = true
		case r == ']' && !quoted:
			bracketed = false
		case !quoted && !bracketed:
			b.WriteRune(r)
		}
	}
	return strings.ContainsAny(b.String(), "dy")
}

// date writes a day that is stored as its number since the end of 1899, as Excel counts.
func date(value string) string {
	days, err := strconv.ParseFloat(value, 64)
	if err != nil || days < 1 || days > 2_958_465 { // 31/12/9999
		return value
	}
	return time.Date(1899, time.December, 30+int(days), 0, 0, 0, 0, time.UTC).Format("02/01/2006")
}
