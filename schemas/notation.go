package schemas

import "strings"

// notationForm is number and notation as NĐ 30/2020 wants them printed:
// 12/QĐ-UBND, 05/UBND-VP, and with the year for normative documents:
// 12/2026/QĐ-UBND. Numbers below 10 take a zero; & stands in the short names of
// some units (TC&KH).
const notationForm = `^(0[1-9]|[1-9][0-9]{1,10})(/(19|20)[0-9]{2})?/[0-9A-ZĐa-zÀ-ỹ]+(-[0-9A-ZĐa-zÀ-ỹ.&]+)+$`

// notationForm warns when number and notation are unlike the decree's form. The
// Party's letters have a form of their own.
func (c *checker) notationForm() {
	printed := tidy(c.env.Code.String())
	if c.party() || c.notation.MatchString(printed) {
		return
	}
	c.warn(RuleNotation, pathMessage+"/Code", say(
		"Số, ký hiệu %s khác mẫu của Nghị định 30/2020/NĐ-CP (ví dụ 05/UBND-VP hoặc 12/QĐ-UBND; số nhỏ hơn 10 thêm số 0 phía trước). Vẫn nhận; kiểm tra lại.",
		"The number and notation %s is unlike the form of Decree 30/2020/NĐ-CP (such as 05/UBND-VP or 12/QĐ-UBND; numbers below 10 take a leading 0). It is accepted; check it.", quote(printed)))
}

// notationType warns when the notation's abbreviation and the name of the type
// speak of different types.
func (c *checker) notationType(named DocumentType) {
	lead := leadingPart(c.env.Code.Notation)
	if lead == "" || c.party() {
		return
	}
	path := pathMessage + "/Code/CodeNotation"
	marked, ok := abbreviated(lead)
	switch {
	case ok && marked.Name != named.Name && !isCopy(marked):
		c.warn(RuleNotationType, path, say(
			"Ký hiệu bắt đầu bằng %s, là chữ viết tắt của “%s”, nhưng tên loại ghi “%s”. Kiểm tra lại ký hiệu và tên loại.",
			"The notation starts with %s, the abbreviation of “%s”, but the type is given as “%s”. Check notation and type.",
			quote(lead), marked.Name, named.Name))
	case !ok && named.Abbr != "":
		c.warn(RuleNotationType, path, say(
			"Tên loại ghi “%s” nhưng ký hiệu không bắt đầu bằng chữ viết tắt “%s”. Kiểm tra lại ký hiệu và tên loại.",
			"The type is given as “%s” but the notation does not start with its abbreviation “%s”. Check notation and type.",
			named.Name, named.Abbr))
	}
}

// isCopy tells a form of copy: its mark stands on letters of any type.
func isCopy(t DocumentType) bool {
	for _, c := range CopyTypes() {
		if c == t {
			return true
		}
	}
	return false
}

// leadingPart is what stands before the notation's first hyphen, behind a year
// when there is one: QĐ of QĐ-UBND and of 2026/QĐ-UBND.
func leadingPart(notation string) string {
	lead, _, _ := strings.Cut(tidy(notation), "-")
	return strings.TrimSpace(lead[strings.LastIndexByte(lead, '/')+1:])
}
