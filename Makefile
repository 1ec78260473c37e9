# The commands of the project. Every target sets up the environment first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo docs test test-fast check serve ui notebook bench fuzz fuzz-maps tiny-shops chaos mutations mutations-code spark-shops powerbi-validate image snapshot lock setup clean

help:
	@echo "make demo      set up, make a synthetic shop of 20,000 orders, build it, show it; SHAPE=shopify for others"
	@echo "make test      set up, run the tests"
	@echo "make test-fast a first signal in under a minute: contracts, landing, connectors, statistics, marts by hand"
	@echo "make serve     the dashboard on http://127.0.0.1:8321"
	@echo "make docs      the documentation as a website, in build/docs/html; fails on a broken link or a page outside the navigation"
	@echo "make notebook  the exploratory notebook over a shop, in the browser; PROJECT=folder-of-lake.toml SHOP=name for others"
	@echo "make ui        the Dagster UI on http://127.0.0.1:3000"
	@echo "make check     style, types, import rules, portable SQL, a test file for every table, words"
	@echo "make bench     measure against the rivals in benchmarks/"
	@echo "make fuzz      2,000 deliveries of malformed files, every record accounted for; DELIVERIES=200 SEED=7 for others"
	@echo "make fuzz-maps the same for shops with a map: seven shapes of exports; DELIVERIES=200 SEED=7 for others"
	@echo "make tiny-shops  unusual shops (one order, no dates, all free ...) from files to pages; SHOPS=200 SEED=7 for others"
	@echo "make chaos     500 faults on the local disk, and what was damaged or lost; FAULTS=100 STORE=faulty|azurite SEED=7 for others"
	@echo "make spark-shops  tables of 100 random small shops on DuckDB and Spark; SHOPS=3000 SEED=7 for others"
	@echo "make mutations 184 wrong edits of the gold SQL, and which contract or test stops each"
	@echo "make mutations-code 324 wrong edits of engine, statistics and models, and which test detects each; ONLY=engine/store for a part"
	@echo "make powerbi-validate  check a Power BI project with Microsoft's validators (Node.js); FOLDER=my-project"
	@echo "make image     build the image of the containers with docker; docs/containers.md"
	@echo "make snapshot  regenerate the reference pages, the KPI SQL, the schema changes and the snapshot of the definitions"
	@echo "make lock      resolve the dependencies and write the lock files"
	@echo "make clean     remove the environment and Dagster's history; the lake in data/ stays"

setup: $(READY)

$(READY): requirements.lock requirements-uv.lock pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || \
		{ echo "Python cannot make an environment with pip: on Debian and Ubuntu, install the package python3-venv."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@UV_COMPILE_BYTECODE_TIMEOUT=600 $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock requirements-uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q ecom_lake
	@touch $(READY)

demo: setup
	@$(BIN)/python tools/demo.py $(SHAPE)

test: setup
	@tools/chromium.sh
	@tools/axe.sh
	@tools/powerbi.sh
	@tools/azurite.sh
	@tools/postgres.sh
	@tools/mariadb.sh
	@tools/libreoffice.sh
	@tools/spark.sh
	@tools/dclint.sh
	@tools/containers.sh
	@$(BIN)/pytest

FAST := engine/contracts engine/landing statistics \
	$(addprefix shop/,canonical connectors sales kpis customers rfm cohorts products operations trust settings)

test-fast: setup
	@$(BIN)/pytest -m "not lake and not azure and not browser and not olist" $(addprefix ecom_lake_tests/,$(FAST)) \
		--ignore ecom_lake_tests/shop/kpis/test_anomalies.py

serve: setup
	@$(BIN)/ecom-lake serve

docs: setup
	@$(BIN)/python -m tools.docs_site.build

ui: setup
	@DAGSTER_HOME="$(CURDIR)" $(BIN)/dagster dev --host 127.0.0.1 --port 3000

notebook: setup
	@$(BIN)/marimo edit notebooks/exploration.py --host 127.0.0.1 -- \
		$(if $(PROJECT),--project "$(PROJECT)") $(if $(SHOP),--shop "$(SHOP)")

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m ecom_lake_tests.shop.portable
	@$(BIN)/python -m ecom_lake_tests.shop.tested_tables
	@$(BIN)/python tools/plain_english.py

bench: setup
	@$(BIN)/python benchmarks/bench.py

fuzz: setup
	@$(BIN)/python -m ecom_lake_tests.fuzz $(or $(DELIVERIES),2000) --seed $(or $(SEED),1)

fuzz-maps: setup
	@$(BIN)/python -m ecom_lake_tests.fuzz $(or $(DELIVERIES),2000) --seed $(or $(SEED),1) --maps

tiny-shops: setup
	@$(BIN)/python -m ecom_lake_tests.tiny_shops $(if $(SHOPS),--shops $(SHOPS)) --seed $(or $(SEED),1)

chaos: setup
	@$(BIN)/python -m ecom_lake_tests.chaos --faults $(or $(FAULTS),500) --store $(or $(STORE),local) --seed $(or $(SEED),1)

mutations: setup
	@$(BIN)/python -m ecom_lake_tests.shop.mutations

spark-shops: setup
	@tools/spark.sh
	@$(BIN)/python -m ecom_lake_tests.engine.build.sql.spark_shops --shops $(or $(SHOPS),100) --seed $(or $(SEED),1)

mutations-code: setup
	@$(BIN)/python -m ecom_lake_tests.mutations_code $(if $(ONLY),--only $(ONLY))

powerbi-validate: setup
	@test -n "$(FOLDER)" || { echo "Name the project: make powerbi-validate FOLDER=my-project"; exit 2; }
	@tools/powerbi.sh
	@tools/powerbi/validate.sh "$(FOLDER)"

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

image:
	@docker build --tag ecom-lake:$(VERSION) --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .

snapshot: setup
	@$(BIN)/python tools/snapshot.py

lock:
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra apprise --extra azure --extra databases --extra delta --extra mcp --extra models --extra postgres --extra web --group dev --python-version 3.11 pyproject.toml --output-file requirements.lock
	@echo uv==$$($(BIN)/uv --version | cut -d' ' -f2) | $(BIN)/uv pip compile --quiet --universal --generate-hashes \
		--no-emit-index-url --no-annotate --no-header - --output-file requirements-uv.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--extra spark --python-version 3.11 pyproject.toml --constraints requirements.lock \
		$$(sed -n 's/^\([a-z0-9._-]*\)\(\[.*\]\)\?==.*/--no-emit-package \1/p' requirements.lock) --output-file requirements-spark.lock

clean:
	rm -rf $(VENV) .dagster
