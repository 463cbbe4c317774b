package signer

import "bytes"

const pdfHeader = "%PDF-"

// PDFHead is how many bytes from a file's start tell whether it is a PDF: readers look
// for its header within the first 1024 (ISO 32000-1, annex H, note 13).
const PDFHead = 1024 + len(pdfHeader)

// IsPDF says whether a file is what a PDF reader would open, by its first PDFHead bytes,
// or all of it: names and types are often wrong.
func IsPDF(head []byte) bool {
	return bytes.Contains(head[:min(len(head), PDFHead)], []byte(pdfHeader))
}
