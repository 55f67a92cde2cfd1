# Everything runs in its own virtual environment .venv, which is made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check docs clean

demo: $(VENV)/installed
	$(BIN)/nsos certify examples/*.txt examples/polynomials.jsonl -o certificates.jsonl --overwrite
	$(BIN)/nsos verify certificates.jsonl

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2

check: $(VENV)/installed-dev
	BIN=$(BIN) scripts/check.sh

docs: $(VENV)/installed-dev
	BIN=$(BIN) scripts/build_docs.sh

clean:
	rm -rf $(VENV) build dist *.egg-info certificates.jsonl .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# The stamps are renewed when pyproject.toml changes.
$(VENV)/installed: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ $(VENV)/installed

# pip is what venv installs last, so a half-made environment is made anew.
$(BIN)/pip:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
	  echo "nsos needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
	    "Choose another one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
