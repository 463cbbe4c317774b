// Package schemas says whether an edXML message is fit to be exchanged, in
// sentences that a clerk can act on.
//
// A message comes here as two things that package edxml made of it: the
// skeleton (the envelope's bytes without the attachments' base64) and the
// Envelope read from them. A Validator lays three measures on them and returns
// one Report:
//
//   - the schema: document.xsd or status.xsd, our own XML Schema 1.0 of the
//     practice of QCVN 102:2016, in the folder xsd. It finds what stands in the
//     wrong place, what is missing, and values of the wrong form. The engine
//     that runs it hides behind the interface engine; its terse messages never
//     leave the room, translate.go turns them into sentences;
//   - the outline: one pass over the tags, which finds elements that are there
//     twice and gives every finding its line and column;
//   - the rules: what no schema can say. Lengths in composed characters, dates
//     that exist and do not lie ahead, one receiver once, attachments that
//     match the manifest, a recall that names its letter, a notation that fits
//     the type of letter, and no letter that carries a state secrecy marking.
//
// # Error or warning
//
// An error says that the message must not go on: somebody could not register
// it, would take it for another letter, or may not see it. A warning says that
// the message deviates and is understood. What official samples and widely used
// producers emit is never more than a warning. The gateway's own output is held
// to the stricter measure: it gives no findings at all.
//
// When a rule and the schema speak of the same element, the rule's sentence
// stays and the schema's is dropped, because it knows more.
//
// # Lookups
//
// The same knowledge is open to others: DocumentTypes and LookupDocumentType
// (the 29 types of NĐ 30/2020), ParseAgencyCode (old and new agency codes),
// CanFollow (the order of receivers' statuses) and SecrecyMarkings (the guard
// that keeps state secrets out).
//
// Everything here is pure and safe for concurrent use; nothing reads a file or
// the network, and the only clock is the one given to New.
package schemas
