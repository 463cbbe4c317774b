package schemas

import (
	"congvan/schemas/edxml"
)

// business checks that what a letter does and what it names belong together.
func (c *checker) business() {
	b := c.env.Business
	if !b.Present {
		return
	}
	path := pathBusiness + "/BussinessDocType"
	switch {
	case b.TypeText == "":
		c.warn(RuleBusinessType, path, say(
			"Không ghi loại nghiệp vụ (BussinessDocType); văn bản được coi là văn bản mới. Nên ghi 0, 1, 2 hoặc 3.",
			"The kind of business (BussinessDocType) is not given; the letter is taken for a new one. Better write 0, 1, 2 or 3."))
	case !knownBusiness(b.TypeText):
		c.fault(RuleBusinessType, path, say(
			"Loại nghiệp vụ %s không có trong bảng mã: 0 (mới), 1 (thu hồi), 2 (cập nhật), 3 (thay thế). Chọn lại.",
			"The kind of business %s is not a known code: 0 (new), 1 (recall), 2 (update), 3 (replacement). Choose again.", quote(b.TypeText)))
		return
	}
	switch b.Type {
	case edxml.BusinessRecall:
		c.recall()
	case edxml.BusinessUpdate:
		c.update()
	case edxml.BusinessReplace:
		c.replacement()
	}
}

func knownBusiness(text string) bool {
	return len(text) == 1 && text >= "0" && text <= "3"
}

// recall needs to name its letter in ResponseFor.
func (c *checker) recall() {
	for _, r := range c.env.ResponseFor {
		if r.DocumentID != "" || r.OrganID != "" && r.Code != "" {
			return
		}
	}
	c.fault(RuleRecallTarget, pathMessage+"/ResponseFor", say(
		"Văn bản thu hồi không nêu thu hồi văn bản nào. Ghi mã định danh văn bản, hoặc mã cơ quan kèm số, ký hiệu, vào phần ResponseFor.",
		"The recall does not say which letter is recalled. Put its identifier, or the agency's code with number and notation, into ResponseFor."))
}

// update needs the identifier of the letter and what of it changed.
func (c *checker) update() {
	b := c.env.Business
	if b.DocumentID == "" {
		c.fault(RuleUpdateTarget, pathBusiness+"/DocumentId", say(
			"Văn bản cập nhật không nêu cập nhật văn bản nào. Ghi mã định danh của văn bản đã gửi vào phần Bussiness/DocumentId.",
			"The update does not say which letter is updated. Put the identifier of the letter sent before into Bussiness/DocumentId."))
	}
	info := pathBusiness + "/BussinessDocumentInfo"
	if b.DocumentInfo == "" && b.DocumentReceiver == "" && len(b.Receivers) == 0 {
		c.warn(RuleUpdateInfo, info, say(
			"Văn bản cập nhật không cho biết phần nào thay đổi (BussinessDocumentInfo). Bên nhận sẽ coi toàn bộ nội dung đã thay đổi; nên ghi rõ.",
			"The update does not say what changed (BussinessDocumentInfo). Receivers will take everything as changed; better state it."))
	}
	if b.DocumentReceiver == "1" && len(b.Receivers) == 0 {
		c.warn(RuleUpdateInfo, info+"/ReceiverList", say(
			"Văn bản cập nhật báo danh sách nơi nhận thay đổi nhưng không kèm danh sách. Bổ sung danh sách cơ quan nhận.",
			"The update says that the receivers changed but does not list them. Add the list of receivers."))
	}
}

// replacement needs the letters that are replaced and for whom.
func (c *checker) replacement() {
	list := pathBusiness + "/ReplacementInfoList"
	all := c.env.Business.Replacements
	if len(all) == 0 {
		c.fault(RuleReplaceTarget, list, say(
			"Văn bản thay thế không nêu thay thế văn bản nào. Ghi mã định danh các văn bản bị thay thế vào phần ReplacementInfoList.",
			"The replacement does not say which letter is replaced. Put the identifiers of the replaced letters into ReplacementInfoList."))
	}
	seen := map[string]int{}
	for i, r := range all {
		if c.full() {
			return
		}
		path := item(list+"/ReplacementInfo", i, len(all))
		c.replaced(path, r)
		if first, twice := seen[r.DocumentID]; twice && r.DocumentID != "" {
			c.warn(RuleReplaceDuplicate, path, say(
				"Văn bản bị thay thế %s được nêu hai lần (lần thứ %d và lần thứ %d). Gộp lại thành một.",
				"The replaced letter %s is named twice (as number %d and number %d). Join them into one.", quote(r.DocumentID), first+1, i+1))
			continue
		}
		seen[r.DocumentID] = i
	}
}

func (c *checker) replaced(path string, r edxml.Replacement) {
	if r.DocumentID == "" {
		c.fault(RuleReplaceTarget, path+"/DocumentId", say(
			"Một dòng thay thế không có mã định danh của văn bản bị thay thế. Bổ sung mã này hoặc xóa dòng.",
			"A line of the replacement lacks the identifier of the replaced letter. Add it or delete the line."))
	}
	if len(r.OrganIDs) == 0 {
		c.warn(RuleReplaceReceivers, path+"/OrganIdList", say(
			"Văn bản thay thế không nêu thay thế cho cơ quan nhận nào. Nên ghi mã các cơ quan đã nhận văn bản cũ.",
			"The replacement does not say for which receivers it is. Better list the codes of those who received the old letter."))
	}
}
