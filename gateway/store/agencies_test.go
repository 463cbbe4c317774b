package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"congvan/gateway"
)

func office() gateway.Agency {
	return gateway.Agency{
		ID: "H26.99.10", Parent: "H26.99", Kind: "office", Name: "Ủy ban nhân dân phường Đống Đa",
		Names:    []gateway.AgencyName{{Name: "Ủy ban nhân dân quận Cũ", From: "2000-01-01", To: "2025-06-30"}, {Name: "Ủy ban nhân dân phường Đống Đa", From: "2025-07-01"}},
		InCharge: "Thành phố Thử Nghiệm", Address: "1 đường Thử", Email: "a@vidu.vn", Telephone: "024", Website: "https://vidu.vn",
		Status: gateway.AgencyOpen, ValidFrom: "2000-01-01", ValidTo: "2099-12-31", Successors: []gateway.AgencyID{"H26.99.11", "H26.99.09"},
		Aliases: []gateway.AgencyID{"000.10.99.H26"}, RepresentedBy: "H26.99.12", Reach: gateway.ReachLocal,
	}
}

func (b *bed) put(agencies ...gateway.Agency) int {
	b.t.Helper()
	n, err := b.PutAgencies(b.t.Context(), agencies, "operator")
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestAgencyRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		a := office()
		if n := b.put(a); n != 1 {
			t.Errorf("%d changed", n)
		}
		a.Version, a.ModifiedAt = 1, b.clock.now()
		for _, code := range []gateway.AgencyID{a.ID, "000.10.99.H26"} {
			got, err := b.Agency(t.Context(), code)
			same(t, string(code), got, &a, err)
		}
		b.clock.advance(time.Hour)
		if n := b.put(office()); n != 0 {
			t.Errorf("%d changed by putting the same", n)
		}
		changed := office()
		changed.Name, changed.Aliases = "Ủy ban nhân dân phường Mới", nil
		if n := b.put(changed); n != 1 {
			t.Errorf("%d changed", n)
		}
		changed.Version, changed.ModifiedAt = 2, b.clock.now()
		got, err := b.AgenciesByID(t.Context(), []gateway.AgencyID{a.ID, "000.10.99.H26", "none"})
		same(t, "after the change", got, map[gateway.AgencyID]*gateway.Agency{a.ID: &changed}, err)
		events, _ := readAll(t, b.Store, gateway.FeedQuery{Limit: 10})
		if len(events) != 2 || events[1].Kind != gateway.EventAgency || events[1].Actor != "operator" ||
			string(events[1].Data) != `{"count":1,"agencies":["H26.99.10"]}` {
			t.Errorf("events %+v", events)
		}
	})
}

func TestACodeLeadsToOneAgency(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		b.put(office())
		for name, a := range map[string]gateway.Agency{
			"an alias of another":       {ID: "H26.99.20", Aliases: []gateway.AgencyID{"000.10.99.H26"}},
			"another's code as alias":   {ID: "H26.99.20", Aliases: []gateway.AgencyID{"H26.99.10"}},
			"another's alias as code":   {ID: "000.10.99.H26"},
			"within one batch (second)": {ID: "H26.99.21", Aliases: []gateway.AgencyID{"H26.99.22"}},
		} {
			batch := []gateway.Agency{a}
			if a.ID == "H26.99.21" {
				batch = append(batch, gateway.Agency{ID: "H26.99.22"})
			}
			n, err := b.PutAgencies(t.Context(), batch, "operator")
			if n != 0 || !errors.Is(err, gateway.ErrConflict) || gateway.AsError(err).Code != gateway.CodeAliasTaken {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
		moved := office()
		moved.Aliases = nil
		b.put(moved, gateway.Agency{ID: "H26.99.30", Aliases: []gateway.AgencyID{"000.10.99.H26"}})
		if a, err := b.Agency(t.Context(), "000.10.99.H26"); err != nil || a.ID != "H26.99.30" {
			t.Errorf("a moved alias leads to %+v, %v", a, err)
		}
	})
}

func TestSearchAgencies(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		b.put(office(), gateway.Agency{ID: "H26.99.11", Parent: "H26.99", Name: "Sở Đất đai", Kind: "department"},
			gateway.Agency{ID: "H26.99.12", Parent: "H26.98", Name: "Trường Tiểu học Đoàn Thị Điểm", Kind: "school"})
		for _, test := range []struct {
			q    gateway.AgencyQuery
			want []string
		}{
			{gateway.AgencyQuery{}, []string{"H26.99.10", "H26.99.11", "H26.99.12"}},
			{gateway.AgencyQuery{Text: "dong da"}, []string{"H26.99.10"}},
			{gateway.AgencyQuery{Text: "ĐỐNG"}, []string{"H26.99.10"}},
			{gateway.AgencyQuery{Text: "phuong uy ban"}, []string{"H26.99.10"}},
			{gateway.AgencyQuery{Text: "quan cu"}, []string{"H26.99.10"}},
			{gateway.AgencyQuery{Text: "ong da"}, nil},
			{gateway.AgencyQuery{Text: "d"}, []string{"H26.99.10", "H26.99.11", "H26.99.12"}},
			{gateway.AgencyQuery{Text: "h26.99.1"}, []string{"H26.99.10", "H26.99.11", "H26.99.12"}},
			{gateway.AgencyQuery{Text: "000.10"}, []string{"H26.99.10"}},
			{gateway.AgencyQuery{Text: "% _ '"}, nil},
			{gateway.AgencyQuery{Parent: "H26.99"}, []string{"H26.99.10", "H26.99.11"}},
			{gateway.AgencyQuery{Kind: "school"}, []string{"H26.99.12"}},
			{gateway.AgencyQuery{After: "H26.99.10", Limit: 1}, []string{"H26.99.11"}},
		} {
			if test.q.Limit == 0 {
				test.q.Limit = 100
			}
			found, err := b.SearchAgencies(t.Context(), test.q)
			var codes []string
			for _, a := range found {
				codes = append(codes, string(a.ID))
			}
			same(t, fmt.Sprintf("%+v", test.q), codes, test.want, err)
		}
	})
}

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"Ủy ban nhân dân P. Đống Đa": " uy ban nhan dan p dong da",
		"Ủy ban":                     " uy ban", // decomposed
		"  Số 12/QĐ-UBND ":           " so 12 qd ubnd",
	} {
		if got := gateway.Fold(text); got != want {
			t.Errorf("gateway.Fold(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSystemsAndCredentials(t *testing.T) {
	each(t, func(t *testing.T, b *bed) {
		ctx := t.Context()
		system := gateway.System{ID: "one", Name: "Phần mềm văn phòng", Agencies: []gateway.AgencyID{"H26.99.2", "H26.99.1"}, Created: b.clock.now()}
		for range 2 {
			if err := b.PutSystem(ctx, system, "operator"); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(system.Agencies)
		got, err := b.SystemByID(ctx, "one")
		same(t, "system", got, &system, err)
		c := gateway.Credential{
			ID: "key", System: "one", Kind: gateway.CredentialAPIKey, Scopes: gateway.DefaultScopes(), Created: b.clock.now(),
			Expires: b.clock.now().Add(time.Hour), Proof: []byte{1, 2, 3},
		}
		for range 2 {
			if err := b.PutCredential(ctx, c, "operator"); err != nil {
				t.Fatal(err)
			}
		}
		c.Agencies = system.Agencies
		read, err := b.Credential(ctx, "key")
		same(t, "credential", read, &c, err)
		taken := c
		taken.Proof = []byte{9}
		if err := b.PutCredential(ctx, taken, "operator"); gateway.AsError(err).Code != gateway.CodeCredentialTaken {
			t.Errorf("took a taken id: %v", err)
		}
		if err := b.PutCredential(ctx, gateway.Credential{ID: "x", System: "none"}, "operator"); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("a credential of no system: %v", err)
		}
		served := func() map[gateway.AgencyID]bool {
			out, err := b.Served(ctx, []gateway.AgencyID{"H26.99.1", "H26.99.3"})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		same(t, "served", served(), map[gateway.AgencyID]bool{"H26.99.1": true}, nil)
		b.clock.advance(time.Hour)
		same(t, "served after the key expired", served(), map[gateway.AgencyID]bool{}, nil)
		b.clock.advance(-time.Hour)
		first := b.clock.now()
		for range 2 {
			if err := b.RevokeCredential(ctx, "key", b.clock.now(), "operator"); err != nil {
				t.Fatal(err)
			}
			b.clock.advance(time.Minute)
		}
		same(t, "served after the key was revoked", served(), map[gateway.AgencyID]bool{}, nil)
		c.Revoked, c.Proof = first, nil
		all, err := b.Credentials(ctx)
		same(t, "credentials", all, []gateway.Credential{c}, err)
		system.Agencies = nil
		if err := b.PutSystem(ctx, system, "operator"); err != nil {
			t.Fatal(err)
		}
		systems, err := b.Systems(ctx)
		same(t, "systems", systems, []gateway.System{system}, err)
		events, _ := readAll(t, b.Store, gateway.FeedQuery{Limit: 10})
		var kinds []gateway.EventKind
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		same(t, "events", kinds, []gateway.EventKind{gateway.EventSystem, gateway.EventKeyCreated, gateway.EventKeyRevoked, gateway.EventSystem}, nil)
	})
}

// directory invents the agencies of a country.
func directory(n int) []gateway.Agency {
	out := make([]gateway.Agency, n)
	for i := range out {
		out[i] = gateway.Agency{
			ID: gateway.AgencyID(fmt.Sprintf("H26.99.%06d", i)), Parent: gateway.AgencyID(fmt.Sprintf("H26.%d", i%100)),
			Name: fmt.Sprintf("Ủy ban nhân dân phường Thử %d", i), Names: []gateway.AgencyName{{Name: fmt.Sprintf("Ủy ban nhân dân xã Cũ %d", i), To: "2025-06-30"}},
			Aliases: []gateway.AgencyID{gateway.AgencyID(fmt.Sprintf("%06d.99.H26", i))}, Status: gateway.AgencyOpen, Reach: gateway.ReachAxis,
		}
	}
	return out
}

func BenchmarkDirectory(b *testing.B) {
	eachEngine(b, func(b *testing.B, bed *bed) {
		start := time.Now()
		bed.put(directory(120_000)...)
		imported := time.Since(start)
		b.Run("lookup", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				code := gateway.AgencyID(fmt.Sprintf("%06d.99.H26", i*7919%120_000))
				if _, err := bed.Agency(context.Background(), code); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(imported.Seconds(), "s-to-import")
		})
		for name, text := range map[string]string{"common": "uy ban", "rare": "thu 119999"} {
			b.Run("search-"+name, func(b *testing.B) {
				for b.Loop() {
					found, err := bed.SearchAgencies(context.Background(), gateway.AgencyQuery{Text: text, Limit: 20})
					if err != nil || len(found) == 0 {
						b.Fatal(found, err)
					}
				}
			})
		}
	})
}
