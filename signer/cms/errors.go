package cms

import (
	"errors"
	"fmt"

	"congvan/signer"
)

// Kinds of errors. Each is a finding about the signature: trying again is of no use.
var (
	// ErrMalformed: the signature is not built as the standards say (FORMAT_FAILURE).
	ErrMalformed = errors.New("malformed signature")
	// ErrDigest: the content is not what was signed (HASH_FAILURE).
	ErrDigest = errors.New("the content's digest differs from the signed one")
	// ErrSignature: the signature does not verify with the key (SIG_CRYPTO_FAILURE).
	ErrSignature = errors.New("the signature does not verify")
	// ErrAlgorithm: an algorithm, or how it is combined with another, is not supported
	// or not allowed (CRYPTO_CONSTRAINTS_FAILURE).
	ErrAlgorithm = errors.New("unsupported algorithm")
	// ErrNoCertificate: the signer's certificate is not at hand; look for it elsewhere
	// (NO_SIGNING_CERTIFICATE_FOUND).
	ErrNoCertificate = errors.New("the signer's certificate is not there")
	// ErrCertificate: the certificate is not the one that the signature binds: another
	// was put in its place (NO_SIGNING_CERTIFICATE_FOUND, EN 319 102-1, 5.2.3.4).
	ErrCertificate = errors.New("the certificate is not the one that was signed with")
	// ErrUnreadable: the signer's certificate is there, but is encoded so that it cannot
	// be read; nothing can be said of the signature (NO_SIGNING_CERTIFICATE_FOUND).
	ErrUnreadable = errors.New("the signer's certificate cannot be read")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("cms: %w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("cms: %w: %s", ErrAlgorithm, fmt.Sprintf(format, args...))
}

// Verdict puts an error of this package into the terms of EN 319 102-1, with a reason
// for people. Nil is TOTAL_PASSED without a reason; an error of another origin is
// taken for a malformed signature.
func Verdict(err error) signer.Verdict {
	switch {
	case err == nil:
		return signer.Passed()
	case errors.Is(err, ErrDigest):
		return signer.Failed(signer.HashFailure, signer.DigestMismatch(""))
	case errors.Is(err, ErrSignature):
		return signer.Failed(signer.SigCryptoFailure, signer.SignatureInvalid())
	case errors.Is(err, ErrAlgorithm):
		return signer.Unsure(signer.CryptoConstraintsFailure, signer.Reason{
			Code: "algorithm-unsupported",
			Vi:   "Chữ ký dùng thuật toán, hoặc cách phối hợp thuật toán, không được hỗ trợ.",
			En:   "The signature uses an algorithm, or a combination of algorithms, that is not supported.",
		})
	}
	return certificateVerdict(err)
}

func certificateVerdict(err error) signer.Verdict {
	switch {
	case errors.Is(err, ErrNoCertificate):
		return signer.Unsure(signer.NoSigningCertificateFound, signer.SigningCertificateAbsent())
	case errors.Is(err, ErrUnreadable):
		return signer.Unsure(signer.NoSigningCertificateFound, signer.SigningCertificateUnreadable())
	case errors.Is(err, ErrCertificate):
		return signer.Unsure(signer.NoSigningCertificateFound, signer.SigningCertificateMismatch())
	}
	return signer.Failed(signer.FormatFailure, signer.Reason{
		Code: "signature-malformed",
		Vi:   "Cấu trúc chữ ký số không đúng tiêu chuẩn.",
		En:   "The signature is not built as the standards say.",
	})
}
