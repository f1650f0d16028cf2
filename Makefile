# The two commands: `make lab` to study, `make test` to check. Both set up .venv where it is missing.
.DEFAULT_GOAL := help
.PHONY: help setup lab notebooks book slides clean-copies test outputs results adapters readme refresh system-deps clean
SHELL := /bin/sh

# The first Python that fits; choose another with PYTHON=/path/to/python.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
CANDIDATES := python3 python3.13 python3.12 python3.11
PYTHON ?= $(shell for p in $(CANDIDATES); do if $$p -c '$(FITS)' >/dev/null 2>&1; then echo $$p; break; fi; done)

BIN := .venv/bin
# Named after what is installed, so that a new lock installs anew and a touched file does not.
STAMP := .venv/.installed-$(shell cat requirements.lock pyproject.toml | cksum | cut -d ' ' -f 1)

LAB_FLAGS ?=
PROFILE ?= study
RESULTS_PROFILE ?= full
# A file's tests share a worker: notebooks run one at a time, and fixtures of a module are made once.
WORKERS ?= 2
PYTEST_FLAGS ?=
SYSTEM_PACKAGES ?= bubblewrap chromium g++
# Good to have, but not packaged everywhere.
SYSTEM_EXTRAS ?= podman runc

help:  ## Show what can be made.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{printf "%-18s %s\n", $$1, $$2}'

setup: $(STAMP)  ## Create .venv with the pinned set.

$(STAMP):
	@test -n "$(PYTHON)" || { echo "error: no Python from 3.11 to 3.13 found (looked for: $(CANDIDATES))." >&2; \
	  echo "  Install one (Debian: apt-get install python3 python3-venv), or: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Creating .venv with $(PYTHON); the first time takes a few minutes."; $(PYTHON) -m venv .venv; } || \
	  { rm -rf .venv; echo "error: no environment could be made. Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f .venv/.installed-*
	@touch $@

lab: $(STAMP)  ## Open JupyterLab on the first notebook (LAB_FLAGS=--no-browser serves headless).
	$(BIN)/workbook lab $(LAB_FLAGS)

notebooks: $(STAMP)  ## Run every notebook into an HTML report under runs/ (PROFILE=ci, study or full).
	$(BIN)/workbook run --profile $(PROFILE)

book: $(STAMP)  ## Build the notebooks and the questions as a site under runs/book, and the questions as a PDF.
	$(BIN)/workbook book
	$(BIN)/workbook book --pdf runs/questions.pdf

slides: $(STAMP)  ## Make slides of the notebooks for a class, under runs/slides.
	$(BIN)/workbook slides

clean-copies: $(STAMP)  ## Copy the notebooks to runs/clean without outputs and solutions, for a class.
	$(BIN)/jupyter nbconvert --to notebook --log-level=WARN --output-dir=runs/clean \
	  --ClearOutputPreprocessor.enabled=True --RegexRemovePreprocessor.enabled=True \
	  --RegexRemovePreprocessor.patterns='^solution\(' notebooks/*.ipynb

test: $(STAMP)  ## Lint, check types, and run all tests, notebooks included.
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	@# Notebooks and the browser run alone, after the rest: budgets are seconds, and torch takes every core.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not notebook and not browser" $(PYTEST_FLAGS)
	$(BIN)/python -m pytest -m "notebook or browser" $(PYTEST_FLAGS)

outputs: $(STAMP)  ## Renew the notebooks' committed outputs, after a change of a notebook.
	$(BIN)/workbook run --profile ci --in-place

# One file a notebook, so that `make results` goes on where it was stopped; a finished one begins anew next time.
MEASURED := runs/results/$(RESULTS_PROFILE)
ROWS := $(patsubst notebooks/%.ipynb,$(MEASURED)/%.jsonl,$(sort $(wildcard notebooks/[0-9]*.ipynb)))

results: $(ROWS)  ## Measure every claim anew into data/results (RESULTS_PROFILE=full wants a GPU or a night).
	mkdir -p data/results && cat $(ROWS) > $(MEASURED)/all && mv $(MEASURED)/all data/results/pocket.jsonl
	rm -r $(MEASURED)

$(MEASURED)/%.jsonl: notebooks/%.ipynb data/models/pocket/model.safetensors | $(STAMP)
	@mkdir -p $(@D) && : > $@.part
	WORKBOOK_LEDGER=$(CURDIR)/$@.part $(BIN)/workbook run $* --profile $(RESULTS_PROFILE)
	@mv $@.part $@

adapters: $(STAMP)  ## Tune again what is tuned from the shipped pocket.
	$(BIN)/workbook finetune data --suite drift --out runs/finetune/drift.jsonl
	$(BIN)/workbook finetune run --base pocket --data runs/finetune/drift.jsonl --adapter --lora 8 --rate 0.002 \
	  --epochs 4 --batch 32 --out data/models/drift-memorised
	for rows in checked unchecked; do \
	  $(BIN)/workbook finetune data --suite written-$$rows --out runs/finetune/written-$$rows.jsonl && \
	  $(BIN)/workbook finetune run --base pocket --data runs/finetune/written-$$rows.jsonl --adapter --lora 4 \
	    --rate 0.002 --epochs 2 --batch 32 --out data/models/written-$$rows || exit 1; \
	done
	for rows in generalist memorised retrieved; do \
	  $(BIN)/workbook finetune data --suite apis-$$rows --out runs/finetune/apis-$$rows.jsonl && \
	  $(BIN)/workbook finetune run --base pocket --data runs/finetune/apis-$$rows.jsonl --adapter --lora 6 \
	    --rate 0.005 --epochs 3 --batch 16 --out data/models/apis-$$rows || exit 1; \
	done
	for rows in json python; do \
	  $(BIN)/workbook finetune data --suite calls-as-$$rows --out runs/finetune/calls-as-$$rows.jsonl && \
	  $(BIN)/workbook finetune run --base pocket --data runs/finetune/calls-as-$$rows.jsonl --adapter --lora 4 \
	    --rate 0.003 --epochs 5 --batch 8 --out data/models/calls-as-$$rows || exit 1; \
	done

readme: $(STAMP)  ## Renew the measured numbers and the table of topics in README.md.
	$(BIN)/python -m workbook.runner.front_page

refresh: adapters  ## Rebuild all that depends on the shipped models: adapters, results, the notebooks' outputs.
	$(MAKE) results readme
	$(BIN)/workbook run --profile ci --in-place

system-deps:  ## Install Debian's packages for the optional parts (asks for sudo when not root).
	sh .ci/system-deps "$(SYSTEM_PACKAGES)" "$(SYSTEM_EXTRAS)"

clean:  ## Remove the environment, reports and caches.
	rm -rf .venv runs build .pytest_cache .ruff_cache .mypy_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
