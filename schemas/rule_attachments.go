package schemas

import (
	"strings"

	"congvan/schemas/edxml"
)

// attachments checks the files against the manifest. Both name a file by its
// content id, already without the cid: before it.
func (c *checker) attachments() {
	if len(c.env.Attachments) == 0 && len(c.env.References) == 0 {
		c.fileNeeded()
		return
	}
	present := c.attachmentIDs()
	listed := c.referenceIDs(present)
	for i, a := range c.env.Attachments {
		if c.full() {
			return
		}
		if !listed[a.ContentID] {
			c.warn(RuleAttachmentExtra, item(pathAttachments, i, len(c.env.Attachments)), say(
				"Tệp %s có trong gói tin nhưng không có trong danh mục tệp (Reference). Tệp vẫn được nhận; nên bổ sung danh mục.",
				"The file %s is in the message but not in the manifest (Reference). It is accepted; better list it.", quote(a.Name)))
		}
	}
}

// fileNeeded reports a letter without files. A recall may have none.
func (c *checker) fileNeeded() {
	if c.env.Business.Type == edxml.BusinessRecall {
		return
	}
	c.fault(RuleNoAttachment, pathAttachments, say(
		"Gói tin không có tệp văn bản nào. Đính kèm ít nhất một tệp rồi gửi lại.",
		"The message has no file. Attach at least one and send again."))
}

// attachmentIDs checks the files' names and ids and gives the ids.
func (c *checker) attachmentIDs() map[string]bool {
	ids := map[string]bool{}
	for i, a := range c.env.Attachments {
		if c.full() {
			break
		}
		path := item(pathAttachments, i, len(c.env.Attachments))
		c.attachmentName(path+"/AttachmentName", a.Name)
		if ids[a.ContentID] && a.ContentID != "" {
			c.warn(RuleAttachmentID, path+"/ContentId", say(
				"Hai tệp đính kèm cùng mang mã %s. Cả hai đều được nhận; nên cấp mã riêng cho từng tệp.",
				"Two attachments have the same id %s. Both are accepted; better give each its own.", quote(a.ContentID)))
		}
		ids[a.ContentID] = true
	}
	return ids
}

func (c *checker) attachmentName(path, name string) {
	c.fits(SeverityError, field{path, name, 500})
	switch {
	case name == "":
		c.warn(RuleAttachmentName, path, say(
			"Tệp đính kèm không có tên. Bên nhận khó biết đây là tệp gì; nên đặt tên tệp.",
			"The attachment has no file name. Receivers can hardly tell what it is; better name it."))
	case strings.ContainsAny(name, `/\`):
		c.warn(RuleAttachmentName, path, say(
			"Tên tệp %s chứa dấu / hoặc \\ như một đường dẫn. Chỉ ghi tên tệp.",
			"The file name %s contains / or \\ like a path. Write the name only.", quote(name)))
	}
}

// referenceIDs reports lines of the manifest whose file is not there, and gives
// the ids of all lines.
func (c *checker) referenceIDs(present map[string]bool) map[string]bool {
	ids := map[string]bool{}
	for i, r := range c.env.References {
		ids[r.ContentID] = true
		if present[r.ContentID] || c.full() {
			continue
		}
		c.fault(RuleAttachmentMissing, item(pathReferences, i, len(c.env.References)), say(
			"Danh mục có tệp %s (mã %s) nhưng gói tin không kèm tệp này. Đính kèm đủ tệp rồi gửi lại.",
			"The manifest lists the file %s (id %s) but the message does not carry it. Attach all files and send again.", quote(r.Name), quote(r.ContentID)))
	}
	return ids
}
