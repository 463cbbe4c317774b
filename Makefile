# make demo    see letters travel on this machine
# make test    everything: set-up, vet, lint, all tests against real peers
# make check   what to run before a commit: format, vet, lint

GO ?= go

.PHONY: demo build test check lint fmt setup tools fuzz

demo: build
	bin/congvan demo

build:
	$(GO) build -trimpath -o bin/congvan ./cmd/congvan

test: setup tools check
	$(GO) test -timeout 15m ./...
	$(GO) vet -tags pkcs11 ./signer/token ./cmd/...
	$(GO) test -tags pkcs11 ./signer/token

check: lint
	$(GO) vet ./...

lint: tools
	.cache/bin/golangci-lint run --timeout 10m

fmt: tools
	.cache/bin/golangci-lint fmt

setup: # the real peers that tests talk to
	.ci/setup

tools:
	.ci/tools/build

FUZZTIME ?= 1m
fuzz: # every fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)
