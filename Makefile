# `make try` and `make test` set up what is missing first: see integration/bed.

BED := go run ./integration/bed
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# The database of the Go project, or a mirror of it.
GOVULNDB ?= https://vuln.go.dev

.PHONY: try test pure lint bench fleet up down

try: up
	@eval "$$($(BED) env)" && integration/try.sh examples/fastapi

test: up
	@eval "$$($(BED) env)" && go test -timeout 40m -parallel 4 ./...

# The tests that need no engine; the others say that they were skipped.
pure:
	go test ./...

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(GOLANGCI) run
	@if python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1] + "/index/db.json", timeout=20)' $(GOVULNDB) 2>/dev/null; then \
		go run $(GOVULNCHECK) -db $(GOVULNDB) ./...; \
	else \
		echo "govulncheck: NOT RUN, no vulnerability database at $(GOVULNDB); name a mirror with GOVULNDB="; \
	fi

# Measures against Dockerfiles written by hand, and empties the bed's build cache.
bench: up
	@eval "$$($(BED) env)" && go run ./integration/bench -app heavy

# Builders on machines of their own, as network namespaces are (Linux, root), with every kind of cache.
fleet: up
	@eval "$$($(BED) env)" && PYBUILD_FLEET=1 go test -timeout 40m -run TestFleet -count=1 -v ./integration

up:
	@$(BED) up

down:
	@$(BED) down
