package main

import (
	"strings"
	"testing"

	"congvan/gateway"
)

// TestCSVInAnotherEncoding refuses what would put mojibake into the directory.
func TestCSVInAnotherEncoding(t *testing.T) {
	_, err := readCSV("danh-ba.csv", strings.NewReader("id,name\nH26.99.1,Ph\xad\xeang H\xb5ng B\xb9c\n"))
	if e := gateway.AsError(err); e.Code != gateway.CodeInvalidRequest || !strings.HasPrefix(e.Place, "danh-ba.csv:2: ") {
		t.Errorf("%v", err)
	}
}
