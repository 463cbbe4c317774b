package pdf

import (
	"testing"
	"time"
)

func TestDatesAreHanoisOwn(t *testing.T) {
	at := time.Date(2026, 12, 31, 23, 30, 5, 0, time.UTC)
	if got := pdfDate(at); got != "D:20270101063005+07'00'" {
		t.Error(got)
	}
}

// What the library for the old form would damage is written so that it does not.
func TestTextForTheOldForm(t *testing.T) {
	for text, want := range map[string]string{
		"Vĩnh": "Vi\u0303nh", "Ĩ": "I\u0303", "Nguyễn": "Nguyễn", "a (b)": "a (b)",
	} {
		if got, ok := legacyText(text); got != want || !ok {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
	if got, ok := legacyText("ế (b)"); ok {
		t.Errorf("%q passes", got)
	}
}
