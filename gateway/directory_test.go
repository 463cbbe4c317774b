package gateway_test

import (
	"testing"

	"congvan/gateway"
)

func TestEntriesThatPointNowhereAreRefused(t *testing.T) {
	h := newHouse(t)
	bad := []gateway.Agency{
		{ID: "H26.99.20", Name: "UBND phường mới", Parent: "H26.99.77"},
		{ID: "H26.99.21", Name: "UBND phường cũ", Status: gateway.AgencyClosed, Successors: []gateway.AgencyID{"H26.99.78", "H26.99.20"}},
		{ID: "H26.99.22", Name: "Trường mới", Parent: district, RepresentedBy: "H26.99.79"},
	}
	_, err := h.PutAgencies(t.Context(), h.admin(), bad)
	if got := gateway.AsError(err).Findings; len(got) != 3 {
		t.Errorf("findings %+v, want 3", got)
	}
	if _, err := h.Agency(t.Context(), "H26.99.20"); codeOf(err) != gateway.CodeNotFound {
		t.Errorf("half of it was written: %v", err)
	}
	for i := range bad {
		bad[i].Parent, bad[i].RepresentedBy = "H26.99.20", wardA
	}
	bad[0].Parent, bad[1].Successors = oldCodeA, []gateway.AgencyID{"H26.99.20"}
	if n, err := h.PutAgencies(t.Context(), h.admin(), bad); err != nil || n != 3 {
		t.Errorf("%d written: %v %+v", n, err, findings(err))
	}
}
