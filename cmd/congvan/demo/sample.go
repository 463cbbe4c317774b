package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"congvan/gateway"
	"congvan/schemas/edxml"
)

// The letters that people may send themselves: one as it was signed, and the same one
// altered afterwards.
const (
	SampleFile  = "letter.pdf"
	AlteredFile = "letter-altered.pdf"
)

// Sample writes both letters into a folder, signed with the keys in another.
func Sample(ctx context.Context, dir, keys string) error {
	d := grant(time.Now())
	d.number = 900
	if err := d.print(ctx, names(), newDesk(keys)); err != nil {
		return err
	}
	altered, err := rewrite(d.pdf)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, SampleFile), d.pdf, 0o600),
		os.WriteFile(filepath.Join(dir, AlteredFile), altered, 0o600),
	)
}

// The sum that a letter grants, and what a forger makes of it.
const (
	granted  = "15.000.000"
	inflated = "51.000.000"
)

// grant is a letter that is worth forging.
func grant(day time.Time) *draft {
	return &draft{
		from: Quarter, to: []gateway.AgencyID{ward(boDe)}, kind: officialLetter, subject: "hỗ trợ kinh phí lưu trữ văn bản điện tử",
		body: []string{
			"Xét đề nghị của Ủy ban nhân dân phường Bồ Đề về việc trang bị phương tiện lưu trữ văn bản điện tử, Ủy ban nhân dân quận đồng ý hỗ trợ phường số tiền " + granted + " đồng từ nguồn kinh phí minh họa.",
			"Đề nghị Ủy ban nhân dân phường sử dụng kinh phí đúng mục đích, thanh toán, quyết toán theo quy định và báo cáo kết quả về Ủy ban nhân dân quận (qua Văn phòng) trong tháng sau khi hoàn thành./.",
		},
		date: day.In(edxml.VietnamZone),
	}
}
