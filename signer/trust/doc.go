// Package trust says which certificates are believed, for what, and when.
//
// Belief begins with a list that the administrator keeps ([Store]): anchors and
// intermediates, each with the uses and the time for which it is good, signed so that
// nobody else changes it. None are shipped. A [Judge] answers questions about other
// certificates. It looks for chains to an anchor among the list and what came with
// the document, checks each at the moment of use, and then whether something in it had
// been revoked: by what came with the document, then by what is kept from earlier
// questions, then by asking over the network.
//
// The moment of use is proven, by a time stamp that the caller has judged, or it is the
// present. The shell model holds: all certificates of the chain have to be valid at that
// moment. What is not certain is INDETERMINATE, after EN 319 102-1:
//
//	what was found                                       moment proven            moment not proven (now)
//	revoked after the moment                             passes                   –
//	revoked at or before the moment                      REVOKED_NO_POE           REVOKED_NO_POE
//	an authority revoked at or before the moment         REVOKED_CA_NO_POE        REVOKED_CA_NO_POE
//	suspended (certificateHold) since before the moment  TRY_LATER                TRY_LATER
//	expired before the moment, known not to be revoked   OUT_OF_BOUNDS_NOT_REVOKED (both)
//	expired before the moment otherwise                  OUT_OF_BOUNDS_NO_POE     OUT_OF_BOUNDS_NO_POE
//	not yet valid at the moment                          TOTAL_FAILED, NOT_YET_VALID   OUT_OF_BOUNDS_NO_POE
//	an authority not valid at the moment                 OUT_OF_BOUNDS_NO_POE     OUT_OF_BOUNDS_NO_POE
//	moment outside of the anchor's window                NO_CERTIFICATE_CHAIN_FOUND (both)
//	a link's digest or key too weak at the moment        CRYPTO_CONSTRAINTS_FAILURE_NO_POE where it once held, else CRYPTO_CONSTRAINTS_FAILURE
//	the rules of RFC 5280 broken                         CERTIFICATE_CHAIN_GENERAL_FAILURE (both)
//	not issued for this use                              CHAIN_CONSTRAINTS_FAILURE (both)
//	revocation data cannot be had now, or is stale       TRY_LATER, with the time to ask again (both)
//
// TOTAL_FAILED with REVOKED or EXPIRED is never given: the standard reserves it for
// signatures that are proven to be made after the revocation or the end, and a time stamp
// over a signature proves only that it was made before. A signature that existed before
// its certificate was valid, though, cannot be one of that certificate: that fails.
//
// Revocation counts from its date or, if that is earlier, from the invalidity date, and
// a revocation is believed from whichever data says it, however old; that nothing was
// revoked, only from data that holds for the moment: made later, while the certificate
// would still have been listed, or made before, with nothing newer due (next update and
// grace, or maximum age, by the policy). A delegated OCSP responder has to be certified
// by the issuer itself. What an authority signed after its own revocation is not believed.
//
// Being offline is a mode, not an error: nothing here fails because the network does.
package trust
