# Needs Python 3.11 or newer, make and the package index; everything else lands in .venv.
PYTHON ?= python3
RUN    := .venv/bin/python -m
SERVE  ?= 1
.PHONY: demo test lint check format bench soak dist lock
.NOTPARALLEL:

demo: .venv/installed           ## An invented school, the whole cycle, the report on screen (SERVE=0: end after it).
	.venv/bin/sims-sync demo demo $(if $(filter 0,$(SERVE)),--no-serve)

test: .venv/installed-test      ## Every test; what this machine lacks for some of them is said at the end.
	$(RUN) pytest --numprocesses auto --dist worksteal $(TESTS)

lint: .venv/installed-dev       ## Format, lint, types, and who may import whom.
	$(RUN) ruff format --check . && $(RUN) ruff check . && $(RUN) mypy && .venv/bin/lint-imports

check: lint test                ## What must pass before a change goes in.

format: .venv/installed-dev     ## Put the format right, and what the linter can put right by itself.
	$(RUN) ruff format . && $(RUN) ruff check --fix .

bench: .venv/installed-bench    ## What it takes, beside its peers: docs/speed.md.
	$(RUN) bench $(BENCH)

soak: .venv/installed-test      ## The long proofs.
	$(RUN) soak $(SOAK)

dist: .venv/installed-dist       ## What a school installs without the internet: dist/ (DIST=windows or linux: one of them).
	$(RUN) deploy $(DIST)

lock: .venv/installed-dist       ## Choose anew which releases are shipped: deploy/requirements.txt.
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade --generate-hashes \
	    --no-annotate --custom-compile-command "make lock" --output-file deploy/requirements.txt pyproject.toml

# A stamp for each set of packages, so that a second call takes no time. Byte code is compiled now, not at the first start.
.venv/installed-test: GROUP = --group test
.venv/installed-dev: GROUP = --group dev
.venv/installed-bench: GROUP = --group bench
.venv/installed-dist: GROUP = --group dist
.venv/installed .venv/installed-test .venv/installed-dev .venv/installed-bench .venv/installed-dist: pyproject.toml | .venv/bin/pip
	$(RUN) pip install --quiet --editable . $(GROUP)
	@$(RUN) compileall -q sims_sync connectors jobs mappings && touch $@

.venv/bin/pip:
	$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --upgrade "pip>=25.1"
