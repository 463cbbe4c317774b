// Package ledger is the tamper-evident log (sổ cái chống sửa đổi) of the archive.
// Everything that is accepted, delivered, opened, changed, disposed of or done by a
// person becomes one leaf of a Merkle tree whose root the gateway signs. Whoever changes,
// removes, inserts or reorders an event afterwards, in the database or in
// the log's own files, is found out by [Verify], also when it is the database's
// administrator; and one leaf can be proven to anybody with a page of text ([Proof]).
//
// # The life of an event
//
// A [Feeder] pulls events in their one order from a [Source] and gives them to
// [Log.Append], which writes leaves and tiles, and at last the signed checkpoint: that
// is the commit. When Append returns, the events are durable and provable. After
// a crash the log is read as of its last checkpoint, what lies beyond is
// thrown away, and the Feeder goes on behind the event of the last leaf. Once a day the
// checkpoint is time-stamped ([Log.Seal]), and from time to time witnesses,
// the gateways that letters are exchanged with, cosign it ([Log.Cosign]).
//
// # A leaf
//
// A leaf is one line of JSON without spaces and without a line end, its members in this order,
// those in brackets left out when empty:
//
//	{"v":"congvan-ledger/1","event":"…","at":"2026-11-03T02:04:05.000006Z","kind":"message.accepted",
//	 ["actor":"…",]["subjects":{"message":"…"},]"particulars":"64 hexadecimal digits"}
//
// event is the event's cursor in the feed, its identity; at is in UTC with six
// digits; subjects are sorted by name; only <, > and & of what Go escapes stand as
// they are. particulars is the SHA-256 of what else the event says. The bytes
// themselves are not in the log: when personal data must be disposed of, the database
// forgets them and the proof stays. Where so little is in them that a
// stranger could guess them, put a random number among them.
//
// # On disk
//
// The folder has the layout of c2sp.org/tlog-tiles, so that any program for such
// logs can read it, and copying files replicates the log:
//
//	checkpoint                    the newest signed checkpoint
//	tile/entries/x001/234         256 leaves, each behind its length in two bytes
//	tile/0/x001/234               the hashes of 256 leaves; tile/1/… of 256 such tiles, and so on
//	tile/…/234.p/17               the first 17 of a tile that is not full yet
//	timestamps/2026-11-03.checkpoint, .tsr   the day's checkpoint and its time stamp
//	witnesses/<key hash>          the newest checkpoint with that witness's cosignature
//	index                         eight bytes of the SHA-256 of each event's name, to find leaves by event;
//	                              derived: delete it and it is made again
//	lock, .staging                the writer's
//
// One process writes and holds the lock; any number read.
package ledger
