# Each target sets up what it needs: on a fresh machine with Python, git and make, `make demo` and `make test` just work.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs-ready
LONG := long
PYTEST := $(BIN)/pytest --dist worksteal --durations 20 --numprocesses
# Tests of programs wait more than they work, so there is room for one process more.
ONE_MORE = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.DEFAULT_GOAL := help
.PHONY: help setup demo docs example tutorial check test test-variations test-long bench gold clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## a virtual environment in .venv with the package and its test tools

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sessionload needs Python 3.11 or later: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

demo: setup ## a paced, contract-checked run against the embedded stub, under a minute
	$(BIN)/sessionload run scenarios/demo.yaml

docs: $(DOCS_READY) ## the documents as a site that needs no network, in build/site
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/site
	@echo build/site/index.html

$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

example: setup ## the example reports and the pictures of the documents again, from a run of the demo; needs Chromium
	$(BIN)/python docs/make_example.py

tutorial: setup ## the tutorial, worked through as it is written in about five minutes, and its transcript again
	GOLD=write $(BIN)/pytest -q -m long tests/docs/test_tutorial.py

check: setup ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check ## everything that must be green: check, the tests, full coverage of the pure modules
	$(PYTEST) logical -m 'pure and not long' --cov --cov-report=
	$(BIN)/coverage report --fail-under=100 --include="$$($(BIN)/python tests/test_floors.py)"
	$(PYTEST) $(ONE_MORE) -m 'not pure and not long'

test-variations: setup ## further cases of what make test shows by fewer
	$(PYTEST) $(ONE_MORE) -m variation

test-long: setup $(DOCS_READY) ## what takes longer: many pairs, many pages, many examples, the benchmarks at work
	$(PYTEST) logical -m '$(LONG)'
	$(PYTEST) logical -m 'hypothesis and not long' --hypothesis-profile thorough --timeout 900

bench: setup ## the claims on speed and punctuality, measured on this machine in about half an hour
	@failed=0; for claim in $(filter-out benchmarks/hour.py benchmarks/peers.py,$(wildcard benchmarks/*.py)); do \
	  echo "== $$claim"; $(BIN)/python $$claim || failed=1; echo; done; exit $$failed

gold: setup ## write the gold files of the text views again; look at the difference before you commit it
	GOLD=write $(BIN)/pytest -q tests/report

clean: ## remove what was made; runs under reports/ stay
	rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist src/*.egg-info
