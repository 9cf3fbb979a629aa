# `make help` lists the targets. Everything runs in .venv, made from the committed lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
RUN := .venv/bin/python
# Trust what the system trusts: many networks have certificates of their own.
export UV_SYSTEM_CERTS ?= 1
INSTALLED := .venv/installed

.PHONY: help install demo dashboard audit test test-slow lint format benchmark clean-outputs

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Create .venv from the lock (fetches uv if there is none)

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.13 is needed; name it with PYTHON=") if not (3, 11) <= sys.version_info[:2] < (3, 14) else None'
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $@

demo: $(INSTALLED) ## Compare attentions on real handwritten digits, classified and detected; table and page
	$(RUN) run.py -m dataset=digits attention=none,se,cbam,lga seed=1,2,3
	$(RUN) run.py -m dataset=digit_scenes attention=none,lga seed=1 recipe.epochs=5
	$(RUN) scripts/show_table.py
	$(RUN) scripts/make_dashboard.py

dashboard: $(INSTALLED) ## One HTML page of all runs under outputs/
	$(RUN) scripts/make_dashboard.py

audit: $(INSTALLED) ## Parameters and GFLOPs of all 72 published rows, against our networks
	$(RUN) scripts/audit.py

test: $(INSTALLED) ## The default tests: offline, minutes
	$(RUN) -m pytest

test-slow: $(INSTALLED) ## The long tests too
	$(RUN) -m pytest -m "slow or not slow"

lint: $(INSTALLED) ## Style, types, one-way imports
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports

format: $(INSTALLED) ## Rewrite in the project's style
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

benchmark: $(INSTALLED) ## The speed figures of the README, measured here
	$(RUN) scripts/benchmark.py

clean-outputs: ## Remove every run, record and page
	rm -rf outputs
