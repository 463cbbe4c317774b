package schemas

import (
	"slices"
	"strings"
)

// maxAgencyCode is the greatest length of a code, in characters (QĐ 20/2020).
const maxAgencyCode = 35

// AgencyFormat is the standard that a code follows.
type AgencyFormat string

const (
	// FormatOld: QCVN 102:2016, 13 characters, read from the right:
	// 000.12.31.H53 is level 1 H53, level 2 31, level 3 12.
	FormatOld AgencyFormat = "old"
	// FormatNew: QĐ 20/2020/QĐ-TTg, up to 35 characters, read from the left:
	// H53.31.12.
	FormatNew AgencyFormat = "new"
	// FormatLenient: neither, but seen in traffic: 28.22.H17, 001.00.20.TT2.
	// Read as an old code.
	FormatLenient AgencyFormat = "lenient"
)

// AgencyCode is an agency's code taken apart. The directory, not the form of
// the code, says which agency it is and whether there is one.
type AgencyCode struct {
	Text   string
	Format AgencyFormat
	Levels []string // from level 1 down, without groups of zeros in old codes
}

// ParseAgencyCode takes a code apart; ok is false when it has none of the known
// forms. Codes are upper-case and not trimmed here.
//
// A code such as H26.12.34.G22 fits both standards. It is read as a new one: in
// real old codes the first group is a number.
func ParseAgencyCode(s string) (code AgencyCode, ok bool) {
	if len(s) > maxAgencyCode {
		return AgencyCode{}, false
	}
	groups := strings.Split(s, ".")
	for _, g := range groups {
		if !isGroup(g) {
			return AgencyCode{}, false
		}
	}
	switch {
	case isNew(groups):
		return AgencyCode{s, FormatNew, groups}, true
	case isOld(groups):
		return AgencyCode{s, FormatOld, fromRight(groups)}, true
	case isLenient(groups):
		return AgencyCode{s, FormatLenient, fromRight(groups)}, true
	}
	return AgencyCode{}, false
}

// NewHint proposes the code of QĐ 20/2020 that an old code would have become:
// 000.20.31.H53 gives H53.31.20. It is a hint to look up, never an answer:
// provinces gave out new numbers.
func (c AgencyCode) NewHint() (hint string, ok bool) {
	if c.Format == FormatNew || len(c.Levels) == 0 || !isLevelOne(c.Levels[0]) {
		return "", false
	}
	return strings.Join(c.Levels, "."), true
}

// OldHint proposes the 13-character code for a new one, when its groups fit:
// H53.31.20 gives 000.20.31.H53. A hint as NewHint is.
func (c AgencyCode) OldHint() (hint string, ok bool) {
	if c.Format != FormatNew || len(c.Levels) > 4 {
		return "", false
	}
	widths := []int{3, 2, 2, 3} // of levels 1 to 4
	old := []string{"", "00", "00", "000"}
	for i, level := range c.Levels {
		if len(level) > widths[i] {
			return "", false
		}
		old[i] = strings.Repeat("0", widths[i]-len(level)) + level
	}
	slices.Reverse(old)
	return strings.Join(old, "."), true
}

// fromRight gives the levels of an old code.
func fromRight(groups []string) []string {
	var levels []string
	for _, g := range slices.Backward(groups) {
		if strings.Trim(g, "0") != "" {
			levels = append(levels, g)
		}
	}
	return levels
}

func isNew(groups []string) bool {
	if len(groups) > 10 || !isLevelOne(groups[0]) {
		return false
	}
	return !slices.ContainsFunc(groups, func(g string) bool { return len(g) > 10 })
}

func isOld(groups []string) bool {
	return len(groups) == 4 && len(groups[0]) == 3 && len(groups[1]) == 2 && len(groups[2]) == 2 && isLevelOne(groups[3])
}

func isLenient(groups []string) bool {
	if len(groups) < 2 || len(groups) > 4 {
		return false
	}
	return !slices.ContainsFunc(groups, func(g string) bool { return len(g) < 2 || len(g) > 3 })
}

// isLevelOne tells a letter and two digits, such as H26.
func isLevelOne(g string) bool {
	return len(g) == 3 && g[0] >= 'A' && g[0] <= 'Z' && isDigit(g[1]) && isDigit(g[2])
}

// isGroup tells one or more digits and capital letters.
func isGroup(g string) bool {
	for i := range len(g) {
		if !isDigit(g[i]) && (g[i] < 'A' || g[i] > 'Z') {
			return false
		}
	}
	return g != ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
