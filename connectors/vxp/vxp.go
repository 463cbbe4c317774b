// Package vxp speaks the national exchange protocol (VXP): one HTTP request per
// operation, its parameters in signed headers, its answer a JSON object.
//
// # Both sides
//
// [NewServer] is the face that the offices' document software sees. That
// software is told a base URL and nothing else, so the operation is the last
// segment of the path, whatever stands before it. [Client] is the other side, as
// the vendor's own client is on the wire. On top of it stand [Carrier], which
// hands deliveries to the axis (trục liên thông), and [Source], which takes
// from the axis what waits there for us.
//
// # Life of a message through it
//
// sendEdoc verifies the header HMAC, streams the body through a reader that
// checks its digest and takes off the line end that clients add, and hands it to
// the gateway; the answer's DocId is the id of the message. The receiver's
// software asks getReceivedEdocList, where each item is one delivery, takes the
// bytes with getEdoc or downloadEdoc, and says updateStatus done or fail.
//
// # What authenticates a request
//
// Only the text of the header XroadVnpt-sign-header is covered by the HMAC, so
// parameters are read from it alone and with the case of their names, and a
// loose header counts only as a repetition of it. The signed time stamp is as
// old as the client's process and proves nothing; what protects against
// replays is that every operation may be repeated without harm.
package vxp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"congvan/schemas/edxml"
)

// Operations: the last segment of the path.
const (
	OpSend         = "sendEdoc"
	OpReceived     = "getReceivedEdocList"
	OpSent         = "getSentEdocList"
	OpGet          = "getEdoc"
	OpDownload     = "downloadEdoc"
	OpUpdateStatus = "updateStatus"
	OpCountEdoc    = "countReceiveEdoc"
	OpCountStatus  = "countReceiveStatus"
	OpAgencies     = "getAgenciesList"
	OpAgenciesQD20 = "getAgenciesListQD20"
	OpSync         = "getSynchronizeUnit"
	OpRegister     = "registerAgency"
	OpDelete       = "deleteAgency"
)

// prefix stands before the name of every parameter.
const prefix = "XroadVnpt-"

// Parameter names, without the prefix. docId and docid are two parameters, though
// they share one HTTP header.
const (
	paramSystemID    = "systemid"
	paramTimestamp   = "timestamp"
	paramContentType = "Content-Type"
	paramServiceType = "servicetype"
	paramMessageType = "messagetype"
	paramHashFile    = "hash-file"
	paramFrom        = "from"
	paramTo          = "to"
	paramDocID       = "docId"
	paramDocIDLower  = "docid"
	paramFilePath    = "filePath"
	paramStatus      = "status"
	paramDescription = "description"
	paramFromDate    = "fromDate"
	paramToDate      = "toDate"
	paramPageSize    = "pageSize"
	paramPageIndex   = "pageIndex"
	paramAgencyCode  = "AgencyCode"
)

// Headers that carry the signature; not parameters themselves.
const (
	headerSignKeys = prefix + "sign-header-key"
	headerSign     = prefix + "sign-header"
	headerHash     = prefix + "hash-header"
	headerVersion  = prefix + "version"
)

// protocolVersion and userAgent are what deployed clients send.
const (
	protocolVersion = "3.0.201608"
	userAgent       = "JAVASDKAgent/1.0.0 XRoad/VPCP"
)

// serviceType is the only service that the protocol has.
const serviceType = "eDoc"

// Layouts of moments. All are Vietnam local time without a zone.
const (
	layoutItem   = "2006-01-02 15:04:05" // in items of lists
	layoutFilter = "02/01/2006 15:04:05" // fromDate, toDate
)

// Values of messagetype.
const (
	messageEdoc   = "edoc"
	messageStatus = "status"
)

// kindOf reads a messagetype; ok is false for any other word.
func kindOf(messageType string) (k edxml.Kind, ok bool) {
	switch messageType {
	case messageEdoc:
		return edxml.KindDocument, true
	case messageStatus:
		return edxml.KindStatus, true
	}
	return "", false
}

// messageType is the protocol's word for a kind.
func messageType(k edxml.Kind) string {
	if k == edxml.KindStatus {
		return messageStatus
	}
	return messageEdoc
}

// itemTime writes a moment as items carry it; the zero time is the empty string.
func itemTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(edxml.VietnamZone).Format(layoutItem)
}

// mac is the HMAC-SHA256 of the sign-header's exact bytes.
func mac(secret []byte, signHeader string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(signHeader))
	return h.Sum(nil)
}

// verified says, in constant time, whether the hex digest given is the HMAC of
// the sign-header. An empty secret verifies nothing.
func verified(secret []byte, signHeader, given string) bool {
	digest, err := hex.DecodeString(given)
	return err == nil && len(secret) > 0 && hmac.Equal(digest, mac(secret, signHeader))
}
