package democa

import (
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/crypto/ocsp"
)

// publish writes into a certificate where its issuer can be asked.
func (a *Authority) publish(t *x509.Certificate) {
	base := a.options.BaseURL
	if base == "" {
		return
	}
	t.IssuingCertificateURL = []string{fmt.Sprintf("%s/ca/%d", base, a.index)}
	if !a.options.NoCRL {
		t.CRLDistributionPoints = []string{fmt.Sprintf("%s/crl/%d", base, a.index)}
	}
	if !a.options.NoOCSP {
		t.OCSPServer = []string{fmt.Sprintf("%s/ocsp/%d", base, a.index)}
	}
}

// maxRequest bounds an OCSP request; real ones take some hundred bytes.
const maxRequest = 16 << 10

// Handler answers for all authorities under this one's root: GET /crl/N, GET /ca/N and
// POST /ocsp/N, as of the moment that clock gives.
func (a *Authority) Handler(clock func() time.Time) http.Handler {
	mux := http.NewServeMux()
	route := func(pattern, media string, answer func(*Authority, *http.Request) ([]byte, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			one := a.numbered(r.PathValue("n"))
			if one == nil {
				http.NotFound(w, r)
				return
			}
			der, err := answer(one, r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", media)
			w.Write(der)
		})
	}
	route("GET /crl/{n}", "application/pkix-crl", func(one *Authority, _ *http.Request) ([]byte, error) {
		return one.CRL(List{This: clock().Add(-time.Minute)})
	})
	route("GET /ca/{n}", "application/pkix-cert", func(one *Authority, _ *http.Request) ([]byte, error) {
		return one.Certificate.Raw, nil
	})
	route("POST /ocsp/{n}", "application/ocsp-response", func(one *Authority, r *http.Request) ([]byte, error) {
		return one.answer(r.Body, clock())
	})
	return mux
}

func (a *Authority) numbered(text string) *Authority {
	n, err := strconv.Atoi(text)
	a.shared.mu.Lock()
	defer a.shared.mu.Unlock()
	if err != nil || n < 0 || n >= len(a.shared.all) {
		return nil
	}
	return a.shared.all[n]
}

// answer reads an OCSP request and answers it.
func (a *Authority) answer(body io.Reader, now time.Time) ([]byte, error) {
	der, err := io.ReadAll(io.LimitReader(body, maxRequest))
	if err != nil {
		return nil, err
	}
	request, err := ocsp.ParseRequest(der)
	if err != nil {
		return ocsp.MalformedRequestErrorResponse, nil //nolint:nilerr // that is the answer to it
	}
	asked := &x509.Certificate{SerialNumber: request.SerialNumber}
	r := Response{This: now.Add(-time.Minute), Hash: request.HashAlgorithm}
	if !a.issued(request.SerialNumber) {
		r.Status, r.Known = ocsp.Unknown, true
	}
	return a.OCSP(asked, r)
}

// issued says whether a number was given to a certificate.
func (a *Authority) issued(serial *big.Int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return serial.IsInt64() && serial.Int64() > 1000 && serial.Int64() <= 1000+a.serial
}
