// Package edxml is the codec for edXML letters (QCVN 102:2016/BTTTT): tolerant
// in what it reads, strict in what it writes.
//
// An edXML message is one XML document whose attachments are base64 text inside
// it, so the largest letter is one text node of a gigabyte. No tree and no token
// reader holds such a node in flat memory. The codec therefore works in two
// steps:
//
//   - SplitMessage reads the bytes once. It checks that they are well-formed and
//     harmless (no DOCTYPE, no entities, everything counted and bounded), cuts
//     the attachments' text out, decodes and hashes it on the way to a Sink, and
//     leaves a skeleton of a few kilobytes.
//   - Read turns the skeleton into an Envelope, whatever the order of the
//     elements, their prefixes and the known bad habits of other software, each
//     of which it names as a Quirk.
//
// Split.Join puts skeleton and attachments together again, byte for byte, and
// proves it by SHA-256; what cannot be put together exactly was handed whole to
// the Sink while it was read. OpenContent gives the file inside an attachment,
// unwrapping the one-entry ZIP in which most types travel. Write makes new
// messages in the one form that every known receiver takes.
package edxml
