# `make demo` and `make test` are all that a fresh machine needs: Python 3.11 or newer, pip, make and a C compiler.

PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt
RUN = $(VENV)/bin

.PHONY: install torch demo test lint check bench clean

install: $(VENV)/installed
torch: $(VENV)/installed-torch
demo: $(VENV)/installed-pictures
test lint check bench: $(VENV)/installed-dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The command and everything that an embedded farm needs.
$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[embedded,flower,postgres]'
	@touch $@

$(VENV)/installed-pictures: $(VENV)/installed
	$(PIP) -e '.[embedded,flower,postgres,pictures]'
	@touch $@

# What trained voices need as well. The constraints name one version of torch, whose build is then the one at hand.
$(VENV)/installed-torch: $(VENV)/installed
	$(PIP) -e '.[embedded,flower,postgres,torch]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed-pictures
	$(PIP) -e '.[embedded,flower,postgres,pictures,torch,mlx,dev]'
	@touch $@

# A recording of its own, converted by two workers, with a picture and a table of where the time went.
demo:
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" infra/demo.sh

test:
	$(RUN)/python -m pytest -n auto --dist loadfile

lint:
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

check: lint test

# Every figure of docs/performance.md, measured here; takes a while.
bench:
	$(RUN)/python -m bench.all

clean:
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
