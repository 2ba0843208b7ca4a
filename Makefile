# `make run` serves on an embedded database; `make test` tests everything. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Outside the checkout, so that it stays clean.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/wazo-auth/target
export CARGO_TERM_COLOR ?= auto

PLUGINS := wazo-auth-plugin-native
EXAMPLE_PLUGINS := wazo-auth-plugin-backend-example wazo-auth-plugin-external-bar
COMMANDS := wazo-auth-bootstrap wazo-auth-init-db wazo-auth-upgrade-db wazo-auth-wait
RELEASE := $(CARGO_TARGET_DIR)/release
# Every other program is a link to this one.
PROFILE_FLAGS := --release --locked
DESTDIR ?=

.PHONY: help run build test check format clippy docs audit install bench bench-scale chaos fill fuzz

help: ## Lists what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Serves on an embedded database under WAZO_AUTH_HOME (./.run), on 127.0.0.1:PORT (9497)
	@exec scripts/run "$(RELEASE)"

build: scripts/.ready ## Builds the daemon and the plugins, optimised
	cargo build $(PROFILE_FLAGS) -p wazo-auth $(addprefix -p ,$(PLUGINS) $(EXAMPLE_PLUGINS))

.PHONY: scripts/.ready
scripts/.ready:
	@scripts/need-tools

test: scripts/.ready ## Tests every layer, the real program included, on both databases
	scripts/need-test-tools
	scripts/need-test-peers "$(CARGO_TARGET_DIR)"
	cargo build --locked --workspace
	cargo test --locked --workspace
	# Not by package: that would build the dependencies once more, with other features.
	WAZO_AUTH_TEST_DATABASE=postgresql cargo test --locked --workspace --test '*'

check: format clippy docs test ## What continuous integration runs

format: scripts/.ready
	cargo fmt --all --check

clippy: scripts/.ready
	cargo clippy --locked --workspace --all-targets -- -D warnings

docs: scripts/.ready
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

audit: ## Checks licences, sources and known weaknesses of the dependencies (needs the network)
	@scripts/audit

install: build ## Lays out programs, plugins and configuration under DESTDIR
	@scripts/install "$(RELEASE)" "$(DESTDIR)"

bench: build ## Compares token checks and logins with the bare minimum
	@scripts/bench "$(RELEASE)"

bench-scale: scripts/.ready ## Measures lists and searches among 100,000 users, on both databases
	scripts/need-test-tools
	cargo run --release --locked -p wazo-auth-database --example bench_scale -- $(DIVISOR)

SECONDS ?= 600
EXAMPLES ?= 50
SEED ?= $(shell date +%s)
fuzz: scripts/.ready ## Makes requests up from the API's document for SECONDS (600), EXAMPLES (50) an operation, from SEED
	scripts/need-test-tools
	scripts/need-test-peers "$(CARGO_TARGET_DIR)"
	WAZO_AUTH_FUZZ_SECONDS=$(SECONDS) WAZO_AUTH_FUZZ_EXAMPLES=$(EXAMPLES) WAZO_AUTH_FUZZ_SEED=$(SEED) \
		cargo test --locked --workspace --test api_fuzz -- --nocapture

chaos: scripts/.ready ## Kills daemons, broker and database under load (CHAOS_SECONDS, 60), and counts what becomes of the events
	scripts/need-test-tools
	cargo run --locked -p wazo-auth-tests --bin wazo-auth-chaos -- $(or $(CHAOS_SECONDS),60)

fill: scripts/.ready ## Fills a database (URI, else a temporary file) as a large installation does, and checks its plans
	@scripts/fill "$(URI)" $(if $(SCALE),--scale "$(SCALE)")
