# Every command that this project needs. `make` alone lists them.
# Needed beforehand: make and Python 3.11 or newer, as python3 or as PYTHON=….

PYTHON ?= python3
SECONDS ?= 600
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz bench up down deploy lock lint format openapi pictures clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## Create the virtual environment and install the CDK command line
	@$(PYTHON) -I cli/setup_environment.py

demo: setup ## Deploy to a local emulator, reconcile two statements, clean up
	@$(BIN)/tieout demo

up: setup ## Deploy to a local emulator and keep it running
	@$(BIN)/tieout up

down: setup ## Stop what `make up` started
	@$(BIN)/tieout down

deploy: setup ## Deploy to AWS with the credentials of this shell
	@$(BIN)/tieout deploy $(ARGUMENTS)

test: lint ## Run every check and every test
	$(BIN)/pytest

fuzz: setup ## Fuzz every statement parser for SECONDS each (default 600)
	@$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) $(ARGUMENTS)

bench: setup ## Compare the statement parsers with their peers, time and memory
	@[ -x .venv-bench/bin/python ] || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-bench
	@VIRTUAL_ENV=.venv-bench $(BIN)/uv pip sync --quiet --require-hashes requirements-bench.txt
	@.venv-bench/bin/python -m bench.statements $(ARGUMENTS)

lint: setup ## Run the linters, the type checker and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Format the code and apply the linter's safe corrections
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: setup ## Write the pictures of docs/ from what the commands print
	@PYTHONPATH=. $(BIN)/python docs/pictures/make.py

openapi: setup ## Write the OpenAPI document from the code
	$(BIN)/python -m functions.api.openapi > docs/openapi.json

lock: setup ## Resolve the dependencies anew
	$(LOCK) --upgrade pyproject.toml --extra matching --extra statements --extra cli --extra deploy --extra dev -o requirements-dev.txt
	$(LOCK) pyproject.toml -c requirements-dev.txt -o requirements.txt
	$(LOCK) pyproject.toml --extra matching -c requirements-dev.txt -o requirements-matching.txt
	$(LOCK) pyproject.toml --extra statements -c requirements-dev.txt -o requirements-statements.txt
	$(LOCK) pyproject.toml --extra statements --extra dev --extra bench -c requirements-dev.txt -o requirements-bench.txt

clean: ## Stop the local stack and remove everything that can be made again
	@if [ -x $(BIN)/tieout ]; then $(BIN)/tieout down; fi
	rm -rf .tieout .venv .venv-bench node_modules cdk.out build dist *.egg-info .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
