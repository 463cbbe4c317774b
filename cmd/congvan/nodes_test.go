package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"congvan/internal/peers"
)

// TestTwoNodesShareTheWork runs two gateways on one PostgreSQL and one S3 bucket, kills one of them in the
// middle of the work, and compares in the end what senders and receivers hold.
func TestTwoNodesShareTheWork(t *testing.T) {
	in := install(t, postgresAndS3(t))
	first, second := in.start(freeAddress(t)), in.start(freeAddress(t))
	first.ready(20 * time.Second)
	second.ready(20 * time.Second)
	defer second.stop()
	tr := newTraffic(t, in.sender, in.wards, first.url, second.url)
	ctx, stop := background(t)
	defer stop()
	tr.run(ctx, 4)
	time.Sleep(4 * time.Second)
	first.kill()
	time.Sleep(4 * time.Second)
	tr.finish(ctx, stop)
}

// postgresAndS3 configures the engines that several nodes share.
func postgresAndS3(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("[database]\ndriver = \"postgres\"\ndsn = %q\n\n", peers.Postgres(t)) + objectsIn(t, peers.S3(t))
}

// objectsIn configures a bucket.
func objectsIn(t *testing.T, s3 peers.S3Handle) string {
	t.Helper()
	dir := t.TempDir()
	secret := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return fmt.Sprintf(`[objects]
kind = "s3"

[objects.s3]
endpoint = "https://%s"
region = %q
bucket = %q
access_key_file = %q
secret_key_file = %q
ca_file = %q
`, s3.Endpoint, s3.Region, s3.Bucket, secret("access", s3.AccessKey), secret("secret", s3.SecretKey), s3.CAFile)
}
