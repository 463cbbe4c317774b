package token

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
)

const uriScheme = "pkcs11:"

// URI says which key of which token, as RFC 7512 writes it:
// pkcs11:token=…;object=…?module-path=…&pin-source=file:/….
type URI struct {
	Token  string // label
	Serial string
	Slot   *int
	Object string // label of the key
	ID     []byte // of the key
	Module string // the token's library
	Pin    string // file that holds the PIN
}

// ParseURI reads a PKCS#11 URI. What it does not know, and a PIN written out where
// every log would show it, is an error.
func ParseURI(s string) (*URI, error) {
	body, ok := strings.CutPrefix(s, uriScheme)
	if !ok {
		return nil, fmt.Errorf("%w: no PKCS#11 URI", ErrMalformed)
	}
	path, query, _ := strings.Cut(body, "?")
	u := &URI{}
	for _, part := range [][2]string{{path, ";"}, {query, "&"}} {
		for attribute := range strings.SplitSeq(part[0], part[1]) {
			if attribute == "" {
				continue
			}
			if err := u.set(attribute); err != nil {
				return nil, err
			}
		}
	}
	if u.Module == "" {
		return nil, fmt.Errorf("%w: the PKCS#11 URI lacks module-path", ErrMalformed)
	}
	return u, nil
}

func (u *URI) set(attribute string) error {
	name, raw, _ := strings.Cut(attribute, "=")
	value, err := url.PathUnescape(raw)
	if err != nil {
		return fmt.Errorf("%w: PKCS#11 URI: %s: %w", ErrMalformed, name, err)
	}
	switch name {
	case "token":
		u.Token = value
	case "serial":
		u.Serial = value
	case "object":
		u.Object = value
	case "id":
		u.ID = []byte(value)
	case "slot-id":
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%w: PKCS#11 URI: slot-id %q", ErrMalformed, value)
		}
		u.Slot = &n
	case "module-path":
		u.Module = value
	case "pin-source":
		u.Pin = strings.TrimPrefix(strings.TrimPrefix(value, "file:"), "//")
	case "type": // private or cert: both are looked for
	case "pin-value":
		return fmt.Errorf("%w: PKCS#11 URI: write the PIN into a file and name it with pin-source", ErrMalformed)
	default:
		return fmt.Errorf("%w: PKCS#11 URI: unknown attribute %q", ErrMalformed, name)
	}
	return nil
}

// pin reads the PIN where the URI says that it stands.
func (u *URI) pin() ([]byte, error) {
	if u.Pin == "" {
		return nil, fmt.Errorf("%w: no PIN given", ErrPassword)
	}
	text, err := os.ReadFile(u.Pin)
	if err != nil {
		return nil, fmt.Errorf("token: PIN: %w", err)
	}
	return []byte(strings.TrimSpace(string(text))), nil
}

// String names the key without the PIN.
func (u *URI) String() string {
	name := u.Object
	if name == "" {
		name = hex.EncodeToString(u.ID)
	}
	return uriScheme + "token=" + url.PathEscape(u.Token) + ";object=" + url.PathEscape(name)
}
