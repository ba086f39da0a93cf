# Every target does its own set-up. PYTHON names the interpreter to build the environment with.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_LEARNED := $(VENV)/.ready-learned
READY_DEV := $(VENV)/.ready-dev

# Two busy thread pools spin each other to a quarter of their speed without this.
export OMP_WAIT_POLICY = PASSIVE
# What is imported is compiled once and kept, also where a shell says otherwise: hundreds of processes import torch here.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all lint bench gpu lock clean

demo: $(READY_LEARNED)
	$(BIN)/python demo/run.py

# A test that hangs fails, and says where each of its threads stood.
test: $(READY_DEV) lint
	$(BIN)/pytest -n 2 -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true

test-all: $(READY_DEV) lint
	$(BIN)/pytest -n 2 -m ""

lint: $(READY_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What trains, fits or rewrites documents is run by hand.
BY_HAND := ablations gpu_queue layered_cases model_cards reader_fit removal_cases training_curves
bench: $(READY_DEV)
	for bench in $(filter-out $(BY_HAND:%=bench/%.py),$(sort $(wildcard bench/*.py))); do $(BIN)/python $$bench || exit 1; done

$(VENV)/bin/python:
	scripts/environment $(PYTHON) $(VENV)

$(READY): $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint requirements.lock --editable .
	touch $@

$(READY_LEARNED): $(READY)
	scripts/torch $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint requirements.lock --editable '.[learned]'
	touch $@

$(READY_DEV): $(READY_LEARNED)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	# PyMatting compiles itself when it is first imported: once here, and not in every process of the tests.
	$(BIN)/python -c 'import pymatting' & scripts/browser && wait
	touch $@

# On a machine with an accelerator, by an interpreter that has torch for it and the packages of '.[train,worlds]'.
GPU_PYTHON ?= python3
gpu:
	PYTHONPATH=src $(GPU_PYTHON) bench/gpu_queue.py

lock: $(READY_DEV)
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock

clean:
	rm -rf $(VENV) demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
