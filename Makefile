# Every target works on a fresh checkout: the first one that needs it builds .venv, later ones do not touch it.
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
SHELL := /bin/sh

BIN := .venv/bin
STAMP := .venv/.ready
# Extra words for the command: make test ARGS="tests/kit -k embedded"
ARGS ?=

# Scripts in a virtual environment name its path, so one that was moved or copied is built again.
ifneq ("$(shell cat $(STAMP) 2>/dev/null)","$(CURDIR)")
$(shell rm -f $(STAMP))
endif

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help run worker setup test check lint types contracts schema-check migrations schema bench lock format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# exec: signals reach the process itself, not a shell in between.
run: $(STAMP) ## start everything for development: database, web, worker
	@exec $(BIN)/hikiate dev $(ARGS)

worker: $(STAMP) ## start a worker only
	@exec $(BIN)/hikiate worker $(ARGS)

setup: $(STAMP) ## create .venv from requirements-dev.lock

$(STAMP): requirements-dev.lock pyproject.toml .ci/find-python
	@python=$$(.ci/find-python) || exit 1; \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then rm -rf .venv && "$$python" -m venv .venv; fi
	@echo "Installing into .venv (a minute the first time) ..."
	@$(BIN)/python -m pip install -qq --no-input --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -qq --no-input --no-deps --no-build-isolation --editable .
	@printf '%s\n' "$(CURDIR)" > $@

test: $(STAMP) ## run the tests
	@$(BIN)/pytest $(ARGS)

check: lint types contracts schema-check migrations ## everything that is not a test

lint: $(STAMP) ## ruff, codespell, deptry
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/codespell
	@$(BIN)/deptry .

types: $(STAMP) ## basedpyright, strict
	@$(BIN)/basedpyright

contracts: $(STAMP) ## who may import whom
	@$(BIN)/lint-imports

schema-check: $(STAMP) ## schema.graphql equals the code
	@$(BIN)/hikiate schema --check

migrations: $(STAMP) ## the migrations lead to the tables of the code
	@$(BIN)/hikiate migrate --check

schema: $(STAMP) ## write schema.graphql
	@$(BIN)/hikiate schema --write

bench: $(STAMP) ## run the benchmarks
	@$(BIN)/python -m bench $(ARGS)

format: $(STAMP) ## let ruff fix and format
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

# uv is only the resolver here: nothing else needs it, so it is not a dependency. The first file is the wider one and
# the second takes its versions from it. No index host is written: an install uses whatever index pip is set up with.
LOCK := pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"
lock: $(STAMP) ## write requirements*.lock anew (ARGS=--upgrade for newer versions)
	@$(BIN)/python -m pip install -qq uv
	@$(BIN)/uv $(LOCK) --all-extras $(ARGS) --output-file requirements-dev.lock
	@$(BIN)/uv $(LOCK) --extra build --constraint requirements-dev.lock --output-file requirements.lock

clean: ## remove .venv and caches; data stay
	@rm -rf .venv node_modules .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find app tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
