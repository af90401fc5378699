# Two commands matter: `make demo` and `make test`. The others are for those who work on the house.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PORT
# Some images tell Python to keep no bytecode: then each process compiles the whole house anew, two seconds of work.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test coverage check bench soak lock clean

demo: .venv/installed
	@$(BIN)/portal demo --port $(PORT)

# One process more than the two cores that this is measured on: a third of the time a test waits for a browser, a
# database or a process that it killed.
test: .venv/developer check
	$(BIN)/python -m tests.machine
	$(BIN)/pytest -n 3 --dist worksteal

# The share of lines that the tests reach, by package. Takes longer than `make test`.
coverage: .venv/developer
	rm -rf build/coverage && mkdir -p build/coverage
	-COVERAGE_FILE=$(CURDIR)/build/coverage/data $(BIN)/coverage run -m pytest -n 2 --dist worksteal $(TESTS)
	COVERAGE_FILE=$(CURDIR)/build/coverage/data $(BIN)/coverage combine --quiet build/coverage
	COVERAGE_FILE=$(CURDIR)/build/coverage/data $(BIN)/python -m tests.coverage

check: .venv/developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet portal materials licences kit

bench: .venv/developer
	$(BIN)/python -m tests.bench

soak: .venv/developer
	SOAK=1 $(BIN)/pytest -n 2 --dist worksteal -o faulthandler_timeout=3600

# Each lock is exact, with hashes and without an address of an index; the build backend is in it.
.venv/installed: requirements.lock pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "Installing what the portal needs (about a minute the first time) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/developer: dev.lock pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "Installing what the tests need …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/installed

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --group build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --extra dev --group build pyproject.toml -o dev.lock

clean:
	rm -rf .venv var build
