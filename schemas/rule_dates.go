package schemas

import (
	"time"

	"congvan/schemas/edxml"
)

const dateForm = "2006/01/02"

// issued checks the date of issue, and that the answer is not due before it.
func (c *checker) issued() {
	path := pathMessage + "/PromulgationInfo/PromulgationDate"
	due, dueOK := c.date(SeverityWarning, pathMessage+"/DueDate", c.env.DueDate)
	if !c.need(path, string(c.env.Promulgation.Date)) {
		return
	}
	issued, ok := c.date(SeverityError, path, c.env.Promulgation.Date)
	if !ok {
		return
	}
	today := c.today.Format(dateForm)
	switch {
	case issued.Format(dateForm) > today:
		c.fault(RuleDateFuture, path, say(
			"Ngày ban hành %s sau ngày hôm nay (%s). Sửa lại ngày, hoặc gửi vào đúng ngày ban hành.",
			"The issue date %s is later than today (%s). Correct it, or send the letter on its day.", vietnamese(issued), vietnamese(c.today)))
	case issued.Year() < 1945:
		c.warn(RuleDateImplausible, path, say(
			"Ngày ban hành %s không hợp lý. Kiểm tra lại ngày.",
			"The issue date %s is not plausible. Check it.", vietnamese(issued)))
	}
	if dueOK && due.Before(issued) {
		c.warn(RuleDueBeforeIssue, pathMessage+"/DueDate", say(
			"Hạn trả lời %s trước ngày ban hành %s. Kiểm tra lại cả hai ngày.",
			"The date due %s is before the issue date %s. Check both.", vietnamese(due), vietnamese(issued)))
	}
}

// vietnamese writes a day as the office does.
func vietnamese(t time.Time) string { return t.Format("02/01/2006") }

// date gives a date, and reports one that cannot be understood (with the given
// severity) or is written otherwise than the standard asks (a warning). An
// empty date is not reported.
func (c *checker) date(s Severity, path string, d edxml.Date) (time.Time, bool) {
	if d == "" {
		return time.Time{}, false
	}
	t, err := d.Time()
	if err != nil {
		c.found = append(c.found, c.outline.finding(path, s, RuleDate, wrongDate(path, string(d))))
		return time.Time{}, false
	}
	if edxml.FormatDate(t) != d {
		c.warn(RuleDate, path, say2(
			"%s ghi là %s, được hiểu là ngày %s. Theo quy định phải viết năm/tháng/ngày; sửa ở phần mềm gửi.",
			"%s is written %s and taken for %s. The standard asks for year/month/day; correct it in the sending software.",
			capital(label(path)), same(quote(string(d))), same(vietnamese(t))))
	}
	return t, true
}

// wrongDate tells a day that does not exist from one that is written otherwise.
func wrongDate(path, written string) text {
	what := capital(label(path))
	if datePattern(written) {
		return say2("%s là %s, ngày này không có trong lịch. Sửa lại cho đúng ngày.",
			"%s is %s, a day that is not in the calendar. Correct it.", what, same(quote(written)))
	}
	return say2("%s ghi là %s, không đúng dạng năm/tháng/ngày. Viết lại, ví dụ 2026/03/05 cho ngày 05/03/2026.",
		"%s is written %s, not as year/month/day. Write it as in 2026/03/05 for 5 March 2026.", what, same(quote(written)))
}

// datePattern tells whether a text has the shape 0000/00/00.
func datePattern(s string) bool {
	if len(s) != len(dateForm) {
		return false
	}
	for i := range len(s) {
		slash := dateForm[i] == '/'
		if slash != (s[i] == '/') || !slash && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// timestamp warns about a time that cannot be read.
func (c *checker) timestamp(path string, ts edxml.Timestamp) {
	if ts == "" {
		return
	}
	t, err := ts.Time()
	switch {
	case err != nil:
		c.warn(RuleTimestamp, path, say(
			"Thời điểm %s không đọc được; cần viết dạng năm/tháng/ngày giờ:phút:giây, ví dụ 2026/03/05 14:30:00. Thời điểm này không dùng để thống kê.",
			"The time %s cannot be read; it takes the form year/month/day hour:minute:second, such as 2026/03/05 14:30:00. It is not used in statistics.", quote(string(ts))))
	case edxml.FormatTimestamp(t) != ts:
		c.warn(RuleTimestamp, path, say(
			"Thời điểm ghi là %s, được hiểu là %s. Theo quy định phải viết năm/tháng/ngày giờ:phút:giây; sửa ở phần mềm gửi.",
			"The time is written %s and taken for %s. The standard asks for year/month/day hour:minute:second; correct it in the sending software.",
			quote(string(ts)), t.Format("15:04:05 02/01/2006")))
	}
}
