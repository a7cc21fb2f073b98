# Needs make, and Python 3.11 or newer with pip and venv. `make help` lists the targets.
PYTHON ?= python3
PORT ?= 8080
JOBS ?= 2
ARGS ?=

BIN := .venv/bin
# Another pyproject.toml has another checksum, hence another stamp that is not there yet, hence an installation.
SUM := $(shell cksum < pyproject.toml | tr -cs '0-9' '-')
STAMP := .venv/.installed-$(SUM)
DOCS := .venv/.docs-$(SUM)
SMALL := .venv/.small-$(SUM)
# What the examples take: pymacaron alone, unless everything is there already.
ENOUGH := $(if $(wildcard $(STAMP)),$(STAMP),$(SMALL))

# A .venv with nothing in it, where there is none; $(1) says what comes into it, and how long that takes.
define environment
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  || { echo "'$(PYTHON)' is no Python 3.11 or newer: name one, as in 'make venv PYTHON=python3.12'" >&2; exit 1; }; \
test -x $(BIN)/python || $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
  || { echo "'$(PYTHON)' cannot make virtual environments: install its venv module (Debian: apt install python3-venv)" >&2; exit 1; }; \
echo "The first time only: installing into .venv $(1)" >&2; \
test -x $(BIN)/python || $(PYTHON) -m venv --clear .venv
endef

# A Debian package, if this is a Debian whose root we are; it is not started. Tests say what they leave out without it.
install = { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { apt-get update && \
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(1); } >/dev/null 2>&1 \
  || echo "$(1) is not installed: what needs it is left out"; }

.PHONY: help venv docs run run-real test rooms picture services screenshots rehearse faults containers migrations lint format bench corpus conformance fuzz patterns soak stores-local clean load release-check
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

venv: $(STAMP) ## .venv with everything; nothing to do unless pyproject.toml changed

$(STAMP):
	@$(call environment,everything for development: a few minutes)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@rm -f .venv/.installed-* && touch $@

$(SMALL):
	@$(call environment,pymacaron: about half a minute)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[async]'
	@rm -f .venv/.small-* && touch $@

docs: $(DOCS) ## the documentation as a site, in site/: open site/index.html
	@$(BIN)/python -m book.build

$(DOCS): $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@rm -f .venv/.docs-* && touch $@

run: $(ENOUGH) ## the example shop, three services on PORT (8080) and the next two
	@$(BIN)/python examples/shop/run.py --port $(PORT) $(ARGS)

run-real: $(ENOUGH) ## a published API, the GA4GH Workflow Execution Service, on PORT (8080)
	@$(BIN)/python examples/wes/server.py --port $(PORT) $(ARGS)

# Many tests run servers and processes, and a machine that others share may stop them for seconds: in continuous
# integration what has failed is asked once more, alone. What fails twice fails; what fails once is printed above.
test: venv rooms services ## every quick test, with coverage; ARGS go to pytest
	@$(BIN)/python -m pytest -q -n $(JOBS) --cov --cov-report=term --durations=5 --durations-min=10 $(ARGS) \
	  $(if $(CI),|| $(BIN)/python -m pytest -q --last-failed --last-failed-no-failures none)

services: ## redis-server, chromium, docker and a registry for the tests, where they are missing and can be installed
	@command -v redis-server >/dev/null || $(call install,redis-server)
	@command -v chromium >/dev/null || $(call install,chromium)
	@command -v dockerd >/dev/null || $(call install,docker.io)
	@command -v docker-registry >/dev/null || $(call install,docker-registry)

rehearse: venv services ## AWS on this machine, with real containers, and asked by AWS's own command line
	@test -x .ebcli/bin/eb || { $(PYTHON) -m venv --clear .ebcli && \
	  .ebcli/bin/python -m pip install --quiet --disable-pip-version-check awsebcli; }
	@command -v podman >/dev/null || $(call install,podman)
	@$(BIN)/python -m pytest -q -m heavy tests/test_rehearsal*.py tests/test_deploy_rehearsed.py $(ARGS)

screenshots: venv services ## pictures for docs/img; ARGS="console" takes one
	@$(BIN)/python tests/screenshots.py $(ARGS)

faults: venv services ## services, saves, deployments and tasks while processes are killed and much else; ARGS="--only serving"
	@test -e /usr/lib/rabbitmq/bin/rabbitmq-server || $(call install,rabbitmq-server)
	@ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || $(call install,libfaketime)
	@$(BIN)/python faults/everything.py --jobs $(JOBS) $(ARGS)

containers: venv services ## images with tasks, with lines of their own, with locks, and by podman
	@command -v podman >/dev/null || $(call install,podman)
	@$(BIN)/python -m pytest -q -m heavy tests/test_images_built.py $(ARGS)

# An import against the order often makes a circle, with which no test begins: so this comes before them.
rooms: venv
	@$(BIN)/python tests/test_architecture.py

picture: venv ## draw the picture in ARCHITECTURE.md anew
	@$(BIN)/python tests/test_architecture.py draw

lint: venv ## the order of imports, ruff, mypy, and the spelling of the pages; all of them, whatever fails
	@failed=0; \
	$(BIN)/python tests/test_architecture.py || failed=1; \
	$(BIN)/ruff check || failed=1; \
	$(BIN)/ruff format --check || failed=1; \
	$(BIN)/mypy || failed=1; \
	$(BIN)/codespell docs book *.md || failed=1; \
	test $$failed = 0 || echo "lint: what is about layout, quotes and the order of imports, \`make format\` mends"; \
	exit $$failed

format: venv ## let ruff put the files into shape
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix-only

migrations: venv ## the old services of the migration guides, run by their own frameworks and asked the same
	@$(BIN)/python -m pytest -q -m heavy tests/test_migration.py $(ARGS)

bench: venv services ## CPU per request as ratios to bare Flask, beside other frameworks
	@$(BIN)/python bench/run.py $(ARGS)
	@$(BIN)/python bench/tasks.py

load: venv services ## requests per second over HTTP, beside other frameworks, with a picture
	@command -v wrk >/dev/null || $(call install,wrk)
	@$(BIN)/python bench/load.py $(ARGS)

corpus: venv ## fetch real documents and conformance data, and load every document
	@$(BIN)/python corpus/run.py $(ARGS)

conformance: venv ## the JSON-Schema-Test-Suite, the law of the wire, what is published, mocked, upgraded, schemathesis; clients
	@$(BIN)/python conformance/run.py $(ARGS)
	@$(BIN)/python corpus/fetch.py
	@$(BIN)/python conformance/wire.py
	@$(BIN)/python conformance/published.py
	@$(BIN)/python conformance/mocked.py
	@$(BIN)/python conformance/upgraded.py
	@$(BIN)/python conformance/blackbox.py
	@$(BIN)/python conformance/autorest.py
	@$(BIN)/python conformance/checkers.py
	@$(BIN)/python conformance/prism.py

patterns: venv ## regular expressions of every kind, with texts made to keep them busy: none takes long
	@$(BIN)/python -m pytest -q -m heavy tests/test_patterns.py $(ARGS)

fuzz: venv ## 200,000 changed requests to the examples and to documents of the corpus
	@$(BIN)/python conformance/fuzz.py $(ARGS)

soak: venv ## 100,000 calls by 50 threads to a service that often answers wrongly: nothing lost, mixed up or left open
	@$(BIN)/python conformance/soak.py $(ARGS)

stores-local: venv ## the laws of stores, held against Amazon's DynamoDB Local (needs Java and npm)
	@$(BIN)/python conformance/dynamodb_local.py $(ARGS)

release-check: venv ## sdist and wheel; the installed wheel with each extra alone and with the lowest versions of what it needs
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check build twine uv
	@$(BIN)/python release/check.py $(ARGS)

clean: ## remove .venv and what the tools leave behind
	@rm -rf .venv .ebcli .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov dist site examples/shop/data
