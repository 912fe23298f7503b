# Socle: `make help` lists what can be made.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO        ?= go
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# DuckDB's library asks that all its symbols be offered to others, which nobody
# wants: left out, the program starts some milliseconds sooner and is smaller.
LDFLAGS   := -s -w -X socle/internal/app.Version=$(VERSION) -extldflags=-Wl,--no-export-dynamic
# What is passed to `go test`: make test TESTFLAGS='-run TestX -v'
TESTFLAGS ?=
PKGS      ?= ./...
SHARED    ?=
FUZZTIME  ?= 20s
OUT       ?= dist/$(firstword $(MAKECMDGOALS))

UI        := internal/web/ui/static/dist
WEB_SRC   := $(shell find web-src internal/web/ui/tokens.json -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: help build run test lint check conformance screenshots bench golden fuzz soak dist reproducible attack web templ generated setup clean

help: ## list what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what tests need and is missing (PostgreSQL, Chromium, npm packages, tools)
	@scripts/setup

build: web ## bin/socle, with its pages' styles and scripts
	@mkdir -p bin
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/socle ./cmd/socle

web: $(UI)/manifest.json ## styles, scripts and fonts of the pages

$(UI)/manifest.json: $(WEB_SRC) web-src/node_modules/.package-lock.json
	cd web-src && npm run --silent build
	@touch $@

web-src/node_modules/.package-lock.json: web-src/package-lock.json
	cd web-src && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

run: build ## the demonstration portal on http://localhost:8080
	bin/socle serve --demo

templ: ## write the Go code of the templates again
	@scripts/generated --write

generated: ## fail when committed generated code is not current
	@scripts/generated

test: ## all tests: both databases, real S3 server, real binary, real browser
	@scripts/setup --quick
	@$(MAKE) build
	@scripts/test $(PKGS) -- $(TESTFLAGS)

lint: ## golangci-lint, templates, TypeScript
	@scripts/setup --tool golangci-lint
	.tools/golangci-lint run ./...
	@scripts/generated
	@$(MAKE) web-src/node_modules/.package-lock.json
	cd web-src && npm run --silent check

check: ## what CI does
	.ci/run

conformance: build ## run the cases of a folder: make conformance SHARED=DIR
	@test -n "$(SHARED)" || { echo 'Give the folder of cases: make conformance SHARED=DIR' >&2; exit 2; }
	@scripts/conformance "$(abspath $(SHARED))"

screenshots: build ## a picture of every page, on a desk and a phone, light and dark: make screenshots OUT=DIR
	@scripts/setup --quick
	$(GO) test ./e2e -run '^TestPictures$$' -count=1 -timeout 30m -binary '$(abspath bin/socle)' -pictures '$(abspath $(OUT))'

bench: build ## measure what is promised: start, memory, upload, pages, check
	@scripts/bench

golden: build ## write every expected result again; read the difference before you commit it
	@scripts/golden

fuzz: ## each fuzz test for FUZZTIME (20s)
	@scripts/fuzz $(FUZZTIME)

soak: build ## the long campaigns: 300 kills, long fuzzing, other time zones
	@scripts/setup --quick
	$(GO) test ./internal/jobs -run Kill -soak -count=1 -v -timeout 30m
	$(GO) test ./e2e -run 'Kill|EveryPage' -soak -count=1 -v -timeout 120m
	TZ=Pacific/Auckland scripts/test ./... -- -count=1
	$(GO) test -race -count=1 -timeout 60m ./internal/identity ./internal/catalogue ./internal/tables/duck ./internal/api/compat
	@scripts/fuzz 5m
	@$(MAKE) reproducible

dist: web ## dist/: the binary, its sums, its licences and its bill of materials
	@scripts/dist "$(VERSION)" '$(LDFLAGS)'

reproducible: web ## build the program in two folders and compare
	@scripts/dist --verify "$(VERSION)" '$(LDFLAGS)'

attack: build ## attack a demonstration on this machine with sqlmap and wapiti; the report goes to dist/attack (OUT=DIR)
	@scripts/setup --attack
	@scripts/attack "$(OUT)"

clean: ## remove what was made
	rm -rf bin dist
	find $(UI) -mindepth 1 -not -name PLACEHOLDER -delete
