# A fresh machine needs only Python 3.11 or newer, pip, make and a C compiler for `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
PIP = $(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt
RUN = $(VENV)/bin
# Tests of whole farms mostly wait, so a few more processes than cores get them done sooner.
PYTEST = $(RUN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 2)) --dist loadfile

# Farms' processes are started by the hundred, and each would compile all of the code anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install torch demo test coverage lint wheel check man bench clean help

install: $(VENV)/installed  ## the command and everything an embedded farm needs
torch: $(VENV)/installed-torch  ## the same, and what trained voices need
demo: $(VENV)/installed-pictures  ## a sample recording converted by two workers, with a picture of where the time went
test: $(VENV)/installed-dev  ## all tests
coverage: $(VENV)/installed-dev  ## all tests, with line and branch coverage
lint: $(VENV)/installed-dev  ## format, lint, spelling, types
wheel: $(VENV)/bin/python  ## the wheel, built, installed elsewhere and tested
check: $(VENV)/installed-dev  ## all of it: what decides whether a change lands, and coverage
man: $(VENV)/installed  ## the manual page, voicefarm.1
bench: $(VENV)/installed-dev  ## every measured figure; takes a while
clean:  ## remove the environment and all caches
help:  ## this list

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The command and everything that an embedded farm needs.
$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e '.[embedded,flower,postgres]'
	@touch $@

$(VENV)/installed-pictures: $(VENV)/installed
	$(PIP) -e '.[embedded,flower,postgres,pictures]'
	@touch $@

# What trained voices need as well. The constraints name one version of torch; its build is whichever the index offers.
$(VENV)/installed-torch: $(VENV)/installed
	$(PIP) -e '.[embedded,flower,postgres,torch]'
	@touch $@

# In one go, because each would look for everything again; pip would compile bytecode with one core alone. Packages may
# ship files for other Pythons, which do not compile here. Of Resemblyzer only the weights are used, and what it asks for
# does not install everywhere.
$(VENV)/installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --no-compile -e '.[embedded,flower,postgres,pictures,torch,mlx,quality,dev]'
	$(PIP) --no-compile --no-deps Resemblyzer
	@$(RUN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $(VENV)/installed $(VENV)/installed-pictures $@

demo:
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" infra/demo.sh

test:
	$(PYTEST)

coverage:
	$(PYTEST) --cov --cov-report=term:skip-covered

lint:
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/typos
	$(RUN)/mypy

wheel:
	PYTHON=$(RUN)/python .ci/wheel

check: lint coverage wheel

man:
	$(RUN)/python -m dispatcher.cli.manual > voicefarm.1

bench:
	$(RUN)/python -m bench.all

clean:
	rm -rf $(VENV) demo build dist voicefarm.1 *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
