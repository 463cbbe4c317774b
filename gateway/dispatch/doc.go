// Package dispatch hands deliveries over to carriers: everything whose route is
// not the receiver's inbox. The delivery rows are the queue; this package claims
// them with a lease, lets a [Carrier] try, and writes down what came of it.
//
// # What is promised
//
// A letter is never handed over again once the other side is known to have it,
// and never silently when it may have it. It always ends in one of sent, held,
// failed or expired, or is still queued. One dead, slow or hung receiver does not
// delay another. An urgent letter overtakes ordinary ones.
//
// # Who goes next
//
// The scheduler reads which receivers have something due, and starts calls in the
// order of lanes (hỏa tốc 4 and 3, thượng khẩn 2, khẩn 1, thường 0); within a lane
// the receiver that was served longest ago goes first. Within a receiver the store
// gives the most urgent delivery first. Each call claims one delivery.
//
// A call needs a slot. A receiver, and an endpoint that several receivers share,
// has a limit of its own. Beyond that there are three shares: calls to parties in
// good health take one of Slots; calls to suspect parties (the last attempt failed,
// or a call of theirs has been running for longer than SlowAfter) take one of
// SuspectSlots, and a party whose last attempt failed gets one call at a time; a
// call that has been running for longer than SlowAfter is parked: it gives its slot
// back and counts against Parked instead. So hung receivers use up Slots for at
// most SlowAfter at a time, and only SuspectSlots once they are known. (When Parked
// is full of calls that hang, newly hung ones keep their slots until their attempt
// times out: once, since then they are known too.) Beyond Slots, and beyond a
// party's limit, there is a little room that only urgent letters may take.
//
// # How an attempt ends
//
// The carrier's error has a class.
//
//   - Temporary: the other side does not have the letter. It is queued again. The
//     wait is drawn evenly between Base and Base·2ⁿ, n being the attempts used up,
//     and never above Cap (full jitter above a floor); an answer that says when to
//     come again makes it longer, never shorter. After MaxAttempts, if that is set,
//     it is failed with cause retries-used-up; else it goes on until it expires.
//   - Permanent: trying again gives the same answer. Failed, with cause rejected.
//   - Unknown: nobody knows whether the other side has it. A carrier that is a
//     [Confirmer] asks; found means sent, not found means queued again like a
//     temporary failure, and no answer means queued again with the doubt kept: the
//     next attempt asks before it hands over, however often that takes. A carrier
//     that is [Idempotent] is simply tried again. For any other carrier the letter is held
//     with cause unknown-outcome until a person decides.
//   - Any error that is not a [*CarrierError] is temporary when the carrier had not
//     read a byte of the letter, and unknown when it had.
//
// A claim whose lease ran out (this process or another died in the middle) is an
// unknown outcome of an attempt that nobody wrote down. It is written down first,
// by the rule above, and never handed over in the same claim: so a letter that
// kills the process each time uses up its attempts like any other.
//
// A letter in doubt is never failed as "retries used up" and never expired: it is
// held, since nobody may say that it was not delivered. Faults of our own (the store
// of the bytes is away, the process is stopping) use the wait but are not held
// against the receiver, and never use up the last attempt. Bytes that do not match their
// hash are not handed out: held, with cause damaged.
//
// # The circuit breaker
//
// Each receiver has one, and so has each endpoint of carriers that name one with
// [Endpointer]. K failures (temporary or unknown) in a row open it, and so does
// one answer that says when to come again. While it is open nothing is claimed for it:
// deliveries stay queued and use up no attempts. After the cool-down one call
// is let through as a probe; an answer of any kind closes the breaker, a failure opens it again
// for twice as long, up to a bound. A failure counts against the endpoint, unless
// the carrier has none or says that it is the receiver's own ([CarrierError.ReceiverOnly]).
//
// # Stopping
//
// When the context of [Dispatcher.Run] ends nothing new is claimed; running calls have
// Grace to end by themselves, then their context ends. What came of them is still written down.
package dispatch
