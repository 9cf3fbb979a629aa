# `make help` lists the targets. Everything runs in .venv, made from the committed lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
RUN := .venv/bin/python
# Trust what the system trusts: many networks have certificates of their own.
export UV_SYSTEM_CERTS ?= 1
INSTALLED := .venv/installed
# Of plan and reproduce-%: how many seeds or auto, and full, reduced or smoke runs; ARGS= hands on overrides of run.py.
TABLE ?= all
SEEDS ?= 3
SCALE ?= full
# What a user gives reaches the command as it is written, each word of ARGS as one: neither the shell nor make reads it.
unexport TABLE SEEDS SCALE ARGS JOBS LAUNCHER FROM SITE
quoted = '$(subst ','\'',$(value $(1)))'
ARGUMENTS = $(foreach word,$(value ARGS),'$(subst ','\'',$(word))')
SWEEP = --seeds $(call quoted,SEEDS) --scale $(call quoted,SCALE)
# Tests of one file share what it prepares; a worker takes up to 2 GB.
PARALLEL = -n auto --maxprocesses 8 --dist loadfile

.PHONY: help install demo docs plan tables dashboard wandb-dashboard wandb-sync audit audit-dependencies test test-slow fuzz lint format benchmark benchmark-attention clean-outputs

help: ## This list
	@grep -hE '^[a-z0-9%-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Create .venv from the lock (fetches uv if there is none)

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.13 is needed; name it with PYTHON=") if not (3, 11) <= sys.version_info[:2] < (3, 14) else None'
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	$(UV) sync --frozen --extra all --compile-bytecode --quiet --python $(PYTHON)
	@touch $@

demo: $(INSTALLED) ## Compare attentions on real handwritten digits, classified and detected; table and page; three minutes
	@$(RUN) scripts/demo.py

plan: $(INSTALLED) ## What a sweep would do, nothing is run: make plan TABLE=table2 SCALE=full SEEDS=3
	$(RUN) scripts/plan.py $(call quoted,TABLE) $(SWEEP) $(ARGUMENTS)

reproduce-%: $(INSTALLED) ## Run and render an experiment of conf/experiment, such as table2 or ablations, or all of the paper's: SEEDS=3|auto SCALE=full|reduced|smoke JOBS=2 LAUNCHER=
	@$(RUN) scripts/reproduce.py '$(subst ','\'',$*)' $(SWEEP) $(if $(JOBS),--jobs $(call quoted,JOBS)) $(if $(LAUNCHER),--launcher $(call quoted,LAUNCHER)) $(ARGUMENTS)

tables: $(INSTALLED) ## Render all tables from the runs at hand; KEEP=1 adds their records to experiments/
	$(RUN) scripts/tables.py $(if $(KEEP),--keep)

wandb-dashboard: $(INSTALLED) ## W&B: a view for each table and one report (account needed); ARGS=--dry-run prints them
	$(RUN) scripts/wandb_dashboard.py $(ARGUMENTS)

wandb-sync: $(INSTALLED) ## W&B: upload the offline runs under outputs/ (or LGA_OUTPUT_DIR), once each (account needed)
	$(RUN) scripts/wandb_sync.py $(ARGUMENTS)

dashboard: $(INSTALLED) ## One HTML page of all runs under outputs/ (or LGA_OUTPUT_DIR)
	$(RUN) scripts/make_dashboard.py

docs: $(INSTALLED) ## The documents as a site, outputs/site, or SITE=DIR
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet $(if $(SITE),--site-dir $(call quoted,SITE))

audit: $(INSTALLED) ## Parameters and GFLOPs of all 72 published rows, against our networks
	$(RUN) scripts/audit.py

data-%: $(INSTALLED) ## Fetch a data set, such as data-visdrone, to LGA_DATA_DIR, or data/ (FROM=DIR: files that you have); data-list lists them
	$(RUN) scripts/prepare_data.py $(if $(filter list,$*),--list,'$(subst ','\'',$*)') $(if $(FROM),--from $(call quoted,FROM))

test: $(INSTALLED) ## The default tests: offline, minutes
	$(RUN) -m pytest $(PARALLEL)

test-slow: $(INSTALLED) ## The long tests too
	$(RUN) -m pytest $(PARALLEL) -m "slow or not slow"

fuzz: $(INSTALLED) ## 20,000 mutations of annotations, 1,000 of images, 2,000 of records, 200 of overrides: each read, or refused in one line
	$(RUN) -m tests.fuzzing $(ARGS)

lint: $(INSTALLED) ## Style, types, one-way imports
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports

format: $(INSTALLED) ## Rewrite in the project's style
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

benchmark: $(INSTALLED) ## The figures of docs/speed.md, measured here
	$(RUN) scripts/benchmark.py

benchmark-attention: $(INSTALLED) ## What each attention costs, alone and in each network, measured here; ARGS=--quick for less
	$(RUN) scripts/benchmark_attention.py $(ARGUMENTS)

audit-dependencies: $(INSTALLED) ## Known vulnerabilities of the locked packages (network needed)
	$(RUN) scripts/audit_dependencies.py --uv $(UV)

clean-outputs: ## Remove every run, record and page
	rm -rf outputs
