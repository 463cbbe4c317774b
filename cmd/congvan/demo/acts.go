package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"congvan/gateway"
	"congvan/gateway/api/wire"
	"congvan/schemas/edxml"
)

const officialLetter = "Công văn"

func (p *play) acts() []act {
	s := &story{play: p}
	return []act{
		{"Thành phố gửi quận (new, city → quarter)", s.cityWrites},
		{"Quận gửi 14 phường và 6 trường (new, to 14 wards and 6 schools)", s.quarterWritesToAll},
		{"Phường phúc đáp (reply)", s.wardReplies},
		{"Phường từ chối tiếp nhận, trạng thái 02 (refusal)", s.wardReturns},
		{"Thu hồi trước khi tải (recall before it is fetched)", s.recallUnread},
		{"Thu hồi sau khi tải, 15 và 16 (recall after it was fetched)", s.recallRead},
		{"Thành phố lấy lại, trạng thái 13 (status 13)", s.cityTakesBack},
		{"Cập nhật và thay thế (update and replace)", s.amend},
		{"Hỏa tốc đi trước (urgent first)", s.urgent},
		{"Mã đã đóng, đơn vị kế thừa (a closed code and its successor)", s.successor},
		{"Văn bản bị sửa sau khi ký (altered after it was signed)", s.forgeries},
		{"Những gì phải bị từ chối (what must be refused)", s.refusals},
	}
}

// story keeps what later acts refer to.
type story struct {
	*play
	fromCity *draft
	toAll    *draft
}

func (s *story) cityWrites(ctx context.Context) error {
	d, err := s.draft(ctx, draft{
		from: City, to: []gateway.AgencyID{Quarter}, kind: officialLetter,
		subject: "báo cáo tình hình gửi, nhận văn bản điện tử",
		body: []string{
			"Ủy ban nhân dân thành phố đề nghị Ủy ban nhân dân quận báo cáo tình hình gửi, nhận văn bản điện tử trong tháng, nêu rõ số văn bản được xác nhận trong ngày.",
			"Báo cáo gửi về Ủy ban nhân dân thành phố trước ngày 25 hằng tháng để tổng hợp.",
		},
	})
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, "Thành phố → quận:", d, Quarter); err != nil {
		return err
	}
	s.fromCity = d
	if _, err := s.pull(ctx, Quarter); err != nil {
		return err
	}
	if err := s.statuses(ctx, Quarter, d, "01", "03"); err != nil {
		return err
	}
	_, err = s.pull(ctx, City)
	return err
}

// statuses reports several codes about one letter, one after the other.
func (s *story) statuses(ctx context.Context, from gateway.AgencyID, about *draft, all ...edxml.StatusCode) error {
	words := map[edxml.StatusCode]string{
		"01": "Đã đến", "02": "Từ chối tiếp nhận", "03": "Đã tiếp nhận", "04": "Đã phân công xử lý",
		"05": "Đang xử lý", "06": "Đã hoàn thành", "13": "Đề nghị lấy lại văn bản", "15": "Đồng ý", "16": "Không đồng ý",
	}
	for _, code := range all {
		n := note{from: from, about: about.reference(), code: code, description: words[code]}
		if err := s.report(ctx, n); err != nil {
			return err
		}
		s.say("%s báo %s %s", s.names[from], code, words[code])
	}
	return nil
}

func (s *story) quarterWritesToAll(ctx context.Context) error {
	to := append(wards(), schools()...)
	d, err := s.draft(ctx, draft{
		from: Quarter, to: to, kind: officialLetter,
		subject: "tăng cường sử dụng văn bản điện tử",
		body: []string{
			"Thực hiện chỉ đạo của Ủy ban nhân dân thành phố, Ủy ban nhân dân quận đề nghị các phường, các trường gửi, nhận văn bản qua trục liên thông, không gửi kèm bản giấy.",
			"Các đơn vị xác nhận đã nhận trong ngày và báo cáo kết quả trước ngày 20 hằng tháng.",
		},
	})
	if err != nil {
		return err
	}
	// The last school has no system: its ward takes its letter beside its own.
	holders := append(slices.Clone(to[:len(to)-1]), ward(vietHung))
	if _, err = s.post(ctx, "Quận → 14 phường, 6 trường:", d, holders...); err != nil {
		return err
	}
	s.toAll = d
	at := append(wards(), schools()[:schoolCount-1]...)
	if _, err := s.pull(ctx, at...); err != nil {
		return err
	}
	s.say("%d hệ thống đã tải và xác nhận; %s nhận thay %s", len(at), s.names[ward(vietHung)], s.names[school(schoolCount-1)])
	for _, id := range at {
		for _, code := range []edxml.StatusCode{"01", "03"} {
			n := note{from: id, about: d.reference(), code: code, description: "Văn thư " + string(id) + ": " + string(code)}
			if err := s.report(ctx, n); err != nil {
				return err
			}
		}
	}
	got, err := s.pull(ctx, Quarter)
	s.say("quận nhận %d báo cáo trạng thái 01 và 03", len(got))
	return err
}

func (s *story) wardReplies(ctx context.Context) error {
	d, err := s.draft(ctx, draft{
		from: ward(boDe), to: []gateway.AgencyID{Quarter}, kind: "Báo cáo",
		subject: "Kết quả gửi, nhận văn bản điện tử",
		body: []string{
			fmt.Sprintf("Thực hiện Công văn số %s của Ủy ban nhân dân quận, Ủy ban nhân dân phường báo cáo: 100%% văn bản được xác nhận trong ngày.", s.toAll.code()),
		},
		answers: []reference{s.toAll.reference()},
	})
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, "Phường Bồ Đề phúc đáp:", d, Quarter); err != nil {
		return err
	}
	if _, err := s.pull(ctx, Quarter); err != nil {
		return err
	}
	if err := s.statuses(ctx, ward(boDe), s.toAll, "04", "05", "06"); err != nil {
		return err
	}
	if err := s.statuses(ctx, Quarter, d, "01", "03"); err != nil {
		return err
	}
	_, err = s.pull(ctx, Quarter, ward(boDe))
	return err
}

func (s *story) wardReturns(ctx context.Context) error {
	d, err := s.quarterLetter(ctx, "mời họp giao ban công tác văn thư", 0, ward(cuKhoi))
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, "Văn bản bị từ chối:", d, ward(cuKhoi)); err != nil {
		return err
	}
	if _, err := s.pull(ctx, ward(cuKhoi)); err != nil {
		return err
	}
	n := note{from: ward(cuKhoi), about: d.reference(), code: edxml.StatusRejection, description: "Văn bản gửi nhầm nơi nhận, đề nghị gửi phường Bồ Đề"}
	if err := s.report(ctx, n); err != nil {
		return err
	}
	s.say("%s từ chối: %s", s.names[n.from], n.description)
	_, err = s.pull(ctx, Quarter)
	return err
}

// quarterLetter is a plain letter of the quarter.
func (s *story) quarterLetter(ctx context.Context, subject string, urgency edxml.Priority, to ...gateway.AgencyID) (*draft, error) {
	return s.draft(ctx, draft{
		from: Quarter, to: to, kind: officialLetter, subject: subject, priority: urgency,
		body: []string{"Ủy ban nhân dân quận thông báo về việc " + subject + "; đề nghị các đơn vị bố trí thực hiện."},
	})
}

func (s *story) recallUnread(ctx context.Context) error {
	to := []gateway.AgencyID{ward(giangBien), ward(giaThuy)}
	d, err := s.quarterLetter(ctx, "lịch trực tuần", 0, to...)
	if err != nil {
		return err
	}
	id, err := s.post(ctx, "Thu hồi trước khi tải:", d, to...)
	if err != nil {
		return err
	}
	if err := s.recall(ctx, id, d, "Ghi sai ngày trực"); err != nil {
		return err
	}
	for _, receiver := range to {
		s.ledger.forget(d.sum(), receiver)
	}
	got, err := s.pull(ctx, to...)
	s.say("hai phường mở hộp thư: %d văn bản, không ai thấy bản đã thu hồi", len(got))
	return err
}

// recall asks for a letter back; the recall is expected at each of the agencies in at.
func (s *story) recall(ctx context.Context, id gateway.MessageID, d *draft, reason string, at ...gateway.AgencyID) error {
	a, err := s.quarter.Recall(ctx, id, wire.Recall{Reason: reason}, "")
	if err != nil {
		return err
	}
	s.ledger.expect(a.Message, Quarter, recallSum(d.documentID()), at...)
	s.say("quận thu hồi số %s: %s", d.code(), reason)
	return nil
}

func (s *story) recallRead(ctx context.Context) error {
	to := []gateway.AgencyID{ward(ngocLam), ward(ngocThuy)}
	d, err := s.quarterLetter(ctx, "phân công tiếp công dân", 0, to...)
	if err != nil {
		return err
	}
	id, err := s.post(ctx, "Thu hồi sau khi tải:", d, to...)
	if err != nil {
		return err
	}
	if _, err := s.pull(ctx, to...); err != nil {
		return err
	}
	if err := s.recall(ctx, id, d, "Phân công lại", to...); err != nil {
		return err
	}
	if _, err := s.pull(ctx, to...); err != nil {
		return err
	}
	if err := s.statuses(ctx, to[0], d, edxml.StatusChangeAcceptance); err != nil {
		return err
	}
	if err := s.statuses(ctx, to[1], d, edxml.StatusChangeRejection); err != nil {
		return err
	}
	_, err = s.pull(ctx, Quarter)
	return err
}

func (s *story) cityTakesBack(ctx context.Context) error {
	n := note{from: City, to: Quarter, about: s.fromCity.reference(), code: edxml.StatusCancellation, description: "Đề nghị lấy lại để chỉnh sửa biểu mẫu"}
	if err := s.report(ctx, n); err != nil {
		return err
	}
	s.say("%s báo 13 về số %s", s.names[City], s.fromCity.code())
	if _, err := s.pull(ctx, Quarter); err != nil {
		return err
	}
	if err := s.statuses(ctx, Quarter, s.fromCity, edxml.StatusChangeAcceptance); err != nil {
		return err
	}
	_, err := s.pull(ctx, City)
	return err
}

func (s *story) amend(ctx context.Context) error {
	to := []gateway.AgencyID{ward(phucDong), ward(phucLoi)}
	first, err := s.quarterLetter(ctx, "kế hoạch kiểm tra công tác lưu trữ", 0, to...)
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, "Bản đầu:", first, to...); err != nil {
		return err
	}
	for _, b := range []struct {
		business edxml.BusinessType
		title    string
		subject  string
		reason   string
	}{
		{edxml.BusinessUpdate, "Cập nhật:", "cập nhật kế hoạch kiểm tra công tác lưu trữ", "Bổ sung phụ lục"},
		{edxml.BusinessReplace, "Thay thế:", "thay thế kế hoạch kiểm tra công tác lưu trữ", "Thay đổi thời gian kiểm tra"},
	} {
		d, err := s.quarterLetter(ctx, b.subject, 0, to...)
		if err != nil {
			return err
		}
		d.business, d.reason, d.targets = b.business, b.reason, []reference{first.reference()}
		if _, err := s.post(ctx, b.title, d, to...); err != nil {
			return err
		}
	}
	got, err := s.pull(ctx, to...)
	s.say("hai phường nhận %d văn bản: bản đầu, bản cập nhật, bản thay thế", len(got))
	return err
}

func (s *story) urgent(ctx context.Context) error {
	to := school(1)
	for _, l := range []struct {
		title, subject string
		urgency        edxml.Priority
	}{
		{"Thường:", "đăng ký thi đua năm học", edxml.PriorityNormal},
		{"Hỏa tốc:", "cho học sinh nghỉ học tránh bão", edxml.PriorityExpress},
	} {
		d, err := s.quarterLetter(ctx, l.subject, l.urgency, to)
		if err != nil {
			return err
		}
		if _, err := s.post(ctx, l.title, d, to); err != nil {
			return err
		}
	}
	got, err := s.pull(ctx, to)
	if err != nil {
		return err
	}
	if len(got) != 2 || got[0].envelope.Other.Priority != edxml.PriorityExpress {
		return errors.New("the urgent letter did not come first")
	}
	s.say("%s nhận bản hỏa tốc trước, dù gửi sau", s.names[to])
	return nil
}

func (s *story) successor(ctx context.Context) error {
	d, err := s.quarterLetter(ctx, "rà soát danh sách lớp", 0, closedSchool)
	if err != nil {
		return err
	}
	if _, err := s.post(ctx, "Gửi mã đã đóng:", d, school(0)); err != nil {
		return err
	}
	_, err = s.pull(ctx, school(0))
	s.say("%s đã đóng; %s, đơn vị kế thừa, nhận thay", closedSchool, s.names[school(0)])
	return err
}

// forgeries sends two letters that were altered between signing and sending, then one of them
// as it was signed.
func (s *story) forgeries(ctx context.Context) error {
	letter, err := s.draft(ctx, *grant(s.today))
	if err != nil {
		return err
	}
	if err := s.forge(ctx, letter, granted+" đồng bị sửa thành "+inflated+" bằng một bản cập nhật nối thêm (the sum was changed by an incremental update)", rewrite); err != nil {
		return err
	}
	old, err := s.draft(ctx, draft{
		from: City, to: []gateway.AgencyID{Quarter}, kind: officialLetter, subject: "rà soát thời hạn xử lý văn bản",
		body: []string{"Ủy ban nhân dân thành phố đề nghị Ủy ban nhân dân quận rà soát thời hạn xử lý văn bản đến."},
	})
	if err != nil {
		return err
	}
	if err := s.forge(ctx, old, "ngày tạo tệp bị lùi một năm ngay trong phần đã ký (the year was changed in what was signed)", backdate); err != nil {
		return err
	}
	if _, err := s.post(ctx, "Bản gốc chưa sửa:", letter, letter.to...); err != nil {
		return err
	}
	_, err = s.pull(ctx, letter.to...)
	return err
}

// forge has the gateway refuse a letter that was altered, for that reason, and tells what it found.
func (s *story) forge(ctx context.Context, d *draft, how string, alter func([]byte) ([]byte, error)) error {
	forged := *d
	var err error
	if forged.pdf, err = alter(d.pdf); err != nil {
		return err
	}
	if err := s.file(&forged, "_altered"); err != nil {
		return err
	}
	o := s.offices[d.from]
	no, err := s.mustRefuse(ctx, o.line, &forged, "số "+d.code()+" ["+o.protocol+"], "+how)
	if err != nil {
		return err
	}
	if !strings.Contains(no.Error(), string(gateway.CodeSignatureRejected)) {
		return fmt.Errorf("refused for another reason: %w", no)
	}
	s.ledger.forge()
	s.sayReasons(no.findings)
	return nil
}

func (s *story) refusals(ctx context.Context) error {
	forged, err := s.draft(ctx, draft{from: City, to: []gateway.AgencyID{Quarter}, kind: officialLetter, subject: "giả danh thành phố", body: []string{"Văn bản giả danh."}, unsigned: true})
	if err != nil {
		return err
	}
	if _, err := s.mustRefuse(ctx, s.offices[ward(thachBan)].line, forged, "phường gửi thay thành phố (wrong sender)"); err != nil {
		return err
	}
	secret, err := s.quarterLetter(ctx, "MẬT: kế hoạch diễn tập", 0, ward(boDe))
	if err != nil {
		return err
	}
	if _, err := s.mustRefuse(ctx, s.offices[Quarter].line, secret, "văn bản mang dấu MẬT (state secret)"); err != nil {
		return err
	}
	locked, err := s.quarterLetter(ctx, "kiểm kê tài sản", 0, lockedCentre)
	if err != nil {
		return err
	}
	_, err = s.mustRefuse(ctx, s.offices[Quarter].line, locked, "nơi nhận đang bị khóa (locked receiver)")
	return err
}
