package gateway_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"congvan/gateway"
)

func TestCloseAgency(t *testing.T) {
	h := newHouse(t)
	if err := h.CloseAgency(t.Context(), h.admin(), oldCodeA, nil); codeOf(err) != gateway.CodeAliasTaken {
		t.Errorf("an agency closed by the name of an old code: %v", err)
	}
	h.must(h.CloseAgency(t.Context(), h.admin(), wardA, []gateway.AgencyID{wardB}))
	first, err := h.Agency(t.Context(), wardA)
	h.must(err)
	if first.Status != gateway.AgencyClosed || first.ValidTo != "2026-11-02" || len(first.Successors) != 1 {
		t.Errorf("closed: %+v", first)
	}
	h.now = h.now.AddDate(0, 1, 0)
	h.must(h.CloseAgency(t.Context(), h.admin(), wardA, nil))
	again, err := h.Agency(t.Context(), wardA)
	h.must(err)
	if d := cmp.Diff(first, again); d != "" {
		t.Errorf("closed again (-first +again):\n%s", d)
	}
}
