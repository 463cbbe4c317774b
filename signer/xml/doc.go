// Package xmlsig signs and verifies the XML signatures of edXML letters: XML Signature
// (W3C XMLDSig 1.1, RFC 6931) and XAdES baseline B-B and B-T (ETSI EN 319 132-1).
//
// A letter comes as the splitter leaves it: a Message is the skeleton, a few kilobytes,
// and the attachments' base64 text, which is streamed from where it lies. Memory does
// not grow with the attachments.
//
// What is signed: one Reference with URI "" covers the whole document but the signature
// itself, attachments' text included, under the enveloped-signature transform and
// exclusive canonicalisation. Beside it stands one Reference cid:… per attachment with
// the digest of its decoded octets, without transforms: so an attachment that was taken
// out of its letter can still be proven to belong to it.
//
// What is believed: verification takes a signature only when nothing about it is open to
// interpretation. There is exactly one ds:Signature, where edXML has it; it covers the
// whole document, as every reader of the document sees it; nothing but the signature's own
// parts is left out of what it covers; each further Reference names a part of the
// signature or an attachment that is there; nothing is fetched; transforms and algorithms
// are those on a list. A signature that is merely decoration, as in the official samples,
// is INDETERMINATE with the reason "not-verifiable", neither good nor broken.
package xmlsig
