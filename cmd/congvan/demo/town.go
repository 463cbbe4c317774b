// Package demo plays official correspondence on a running gateway: a city, a
// quarter, its wards and schools exchange letters made from real PDF files, half
// of them over the exchange protocol, half over the REST API, all through the
// server's sockets.
//
// Nothing about the outcome is assumed. Each office keeps the hashes of what it sent
// and of what it got; at the end the two are compared, and only then does the tally
// say how many letters were lost or came twice.
//
// The directory is that of quận Long Biên as it was, with the real names of its
// 14 wards. Every code is invented, under H26.99; the schools, people and letters are
// invented too.
package demo

import (
	"fmt"

	"congvan/gateway"
)

// Codes of the demonstration's directory.
const (
	City    gateway.AgencyID = "H26.99"
	Quarter gateway.AgencyID = "H26.99.10"

	closedSchool gateway.AgencyID = "H26.99.10.90" // merged into the first school
	lockedCentre gateway.AgencyID = "H26.99.10.91"
)

// The wards of Long Biên, in the order of their invented codes.
const (
	boDe = iota
	cuKhoi
	ducGiang
	giaThuy
	giangBien
	longBien
	ngocLam
	ngocThuy
	phucDong
	phucLoi
	saiDong
	thachBan
	thuongThanh
	vietHung
	wardCount
)

// schoolCount schools stand in the directory; the last one has no system of its
// own and is represented by the ward of Việt Hưng.
const schoolCount = 6

func wardNames() []string {
	return []string{
		"Bồ Đề", "Cự Khối", "Đức Giang", "Gia Thụy", "Giang Biên", "Long Biên", "Ngọc Lâm",
		"Ngọc Thụy", "Phúc Đồng", "Phúc Lợi", "Sài Đồng", "Thạch Bàn", "Thượng Thanh", "Việt Hưng",
	}
}

func schoolNames() []string {
	return []string{
		"Trường Mầm non Minh họa 1", "Trường Mầm non Minh họa 2", "Trường Tiểu học Minh họa 3",
		"Trường Tiểu học Minh họa 4", "Trường Trung học cơ sở Minh họa 5", "Trường Trung học cơ sở Minh họa 6",
	}
}

// ward gives the code of the i-th ward, from 0.
func ward(i int) gateway.AgencyID { return gateway.AgencyID(fmt.Sprintf("H26.99.10.%02d", i+1)) }

// school gives the code of the i-th school, from 0.
func school(i int) gateway.AgencyID { return gateway.AgencyID(fmt.Sprintf("H26.99.10.%02d", i+51)) }

func wards() []gateway.AgencyID { return codes(wardCount, ward) }

func schools() []gateway.AgencyID { return codes(schoolCount, school) }

func codes(n int, code func(int) gateway.AgencyID) []gateway.AgencyID {
	all := make([]gateway.AgencyID, n)
	for i := range all {
		all[i] = code(i)
	}
	return all
}

// Directory is every agency of the demonstration.
func Directory() []gateway.Agency {
	all := []gateway.Agency{
		entry(City, "", "city", "Ủy ban nhân dân thành phố Hà Nội (minh họa)"),
		entry(Quarter, City, "quarter", "Ủy ban nhân dân quận Long Biên (minh họa)"),
	}
	for i, name := range wardNames() {
		all = append(all, entry(ward(i), Quarter, "ward", "Ủy ban nhân dân phường "+name))
	}
	for i, name := range schoolNames() {
		all = append(all, entry(school(i), Quarter, "school", name))
	}
	all[len(all)-1].RepresentedBy = ward(vietHung)

	closed := entry(closedSchool, Quarter, "school", "Trường Mầm non Minh họa 9 (đã sáp nhập)")
	closed.Status, closed.ValidTo, closed.Successors = gateway.AgencyClosed, "2025-06-30", []gateway.AgencyID{school(0)}
	locked := entry(lockedCentre, Quarter, "office", "Trung tâm Minh họa (đang khóa)")
	locked.Status = gateway.AgencyLocked
	return append(all, closed, locked)
}

func entry(id, parent gateway.AgencyID, kind, name string) gateway.Agency {
	return gateway.Agency{
		ID: id, Parent: parent, Kind: kind, Name: name, Status: gateway.AgencyOpen, Reach: gateway.ReachLocal,
		Address: "Địa chỉ minh họa, Hà Nội",
	}
}

// Systems are the agencies that have software of their own, in the order of
// their codes: all but the represented school and the closed and locked codes.
func Systems() []gateway.AgencyID {
	all := append([]gateway.AgencyID{City, Quarter}, wards()...)
	return append(all, schools()[:schoolCount-1]...)
}

// SpeaksExchange says which half of the systems uses the exchange protocol; the
// other half uses the REST API.
func SpeaksExchange(id gateway.AgencyID) bool {
	for i, s := range Systems() {
		if s == id {
			return i%2 == 0
		}
	}
	return false
}
