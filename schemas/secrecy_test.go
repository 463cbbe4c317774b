package schemas

import (
	"testing"

	"golang.org/x/text/unicode/norm"

	"congvan/schemas/edxml"
)

// Where a text stands in a letter.
const (
	inSubject  = "subject"
	inSphere   = "sphere"
	inAppendix = "appendix"
	inType     = "type"
	inNotation = "notation"
	inName     = "name"
	inReason   = "reason"
)

func letterWith(where, s string) *edxml.Envelope {
	env := &edxml.Envelope{Kind: edxml.KindDocument}
	switch where {
	case inSubject:
		env.Subject = s
	case inSphere:
		env.Other.Sphere = s
	case inAppendix:
		env.Other.Appendixes = []string{s}
	case inType:
		env.DocumentType.Name = s
	case inNotation:
		env.Code.Notation = s
	case inName:
		env.Attachments = []edxml.Attachment{{Name: s}}
	case inReason:
		env.Business.Reason = s
	}
	return env
}

var secrecyCases = []struct {
	where, text string
	want        SecrecyLevel
}{
	// The whole field.
	{inSphere, "Mật", Secret},
	{inSphere, "TỐI MẬT", VerySecret},
	{inSphere, "tuyệt mật", TopSecret},
	{inSphere, "Độ mật: Tối mật", VerySecret},
	{inSphere, "Mức độ mật: MẬT", Secret},
	{inSphere, "Tài liệu mật", Secret},
	{inSphere, "Văn bản tuyệt mật", TopSecret},
	{inSphere, "[MẬT]", Secret},
	{inSphere, "*** TỐI MẬT ***", VerySecret},
	{inSphere, "TUYET MAT", TopSecret},
	{inSphere, "toi mat", VerySecret},
	{inAppendix, "MẬT", Secret},
	{inReason, "Tối mật", VerySecret},
	{inSubject, "MẬT", Secret},
	{inSubject, "mật.", Secret},
	// Stray spaces, decomposed marks, hidden characters.
	{inSphere, "M Ậ T", Secret},
	{inSphere, "T Ố I   M Ậ T", VerySecret},
	{inSphere, "TUYỆT\u00a0MẬT", TopSecret},
	{inSphere, "M\u200bẬ\u00adT", Secret},
	{inSphere, norm.NFD.String("Tuyệt mật"), TopSecret},
	{inSubject, norm.NFD.String("[TỐI MẬT] V/v bố trí lực lượng"), VerySecret},
	// In brackets, in front, behind, in between.
	{inSubject, "[TỐI MẬT] V/v bố trí lực lượng", VerySecret},
	{inSubject, "V/v bố trí lực lượng (Mật)", Secret},
	{inSubject, "V/v bố trí lực lượng (mật)", Secret},
	{inSubject, "V/v bố trí lực lượng (Độ mật: Tối mật)", VerySecret},
	{inSubject, "MẬT: V/v bố trí lực lượng", Secret},
	{inSubject, "Tối mật - V/v bố trí lực lượng", VerySecret},
	{inSubject, "MẬT – Kế hoạch diễn tập", Secret},
	{inSubject, "TUYỆT MẬT. Kế hoạch diễn tập", TopSecret},
	{inSubject, "Kế hoạch diễn tập - Mật", Secret},
	{inSubject, "Kế hoạch diễn tập. TUYỆT MẬT", TopSecret},
	{inSubject, "Kế hoạch diễn tập - MẬT - gửi các đơn vị", Secret},
	{inSubject, "Kế hoạch diễn tập; độ mật: mật", Secret},
	{inSubject, "V/v diễn tập | TỐI MẬT | 2026", VerySecret},
	{inSubject, "MẬT: V/v danh mục tài liệu - TỐI MẬT - năm 2026", Secret},
	// Type and notation.
	{inType, "Công văn mật", Secret},
	{inType, "Báo cáo (Tối mật)", VerySecret},
	{inType, "Kế hoạch tuyệt mật", TopSecret},
	{inNotation, "BC-UBND-MẬT", Secret},
	{inNotation, "KH-UBND(MẬT)", Secret},
	// File names.
	{inName, "MẬT.pdf", Secret},
	{inName, "Tối mật.docx", VerySecret},
	{inName, "[MẬT] ke hoach.pdf", Secret},
	{inName, "MẬT_ke-hoach-05.pdf", Secret},
	{inName, "KH 05_TỐI_MẬT.signed.pdf", VerySecret},
	{inName, "KH-05-TUYỆT-MẬT.pdf.zip", TopSecret},
	{inName, "TOI_MAT_KH05.pdf", VerySecret},
	{inName, "Kế hoạch 05 (Mật).pdf", Secret},
	{inName, "Kế hoạch 05 - MẬT.pdf", Secret},
	{inName, norm.NFD.String("kh-05_MẬT.pdf"), Secret},

	// About something else.
	{inSubject, "V/v bảo mật hệ thống thông tin", ""},
	{inSubject, "V/v phổ biến Luật Bảo vệ bí mật nhà nước", ""},
	{inSubject, "BÁO CÁO CÔNG TÁC BẢO VỆ BÍ MẬT NHÀ NƯỚC", ""},
	{inSubject, "V/v điều tra mật độ dân số", ""},
	{inSubject, "Mật độ xây dựng tại phường", ""},
	{inSubject, "Mật khẩu: hướng dẫn đổi định kỳ", ""},
	{inSubject, "ĐỔI MẬT KHẨU HỘP THƯ CÔNG VỤ", ""},
	{inSubject, "V/v tiêu thụ mật ong", ""},
	{inSubject, "Sản phẩm: mật ong, sáp ong", ""},
	{inSubject, "Thu mua đường - mật", ""},
	{inSubject, "V/v mua sắm mật mã dân sự", ""},
	{inSubject, "V/v giải mật tài liệu", ""},
	{inSubject, "V/v khắc dấu “MẬT”, “TỐI MẬT”", ""},
	{inSubject, "Danh mục bí mật nhà nước độ Tối mật, độ Mật", ""},
	{inSubject, "MẪU DẤU CHỈ ĐỘ MẬT, TỐI MẬT, TUYỆT MẬT", ""},
	{inSubject, "Các độ của bí mật nhà nước: phân loại - MẬT - TỐI MẬT - TUYỆT MẬT", ""},
	{inSubject, "Khen thưởng ông Nguyễn Văn Mật", ""},
	{inSubject, "TRIỆU TẬP ÔNG TRẦN MẬT", ""},
	{inSubject, "V/v tôi mất giấy tờ", ""},
	{inSubject, "Kiểm tra mặt bằng - MAT BANG", ""},
	{inSubject, "V/v bảo vệ bí mật (bí mật nhà nước)", ""},
	{inSubject, "", ""},
	{inSphere, "Lưu hành nội bộ", ""},
	{inSphere, "Độ mật: không", ""},
	{inSphere, "Không mật", ""},
	{inSphere, "Thường", ""},
	{inSphere, "MAT", ""},
	{inAppendix, "Danh mục bảo mật", ""},
	{inType, "Công văn", ""},
	{inType, "Quy chế bảo mật", ""},
	{inNotation, "QĐ-BCĐBVBMNN", ""},
	{inNotation, "BC-UBND", ""},
	{inName, "BẢO_MẬT.pdf", ""},
	{inName, "huong-dan-BẢO-MẬT.pdf", ""},
	{inName, "MẬT_KHẨU.docx", ""},
	{inName, "MẬT ĐỘ DÂN SỐ.xlsx", ""},
	{inName, "BAO_MAT.pdf", ""},
	{inName, "MAT_BANG.dwg", ""},
	{inName, "toi mat giay to.pdf", ""},
	{inName, "Quy chế bảo vệ bí mật nhà nước.pdf", ""},
	{inName, "van-ban.signed.pdf", ""},
}

func TestSecrecyMarkings(t *testing.T) {
	for _, c := range secrecyCases {
		t.Run(c.where+"/"+c.text, func(t *testing.T) {
			found := SecrecyMarkings(letterWith(c.where, c.text))
			var got SecrecyLevel
			if len(found) > 0 {
				got = found[0].Level
			}
			if got != c.want {
				t.Errorf("marking of %q in the %s = %q, want %q", c.text, c.where, got, c.want)
			}
		})
	}
}

func TestSecrecyMarkingsOfFurtherNames(t *testing.T) {
	found := SecrecyMarkings(letterWith(inSubject, "V/v họp giao ban"), "lich.pdf", "MẬT_lich.pdf")
	if len(found) != 1 || found[0].Text != "MẬT_lich.pdf" || found[0].Element != "" {
		t.Errorf("found %+v, want the second name only", found)
	}
}

// A marking is found however its letters are composed.
func TestSecrecyMarkingsForms(t *testing.T) {
	for _, c := range secrecyCases {
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			a := len(SecrecyMarkings(letterWith(c.where, c.text))) > 0
			if b := len(SecrecyMarkings(letterWith(c.where, form.String(c.text)))) > 0; a != b {
				t.Errorf("%q in form %d: found %v, in the other %v", c.text, form, b, a)
			}
		}
	}
}

func FuzzSecrecyMarkings(f *testing.F) {
	for _, c := range secrecyCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, where := range []string{inSubject, inType, inNotation, inName} {
			for _, m := range SecrecyMarkings(letterWith(where, s)) {
				if m.Level == "" || m.Element == "" || m.Text != s {
					t.Fatalf("incomplete marking %+v for %q", m, s)
				}
			}
		}
		// A degree in brackets in front stays one whatever follows it.
		if len(SecrecyMarkings(letterWith(inSubject, "(TỐI MẬT) "+s))) == 0 {
			t.Fatalf("a marking in front of %q is not found", s)
		}
	})
}
