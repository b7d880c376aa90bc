# annotate: `make run` shows the whole loop, `make test` proves it. Both create .venv on first use and reuse it after.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
JOBS   ?= 2

.PHONY: run test check bench screenshot format clean help

help:
	@echo "make run     install and run the demo: seeds -> Label Studio -> corrections -> release -> scores"
	@echo "make test    install everything and run every test (a real server and a real browser included)"
	@echo "make check   lint, format, types, stale generated files"
	@echo "make bench   time us and the peers in the same run"
	@echo "make screenshot   take docs/annotation-page.png anew"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 10) <= sys.version_info[:2] <= (3, 13)))' || \
	  { echo "error: $(PYTHON) is not Python 3.10 to 3.13; run make PYTHON=/path/to/another"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than pyproject.toml when what that file asks for is installed.
$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[studio]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(PIP) install -e '.[studio,backend,ray,s3,train,dev]'
	@touch $@ $(VENV)/.run

run: $(VENV)/.run
	$(BIN)/annotate demo

# Playwright drives the system's Chromium; PostgreSQL is the database that a team's server uses.
test: $(VENV)/.test
	@sh tests/tools/system_packages.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff check annotate tests
	$(BIN)/ruff format --check annotate tests
	$(BIN)/mypy
	$(BIN)/annotate schema build --check

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

screenshot: $(VENV)/.test
	$(BIN)/python docs/screenshot.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix annotate tests
	$(BIN)/ruff format annotate tests

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
