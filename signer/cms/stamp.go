package cms

import (
	"fmt"

	"congvan/signer/cms/ber"
)

// AddTimeStamp puts a time-stamp token over the signature value into a SignedData of one
// signer, as the unsigned attribute id-aa-timeStampToken (RFC 3161, appendix A). Every
// other element keeps its bytes; only the lengths around it change. Padding after the
// SignedData is dropped. Whether the token is over this signature is the caller's to
// check. ErrMalformed: der is no SignedData of one signer, or token no time stamp.
func AddTimeStamp(der, token []byte) ([]byte, error) {
	t, err := Parse(token)
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	if id(t.ContentType) != oidTSTInfo {
		return nil, malformed("the time stamp is of type %s", t.ContentType)
	}
	c := ber.Open(token)
	token = c.Next().Full // without padding
	d, err := Parse(der)
	if err != nil {
		return nil, err
	}
	if len(d.Signers) != 1 {
		return nil, malformed("%d signers, where one is to be time-stamped", len(d.Signers))
	}
	return addUnsigned(der, encodeAttribute(oidTimeStampToken, token))
}

// addUnsigned rewrites the elements that surround the only signer's unsigned attributes.
func addUnsigned(der, attribute []byte) ([]byte, error) {
	c := ber.Open(der)
	info := c.Inside(ber.Sequence)
	kind := info.Take(ber.OID).Full
	data := elements(info.Inside(ber.Context(0)).Inside(ber.Sequence))
	if c.Err() != nil || len(data) < 4 {
		return nil, malformed("no SignedData: %v", c.Err())
	}
	last := len(data) - 1
	fields := elements(c.Enter(c.Enter(data[last]).Next()))
	signerInfo, err := withUnsigned(c, fields, attribute)
	if err != nil {
		return nil, err
	}
	data[last].Full = ber.Encode(ber.Set, signerInfo)
	wrapped := ber.Encode(ber.Context(0), ber.Encode(ber.Sequence, join(data)))
	return ber.Encode(ber.Sequence, kind, wrapped), nil
}

// withUnsigned gives a SignerInfo with one more unsigned attribute, in DER's order.
func withUnsigned(c *ber.Cursor, fields []ber.Element, attribute []byte) ([]byte, error) {
	all := [][]byte{attribute}
	if n := len(fields); n > 0 && fields[n-1].Tag == ber.Context(1) {
		for _, e := range elements(c.Enter(fields[n-1])) {
			all = append(all, e.Full)
		}
		fields = fields[:n-1]
	}
	if c.Err() != nil {
		return nil, malformed("no SignerInfo: %v", c.Err())
	}
	return ber.Encode(ber.Sequence, join(fields), ber.EncodeSet(ber.Context(1), all...)), nil
}

func elements(c *ber.Cursor) (all []ber.Element) {
	for !c.Empty() {
		all = append(all, c.Next())
	}
	return all
}

func join(all []ber.Element) (joined []byte) {
	for _, e := range all {
		joined = append(joined, e.Full...)
	}
	return joined
}
