package text

import (
	"os"
	"testing"
)

// TestMain makes the test program its own child, as a program that uses the package does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case Command:
			os.Exit(Main())
		case hostileCommand:
			os.Exit(childMain(hostile))
		}
	}
	os.Exit(m.Run())
}
