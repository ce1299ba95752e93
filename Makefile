# Needs Python 3.11+ with venv, and make. Everything else comes into .venv.
.DEFAULT_GOAL := help
PY ?= python3
BIN := .venv/bin
export UV_COMPILE_BYTECODE := 1

# uv does not read pip's configuration: hand pip's index over.
INDEX = idx="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(PY) -m pip config get global.index-url 2>/dev/null || true)}}"; \
        [ -z "$$idx" ] || export UV_DEFAULT_INDEX="$$idx";
INSTALL = $(INDEX) $(BIN)/uv pip install -q -p $(BIN)/python
COMPILE = $(INDEX) $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml
PROJECT = --no-deps --no-build-isolation --reinstall-package trimtab -e .

.PHONY: help run demo test check full again fix client lock bench screenshots clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: .venv/.run  ## start Trimtab
	$(BIN)/trimtab serve

demo: .venv/.run  ## show what Trimtab does, in a folder that goes away again
	$(BIN)/trimtab demo

test: .venv/.dev  ## the tests, in parallel
	$(BIN)/python -m pytest -q -n 2

check: .venv/.dev  ## format, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 0 tests/architecture
	$(BIN)/pyright

full: .venv/.dev  ## the whole suite, slow tests too
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m ""

again: .venv/.dev  ## the tests that failed last time, alone
	$(BIN)/python -m pytest -q -n 0 -m "" --last-failed --last-failed-no-failures none

fix: .venv/.dev  ## format, and correct what can be corrected
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

client: .venv/.dev  ## what the Python client knows of the API, from its declarations
	$(BIN)/python -c "from trimtab.app.http.api.generate import main; main()"

bench: .venv/.dev  ## measure
	$(BIN)/python -m bench

screenshots: .venv/.dev  ## pictures of every page of the console, in a temporary folder
	$(BIN)/python -m tests.support.console

lock: $(BIN)/uv  ## write the lock files from pyproject.toml
	@$(COMPILE) --group build -o requirements.lock
	@$(COMPILE) --group build --group dev -c requirements.lock -o requirements-dev.lock
	@$(COMPILE) --extra postgres --extra oidc -c requirements-dev.lock -o requirements-container.lock
	@$(subst pyproject.toml,--group build,$(COMPILE)) -c requirements-dev.lock -o requirements-build.lock

clean:  ## remove what the other targets made (never your data)
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build

$(BIN)/uv:
	@$(PY) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Trimtab needs Python 3.11 or later; say which: make PY=python3.12 ...")'
	@echo "making .venv"
	@$(PY) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9

.venv/.run: $(BIN)/uv requirements.lock pyproject.toml
	@echo "installing what Trimtab needs, by hash"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) $(PROJECT)
	@touch $@

.venv/.dev: $(BIN)/uv requirements-dev.lock pyproject.toml
	@echo "installing what tests and checks need, by hash"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) $(PROJECT)
	@touch $@ .venv/.run
