# Every command installs what it needs first, and skips that at once when nothing changed.
PREPARE := @scripts/python.sh -S -m scripts.prepare
BIN := .venv/bin
TESTS := tests/unit tests/contract tests/integration tests/faults tests/acceptance tests/browser
COVERED := tests/unit tests/contract tests/integration
PYTEST := $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: help up test unit coverage check format bench faults guards pictures lock clean \
	check-format check-lint check-types check-layers check-documents check-page check-unit

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

up: ## Install, build the page, start server and agent, and print a sign-in link (PORT=3000)
	$(PREPARE) run page
	@exec $(BIN)/claudios up

test: ## Install what the tests need, and run all of them
	$(PREPARE) dev page chromium
	@cd web && npm test --silent
	@$(BIN)/python -m scripts.with_postgres $(PYTEST) $(TESTS)

unit: ## Run only the fast tests
	$(PREPARE) dev
	@$(PYTEST) tests/unit

coverage: ## Measure how much of each module the tests run, the least first (ROWS="tests/unit")
	$(PREPARE) dev
	@mkdir -p .coverage
	@$(BIN)/coverage erase
	@$(BIN)/python -m scripts.with_postgres $(BIN)/coverage run $(PYTEST) --hypothesis-profile=ci --quiet $(or $(ROWS),$(COVERED))
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: ## Format, lint, types, layers, documents and the fast tests, in under a minute
	$(PREPARE) dev page-packages
	@$(MAKE) --no-print-directory --keep-going --jobs 2 --output-sync=target \
		check-types check-page check-format check-lint check-layers check-documents check-unit

check-format:
	$(BIN)/ruff format --check --quiet
check-lint:
	$(BIN)/ruff check --quiet
check-types:
	$(BIN)/mypy
check-layers:
	$(BIN)/lint-imports --no-logo
check-documents:
	$(BIN)/python -m scripts.check_docs
check-page:
	cd web && npm run --silent check
check-unit:
	$(PYTEST) --quiet tests/unit

format: ## Put the Python and the page into the house format
	$(PREPARE) dev page-packages
	$(BIN)/ruff format --quiet
	$(BIN)/ruff check --fix --quiet
	cd web && npm run --silent format

bench: ## Measure, and print a table with each row's repeat command
	$(PREPARE) dev page chromium
	@$(BIN)/python -m bench $(ROWS)

faults: ## Break things on purpose, and write docs/faults-report.md (ROWS="A1 A2" REPETITIONS=50 SOAK=10 minutes)
	$(PREPARE) dev page
	@$(BIN)/python -m scripts.with_postgres $(BIN)/python -m scripts.faults $(ROWS) \
		--repetitions $(or $(REPETITIONS),50) --soak $(or $(SOAK),10) --write

guards: ## Take each guard out of a scratch copy, and demand that a test notices (GUARDS="hmac-batch" for some)
	$(PREPARE) dev
	@$(BIN)/python -m scripts.with_postgres $(BIN)/python -m scripts.guards $(GUARDS) $(if $(GUARDS),,--write)

pictures: ## Take a picture of every view at both widths, and write those of the documents anew
	$(PREPARE) dev page chromium
	@$(BIN)/python -m scripts.pictures

lock: ## Write requirements/*.txt anew (ARGS=--upgrade for newer versions)
	$(PREPARE) run
	scripts/lock.sh $(ARGS)

clean: ## Remove what set-up and builds made
	rm -rf .venv .setup .coverage dist web/node_modules src/claudios/server/web/page
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
