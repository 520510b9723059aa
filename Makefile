# Every way into the house. `make demo` and `make test` need Python 3.11 (or newer), make and git; nothing else.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Nothing of the caller's own Python settings may leak into the environment we make.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help demo test browser lint fmt sbom sim seasons kills mutants bench pins clean .venv

help:
	@echo "make demo     set everything up and play a merchant's day, with a page to watch"
	@echo "make test     set everything up and run every test"
	@echo "make browser  find a Chromium for the page tests, or install it"
	@echo "make lint     formatting, ruff, mypy, import-linter"
	@echo "make fmt      format and mend what ruff can mend"
	@echo "make sim      the convergence campaign with many more examples"
	@echo "make seasons  300 seasons of storms and crashes, from seeds that nobody has tried"
	@echo "make kills    kill -9 at every named point of the process; writes its table into docs/reliability.md"
	@echo "make mutants  plant bugs, one by one, and see whether the tests find them (some hours)"
	@echo "make bench    every benchmark"
	@echo "make sbom     print what onhand is made of, with the hash of every file (CycloneDX)"
	@echo "make pins     write requirements/*.txt anew from requirements/*.in"
	@echo "make clean    remove what these targets made"

.venv: $(READY)

# The stamp is written last, so an interrupted set-up is repeated and a finished one is not.
$(READY): requirements/base.txt requirements/dev.txt
	@python=$$(sh scripts/find_python.sh) || exit 1; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making $(VENV) with $$($$python --version)"; \
		"$$python" -m venv --clear $(VENV) || exit 1; \
	fi
	@echo "Installing the pinned requirements into $(VENV) (about a minute the first time)"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	@$(BIN)/onhand demo

test: $(READY) browser
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(TESTS)

# Silent with a browser; without one it installs it, or prints one line that says what is skipped and how to get it; fails in CI without one.
browser:
	@sh scripts/browser.sh >/dev/null

lint: $(READY)
	@$(BIN)/ruff format --check --quiet || { echo "make fmt would mend: "; $(BIN)/ruff format --check; exit 1; }
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fmt: $(READY)
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

sim: $(READY)
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/campaign -n auto --dist load --timeout=0 $(TESTS)

# Other code plays other seeds; what fails says how it is played again.
seasons: $(READY)
	@$(BIN)/onhand simulate --seeds 300 --new

# A process dies at each of some seventy points, and a whole one must put right what it left.
kills: $(READY)
	@$(BIN)/python -m tests.kills

# Those thought out by hand, then as many as SAMPLE that chance draws; SEED draws the same ones again.
SAMPLE ?= 20
SEED ?= $(shell date +%Y%m%d)
mutants: $(READY) browser
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements/mutants.txt
	@$(BIN)/python scripts/mutants.py planted
	@$(BIN)/python scripts/mutants.py random --count $(SAMPLE) --seed $(SEED)

sbom:
	@python3 scripts/sbom.py requirements/base.txt

bench: $(READY)
	@$(BIN)/onhand bench all

# uv only writes the pins. The output names neither an index nor a host; pip checks every hash.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --upgrade
pins: $(READY)
	@$(UV_COMPILE) requirements/base.in -o requirements/base.txt
	@$(UV_COMPILE) -c requirements/base.txt requirements/dev.in -o requirements/dev.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/eventbridge.in -o requirements/eventbridge.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/google-sheets.in -o requirements/google-sheets.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/jetstream.in -o requirements/jetstream.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/mqtt.in -o requirements/mqtt.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/mutants.in -o requirements/mutants.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/peers.in -o requirements/peers.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/replay.in -o requirements/replay.txt
	@$(UV_COMPILE) -c requirements/dev.txt requirements/sftp.in -o requirements/sftp.txt
	@git diff --stat -- requirements

clean:
	@rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
