# `make try` and `make test` set up what is missing first: see integration/bed.

BED := go run ./integration/bed
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# The database of the Go project, or a mirror of it.
GOVULNDB ?= https://vuln.go.dev
DOCS_PORT ?= 8001

.PHONY: try test pure compat compat-debian faults race reproduce lint vuln docs docs-serve docs-lock docs-graph recording bench fleet up down fuzz

try: up
	@eval "$$($(BED) env)" && integration/try.sh examples/fastapi

test: up
	@eval "$$($(BED) env)" && go test -timeout 40m -parallel 4 ./...

# Fills docs/compatibility.md: builds old engines from their modules first, which takes most of an hour once.
compat: up
	@eval "$$($(BED) env)" && PYBUILD_COMPAT=1 nice go test -timeout 180m -count=1 -v ./integration -run '^(TestCompatibility|TestCompatibilityTable|TestClassicLoad|TestTooOldEngine)$$' -update

# The oldest engine of the table, where this system is no Debian 12: a Docker engine that can pull gets its packages, and `make compat` finds them.
COMPAT := $${PYBUILD_BED_DIR:-$${XDG_CACHE_HOME:-$$HOME/.cache}/pybuild-bed}/compat
compat-debian:
	@rm -rf "$(COMPAT)/docker-20.10" && mkdir -p "$(COMPAT)/docker-20.10"
	docker run --rm --volume "$(COMPAT)/docker-20.10:/unpacked" --workdir /unpacked debian:12 sh -ec 'apt-get -qq update; \
		apt-get -q download docker.io containerd runc libdevmapper1.02.1; for deb in *.deb; do dpkg -x $$deb .; rm $$deb; done'

# Breaks, fills and kills engines of its own.
faults: up
	@eval "$$($(BED) env)" && PYBUILD_FAULTS=1 go test -timeout 40m -count=1 -v ./integration \
		-run '^(TestRegistryFaults|TestPullFaults|TestPushFaults|TestEngineKilled|TestDiskFull|TestSlowServers|TestIndexStaysBroken|TestCacheDamaged|TestPackageCacheDamaged|TestManyBuildsCold|TestBigLoad)$$'

# The frontend under Go's race detector: the pure tests, and builds in the test's process that do much at once.
race: up
	go test -race -timeout 40m -count=1 ./frontend/... ./llb/... ./cmd/...
	@eval "$$($(BED) env)" && go test -race -timeout 40m -count=1 ./integration \
		-run '^(TestClientGone|TestNothingStays|TestManyBuilds|TestIndexFaults|TestBigContext|TestForeignPlatform|TestChecks|TestExplain|TestImageTree|TestFailingStep)$$'

# The tests that need no engine; the others say that they were skipped.
pure:
	go test ./...

# Builds the frontend image for all platforms twice without any cache, by two builders where BUILDERS names them, and compares the
# digests, also with those of a release where PUBLISHED names it.
reproduce:
	integration/reproduce.sh $(BUILDERS)

lint: bin/lint-venv/done
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(GOLANGCI) run
	go run $(ACTIONLINT)
	PYBUILD_CHECKERS=bin/lint-venv go test -run '^TestSchemas$$' -count=1 ./integration
	@$(MAKE) --no-print-directory vuln

# Known vulnerabilities of what the frontend is built from. Without the database this is skipped, but for where CI is set.
vuln:
	@if python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1] + "/index/db.json", timeout=20)' $(GOVULNDB) 2>/dev/null; then \
		go run $(GOVULNCHECK) -db $(GOVULNDB) ./...; \
	else \
		echo "govulncheck: NOT RUN, no vulnerability database at $(GOVULNDB); name a mirror with GOVULNDB="; \
		test -z "$$CI"; \
	fi

# The pages as a site in bin/site; a dead link fails it. Only the first time needs a network, for the pinned generator.
docs: bin/docs-venv/done
	bin/docs-venv/bin/python site/prepare.py bin/docs
	bin/docs-venv/bin/zensical build --strict --clean --config-file mkdocs.yml

docs-serve: docs
	python3 -m http.server --bind 127.0.0.1 --directory bin/site $(DOCS_PORT)

# Draws the graph of docs/how.md anew; `make test` says when it has to be.
docs-graph: up
	@eval "$$($(BED) env)" && go test ./integration -run '^TestGraph$$' -update

# Records the first screen of README.md anew, and empties the bed's build cache.
recording: up bin/recording-venv/done
	@eval "$$($(BED) env)" && integration/recording/record.sh bin/recording-venv docs/recording.svg

bin/recording-venv/done: integration/recording/requirements.txt
	rm -rf bin/recording-venv
	python3 -m venv bin/recording-venv
	bin/recording-venv/bin/pip install --quiet --require-hashes --requirement integration/recording/requirements.txt
	touch $@

# Pins what the generator of the pages and the recorder ask for.
docs-lock: bin/docs-venv/done
	bin/docs-venv/bin/pip install --quiet uv
	for of in site integration/recording; do bin/docs-venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-header --no-emit-index-url --output-file $$of/requirements.txt $$of/requirements.in || exit; done

bin/docs-venv/done: site/requirements.txt
	rm -rf bin/docs-venv
	python3 -m venv bin/docs-venv
	bin/docs-venv/bin/pip install --quiet --require-hashes --requirement site/requirements.txt
	touch $@

bin/lint-venv/done: integration/checkers.txt
	rm -rf bin/lint-venv
	python3 -m venv bin/lint-venv
	bin/lint-venv/bin/pip install --quiet --requirement integration/checkers.txt
	touch $@

# Measures against Dockerfiles written by hand, and empties the bed's build cache.
bench: up
	@eval "$$($(BED) env)" && go run ./integration/bench -app heavy

# Builders on machines of their own, as network namespaces are (Linux, root), with every kind of cache.
fleet: up
	@eval "$$($(BED) env)" && PYBUILD_FLEET=1 go test -timeout 40m -run TestFleet -count=1 -v ./integration

# The fuzz targets in turn, or those that FUZZ names. An input that fails stays in testdata/fuzz of its package, where all tests run it.
FUZZTIME ?= 2m
fuzz:
	@FUZZTIME=$(FUZZTIME) integration/fuzz.sh $(FUZZ)

up:
	@$(BED) up

down:
	@$(BED) down
