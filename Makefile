# `make try` and `make test` set up what is missing first: see integration/bed.

BED := go run ./integration/bed
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: try test pure lint up down

try: up
	@eval "$$($(BED) env)" && integration/try.sh examples/fastapi

test: up
	@eval "$$($(BED) env)" && go test -timeout 40m ./...

# The tests that need no engine; the others say that they were skipped.
pure:
	go test ./...

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(GOLANGCI) run
	go run $(GOVULNCHECK) ./...

up:
	@$(BED) up

down:
	@$(BED) down
