# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
# Compiled modules are kept even where the environment says otherwise: half of a command's time.
export PYTHONDONTWRITEBYTECODE :=
BIN := $(VENV)/bin
DIR ?= build/demo
ONLY ?=
COVERED_BY := tests/unit/verifier $(wildcard tests/attacks) tests/unit/cli/test_extract_revision.py

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: ready
ready: # everything that the other targets need; quick when nothing is missing
	@scripts/bootstrap

.PHONY: demo
demo: ready ## the whole job once, on real parts, into build/demo (or DIR=path)
	@$(BIN)/python -m devpki.demo --dir "$(DIR)"

.PHONY: test
test: ready ## every test, on two processes
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

.PHONY: coverage
coverage: ready ## the verifier's tests take every branch of it; what they miss is listed
	@rm -rf build/coverage
	@$(BIN)/coverage run -m pytest -q -n 2 --dist loadfile --no-header $(COVERED_BY)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

.PHONY: check
check: ready ## format, lint, types, import contracts, dependencies, dead code, messages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > build/lint-imports.txt || { cat build/lint-imports.txt; exit 1; }
	@$(BIN)/deptry . > build/deptry.txt 2>&1 || { cat build/deptry.txt; exit 1; }
	@$(BIN)/vulture
	@$(BIN)/python scripts/build_messages.py --check
	@echo "check: all good"

.PHONY: fmt
fmt: ready ## format and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: ready ## the benchmarks (ONLY=sign for a part), into build/bench.json
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

.PHONY: soak
soak: ready ## the long tests at full size; results go to docs/evidence/
	@mkdir -p docs/evidence
	@ANTIN_SOAK=1 $(BIN)/python -m pytest -n 2 -m soak --timeout 86400 --durations 0 \
		--no-header --disable-warnings $(ARGS) \
		| tee docs/evidence/soak-$$(date -u +%Y%m%dT%H%M%SZ).txt

.PHONY: messages
messages: ready ## update the message catalogues from the sources and compile them
	@$(BIN)/python scripts/build_messages.py --update

.PHONY: wheel
wheel: ready ## build the wheel and try it in an environment of its own
	@scripts/try_wheel

.PHONY: clean
clean: ## remove what was built (not .venv)
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
