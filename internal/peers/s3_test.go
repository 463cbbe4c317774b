package peers_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"
	"time"

	"congvan/internal/peers"
)

func TestS3AsksForCredentials(t *testing.T) {
	bucket := peers.S3(t)
	if got := status(t, bucket); got != http.StatusForbidden {
		t.Fatalf("an unsigned listing got %d, want 403", got)
	}
}

func TestS3ComesBackAtTheSameAddress(t *testing.T) {
	server := peers.OwnS3(t)
	bucket := server.Bucket(t)
	server.Stop()
	if _, err := client(t, bucket).Get("https://" + bucket.Endpoint); err == nil {
		t.Fatal("a stopped server answers")
	}
	server.Start(t)
	if got := status(t, bucket); got != http.StatusForbidden {
		t.Fatalf("after the restart an unsigned listing got %d, want 403", got)
	}
}

func status(t *testing.T, bucket peers.S3Handle) int {
	t.Helper()
	answer, err := client(t, bucket).Get("https://" + bucket.Endpoint + "/" + bucket.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// client trusts nobody but the peer's own authority.
func client(t *testing.T, bucket peers.S3Handle) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(bucket.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}
