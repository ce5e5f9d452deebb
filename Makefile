# Each target sets up what it needs: on a fresh machine with Python, git and make, `make demo` and `make test` just work.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench gold clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## a virtual environment in .venv with the package and its test tools

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sessionload needs Python 3.11 or later: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

demo: setup ## a paced, contract-checked run against the embedded stub, under a minute
	$(BIN)/sessionload run scenarios/demo.yaml

check: setup ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check ## everything that must be green: check, all tests, coverage of the pure modules
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --fail-under=100 --include='$(PURE)'

S := src/sessionload
PURE := $S/errors.py,$S/units.py,$S/secret.py,$S/metrics/*,$S/workload/*,$S/contract/*,$S/verdict/*,$S/comparison/*
PURE := $(PURE),$S/stub/faults.py,$S/stub/latency.py,$S/stub/settings.py
PURE := $(PURE),$S/config/document.py,$S/config/environment.py,$S/config/load.py,$S/config/node.py
PURE := $(PURE),$S/config/run_spec.py,$S/config/scenario.py,$S/config/url.py,$S/config/users.py
PURE := $(PURE),$S/suite/baseline.py,$S/suite/cases/*,$S/suite/curl.py,$S/suite/expectation.py
PURE := $(PURE),$S/suite/suite_report.py,$S/report/*

bench: setup ## the claims on speed and punctuality, measured on this machine in about half an hour
	@failed=0; for claim in $(filter-out benchmarks/hour.py benchmarks/peers.py,$(wildcard benchmarks/*.py)); do \
	  echo "== $$claim"; $(BIN)/python $$claim || failed=1; echo; done; exit $$failed

gold: setup ## write the gold files of the text views again; look at the difference before you commit it
	GOLD=write $(BIN)/pytest -q tests/report

clean: ## remove what was made; runs under reports/ stay
	rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist src/*.egg-info
