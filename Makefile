# annotate: `make run` shows the whole loop, `make test` proves it. Both create .venv on first use and reuse it after.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
JOBS   ?= 2
INSTALL := $(UV) pip install --quiet --python $(BIN)/python

ROUNDS ?= 50
SEED   ?= 0
MUTANTS ?=

.PHONY: run test check docs fuzz bench faults mutants newest lock wheels screenshot format clean help

help:
	@echo "make run     install and run the demo: seeds -> Label Studio -> corrections -> release -> scores"
	@echo "make test    install everything and run every test (a real server and a real browser included)"
	@echo "make check   lint, format, types, stale generated files"
	@echo "make docs    build the documentation as a site, in site/; a link that leads nowhere is an error"
	@echo "make fuzz    try every reader on thousands of damaged files"
	@echo "make bench   time us and the peers in the same run"
	@echo "make faults  kill -9 every command that writes and fill its disk, ROUNDS=50 times each; count what was lost"
	@echo "make mutants change the code in one place at a time, list the changes that no test notices (MUTANTS='items --sample 50')"
	@echo "make newest  unit and contract tests with the newest versions that pyproject.toml allows"
	@echo "make lock    write down the newest versions, with hashes, in requirements/"
	@echo "make wheels  check that what is locked has wheels for every Python and machine we name"
	@echo "make screenshot   take the pictures in docs/ anew"

# What is installed is what requirements/ has: these versions, with these hashes, and nothing newer.
$(BIN)/uv: requirements/tools.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11; run make PYTHON=/path/to/another"; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements/tools.lock
	@touch $@

$(VENV)/.run: requirements/run.lock pyproject.toml $(BIN)/uv
	@echo "Installing what requirements/run.lock has (1.3 GB) ..."
	@$(INSTALL) --no-deps --no-build-isolation --require-hashes -r requirements/run.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.lock pyproject.toml $(BIN)/uv
	@echo "Installing what requirements/test.lock has ..."
	@$(INSTALL) --no-deps --no-build-isolation --require-hashes -r requirements/test.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

run: $(VENV)/.run
	@$(BIN)/annotate demo

# Playwright drives the system's Chromium; PostgreSQL is the database that a team's server uses.
test: $(VENV)/.test
	@sh tests/tools/system_packages.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff check annotate tests docs/*.py docs/*.ipynb
	$(BIN)/ruff format --check annotate tests docs/*.py docs/*.ipynb
	$(BIN)/mypy
	$(BIN)/annotate schema build --check

docs: $(VENV)/.test
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build
	@echo "read site/index.html, or serve it, to search: $(BIN)/python -m http.server --directory site"

fuzz: $(VENV)/.test
	ANNOTATE_FUZZ=2000 $(BIN)/python -m pytest -n $(JOBS) tests/fuzz

bench: $(VENV)/.test
	$(INSTALL) -c requirements/test.lock -e '.[bench]'
	$(BIN)/python -m tests.bench

faults: $(VENV)/.test
	$(BIN)/python -m tests.faults --rounds $(ROUNDS) --seed $(SEED)

# In an environment of its own, which sees what requirements/test.lock has; one process that gives way to others.
mutants: $(VENV)/.test
	$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)-mutants
	$(UV) pip install --quiet --python $(VENV)-mutants/bin/python --no-deps --require-hashes -r requirements/mutants.lock
	@cd $(VENV)-mutants/lib/python3*/site-packages && \
	  printf '%s\n' $(CURDIR) $(abspath $(VENV))/lib/python3*/site-packages > checkout.pth
	nice -n 10 $(VENV)-mutants/bin/python -m tests.mutants $(MUTANTS)

# In an environment of its own, which is made anew each time.
newest: $(BIN)/uv
	$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)-newest
	$(UV) pip install --quiet --python $(VENV)-newest/bin/python -e '.[all,dev]'
	$(UV) pip list --quiet --python $(VENV)-newest/bin/python --format freeze
	$(VENV)-newest/bin/python -m pytest -n $(JOBS) --dist loadfile tests/unit tests/contract

COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" pyproject.toml
lock: $(BIN)/uv
	$(COMPILE) --upgrade --extra all --extra dev --group tools -o requirements/test.lock $(LOCK) > /dev/null
	$(COMPILE) --extra studio -c requirements/test.lock -o requirements/run.lock > /dev/null
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --group tools -c requirements/test.lock -o requirements/tools.lock > /dev/null
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --group mutants -c requirements/test.lock -o requirements/mutants.lock > /dev/null

wheels: $(BIN)/uv
	$(BIN)/python tests/tools/check_wheels.py $(UV)

screenshot: $(VENV)/.test
	$(BIN)/python -m docs.screenshot

format: $(VENV)/.test
	$(BIN)/ruff check --fix annotate tests docs/*.py docs/*.ipynb
	$(BIN)/ruff format annotate tests docs/*.py docs/*.ipynb

clean:
	rm -rf $(VENV) $(VENV)-mutants $(VENV)-newest .pytest_cache .mypy_cache .ruff_cache .hypothesis dist site
