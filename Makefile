# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test test-spark check format docs clean bench-rank bench-ledger bench-keys

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[postgresql]' --group test --group check
	touch $(STAMP)

demo: $(STAMP)   ## the sample company, end to end, offline
	$(BIN)/detente demo --no-serve

test: $(STAMP)   ## every test, then every contract
	$(BIN)/python -m pytest -n auto
	$(MAKE) check

test-spark: $(STAMP)  ## the queue's SQL on Spark against DuckDB; needs Java 17 or newer
	@if command -v java >/dev/null || test -n "$$JAVA_HOME"; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --group spark && \
	  $(BIN)/python -m pytest -rs tests/store/test_spark.py; \
	else echo "SKIPPED: Spark needs a Java runtime, and this machine has none"; fi

check: $(STAMP)  ## style, types, architecture, our own lints
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/tidy

format: $(STAMP)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(STAMP)   ## the pages written from the code
	$(BIN)/python docs/generate.py

bench-rank: $(STAMP)  ## exploited CVEs caught at 5 % effort, against EPSS alone
	$(BIN)/python bench/rank.py

bench-canary: $(STAMP)  ## false rollbacks and minutes to detection of the rollout's health test
	$(BIN)/python bench/canary.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache

bench-plan: $(STAMP)  ## plans against their proven bound and against CVSS first
	$(BIN)/python bench/plan.py

bench-intake: $(STAMP)  ## findings per CPU second and peak memory, from report to priced queue
	$(BIN)/python bench/intake.py

bench-triage: $(STAMP)  ## a million and ten million rows to a ranked queue
	$(BIN)/python bench/triage.py

bench-ledger: $(STAMP)  ## a million ledger entries written and verified
	$(BIN)/python bench/ledger.py

bench-gate: $(STAMP)  ## milliseconds from a question to its signed and recorded answer, in a warm process
	$(BIN)/python bench/gate.py

bench-inspect: $(STAMP)  ## the scanner beside bare Hyperscan: microseconds per KB, what it finds, false alarms, own code
	$(BIN)/python bench/inspection.py

bench-gateway: $(STAMP)  ## the whole gateway beside nginx, Envoy, LiteLLM and Portkey: CPU a request, latency, memory; installs the peers
	$(BIN)/python bench/proxy.py

bench-gateway-core: $(STAMP)  ## the gateway without sockets: microseconds per request and per streamed delta
	$(BIN)/python bench/gateway_core.py

bench-keys: $(STAMP)  ## identify, reserve and settle in microseconds; one budget over four processes
	$(BIN)/python bench/keys.py

bench-records: $(STAMP)  ## microseconds on the path to write an exchange down; bringing records to the database
	$(BIN)/python bench/records.py

bench-soak: $(STAMP)  ## 200,000 mixed requests through the gateway: nothing leaks, grows or gets lost
	$(BIN)/python bench/soak.py

try-clients: $(STAMP)  ## the real assistants of docs/clients.md; needs Node.js 20
	$(BIN)/python bench/clients.py
