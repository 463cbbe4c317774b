package schemas

import "congvan/schemas/edxml"

// status checks a receiver's report about a letter.
func (c *checker) status() {
	c.organization(pathMessage+"/From", c.env.From)
	c.statusTarget()
	s := c.env.Status
	if s == nil {
		c.need(pathMessage+"/StatusCode", "")
		return
	}
	if c.need(pathMessage+"/StatusCode", string(s.Code)) {
		c.statusCode(s.Code)
	}
	if givesReason(s.Code) && s.Description == "" {
		c.warn(RuleStatusReason, pathMessage+"/Description", say(
			"Trạng thái %s (từ chối) không nêu lý do. Nghị định 30/2020/NĐ-CP yêu cầu nêu rõ lý do khi trả lại văn bản; ghi vào phần Description.",
			"The status %s (refusal) gives no reason. Decree 30/2020/NĐ-CP asks for one when a letter is returned; put it into Description.", string(s.Code)))
	}
	if s.Timestamp == "" {
		c.warn(RuleTimestamp, pathMessage+"/Timestamp", say(
			"Trạng thái không ghi thời điểm (Timestamp); lấy thời điểm nhận gói tin. Nên ghi thời điểm ở phần mềm gửi.",
			"The status gives no time (Timestamp); the time of arrival is taken. Better write it in the sending software."))
	}
	c.timestamp(pathMessage+"/Timestamp", s.Timestamp)
}

func givesReason(code edxml.StatusCode) bool {
	return code == edxml.StatusRejection || code == edxml.StatusChangeRejection
}

// statusTarget needs the letter that is reported on.
func (c *checker) statusTarget() {
	path := pathMessage + "/ResponseFor"
	if len(c.env.ResponseFor) == 0 {
		c.need(path, "")
		return
	}
	r := c.env.ResponseFor[0]
	if r.DocumentID == "" && r.Code == "" {
		c.fault(RuleStatusTarget, path, say(
			"Trạng thái không cho biết về văn bản nào: thiếu cả mã định danh văn bản và số, ký hiệu. Bổ sung vào phần ResponseFor.",
			"The status does not say about which letter: both the identifier and the number with notation are missing. Put them into ResponseFor."))
	}
	if r.OrganID == "" {
		c.warn(RuleStatusTarget, path+"/OrganId", say(
			"Trạng thái không ghi cơ quan đã gửi văn bản (ResponseFor/OrganId), nên chỉ chuyển được theo địa chỉ của lượt gửi. Nên bổ sung.",
			"The status does not name the sender of the letter (ResponseFor/OrganId), so only the transport's address can route it. Better add it."))
	}
	c.date(SeverityWarning, path+"/PromulgationDate", r.PromulgationDate)
}

func (c *checker) statusCode(code edxml.StatusCode) {
	path := pathMessage + "/StatusCode"
	switch statusKind(code) {
	case statusUndefined:
		c.warn(RuleStatusCode, path, say(
			"Mã trạng thái %s chưa được định nghĩa (các mã 07 đến 12 và 14 để dành). Trạng thái được lưu nhưng không làm thay đổi tình trạng văn bản.",
			"The status code %s has no defined meaning (07 to 12 and 14 are unassigned). It is recorded but changes nothing.", quote(string(code))))
	case statusUnknown:
		c.fault(RuleStatusCode, path, say(
			"Mã trạng thái %s không có. Dùng 01 đến 06, 13, 15 hoặc 16.",
			"There is no status code %s. Use 01 to 06, 13, 15 or 16.", quote(string(code))))
	}
}
