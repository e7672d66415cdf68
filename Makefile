# make demo: the main job on the digital limb, ending with a report.  make test: every test.
# Both make .venv on first use and reuse it.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt

.PHONY: demo test lint bench gallery test-slicer clean

# PyRadiomics is compiled here and needs numpy for that: what builds it and this package is installed first.
# Bytecode is made on all cores (pip's --no-compile: it uses one); a few files of the packages are no valid Python.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed (make PYTHON=python3.11 …)")'
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) setuptools numpy hatchling editables
	$(PIP_INSTALL) --no-build-isolation --editable ".[scene,radiomics,distributed,learning,network,test,lint]"
	$(BIN)/python -m compileall -qq -j 0 .venv/lib || true
	@touch $@

demo: $(READY)
	$(BIN)/muscle-myopathy demo --output demo

# One process of tests per core, hence one thread of linear algebra in each: more would wait for one another.
test: $(READY)
	QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --dist worksteal

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers auto

bench: $(READY)
	for file in Testing/Benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

# The README's screenshots: from the application when SLICER names its executable, else from the stand-in host.
gallery: $(READY)
	$(if $(SLICER),,QT_QPA_PLATFORM=offscreen) $(BIN)/python Testing/Panels/gallery.py $(if $(SLICER),--slicer $(SLICER))

# The tests inside the application: make test-slicer SLICER=/path/to/Slicer
test-slicer: $(READY)
	$(BIN)/python Testing/Slicer/run_in_slicer.py $(SLICER)

clean:
	rm -rf .venv demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
