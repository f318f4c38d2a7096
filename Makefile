# `make help` lists what there is. Set-up happens by itself and is quick when it is done.

SHELL := /bin/bash
BOOT_PYTHON := $(shell command -v python3 || command -v python)
VENV_PYTHON := .venv/bin/python
LOCAL_CLOUD := [ -x $(VENV_PYTHON) ] || { echo 'nothing is set up here yet: run make demo' >&2; exit 1; }; \
               $(VENV_PYTHON) -m local_cloud
WORKLOAD ?= cifar-tensorflow
ENV ?= local
# What a workload's framework needs besides: PyTorch alone is left out where nobody uses it.
settings_of = config/workloads/$(1).yaml \
              $(patsubst %,config/workloads/%.yaml,$(shell sed -n 's/^extends: *//p' config/workloads/$(1).yaml 2>/dev/null))
extras = $(if $(shell grep -lE '\<name: *"?pytorch' $(call settings_of,$(1)) 2>/dev/null),torch)
# Operators' commands go to the account that the shell names, of ENV=local to the local cloud.
OPERATE = $(if $(filter local,$(ENV)),eval "$$($(LOCAL_CLOUD) env)";) $(VENV_PYTHON) -m operate
PLACE = --env $(ENV) --workload $(WORKLOAD)
DECISION = $(if $(VERSION),--version $(VERSION)) --reason "$${REASON:-}"
SHARE ?= 0.5
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup-local setup-dev demo demo-all new-workload \
        approve reject approval-page promote deployments deployment roll-back split-status shift end-split \
        test test-long test-quick test-deployment test-durability lint format synth snapshots constraints \
        start stop status logs env destroy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup-local:
	@$(BOOT_PYTHON) scripts/set_up.py local

setup-dev:
	@$(BOOT_PYTHON) scripts/set_up.py dev

demo: ## set up, deploy WORKLOAD into a local cloud, upload data, train, deploy, predict
	@$(BOOT_PYTHON) scripts/set_up.py local $(call extras,$(WORKLOAD))
	@$(VENV_PYTHON) -m demo --workload $(WORKLOAD) $(DEMO_ARGS)

demo-all: ## the same with every workload of the environment local, and a table at the end
	@$(BOOT_PYTHON) scripts/set_up.py local $(call extras,*)
	@$(VENV_PYTHON) -m demo --all $(DEMO_ARGS)

approve: setup-local ## let what waits for a person go on, in ENV for WORKLOAD: VERSION=n REASON=...
	@$(OPERATE) approve $(DECISION) $(PLACE)

reject: setup-local ## end what waits for a person
	@$(OPERATE) reject $(DECISION) $(PLACE)

approval-page: setup-local ## fetch the page of a deployment that waits, and open it
	@$(OPERATE) page $(if $(VERSION),--version $(VERSION)) $(PLACE)

promote: setup-local ## bring what is live in the environment before, or its VERSION=n, into ENV
	@$(OPERATE) promote $(if $(VERSION),--version $(VERSION)) $(PLACE)

deployments: setup-local ## the last deployments and how they ended
	@$(OPERATE) deployments $(PLACE)

deployment: setup-local ## what the deployment EXECUTION went through, and why it failed
	@$(OPERATE) deployment "$(EXECUTION)" $(PLACE)

roll-back: setup-local ## put the previous champion back, or VERSION=n
	@$(OPERATE) roll-back $(if $(VERSION),--to $(VERSION)) $(PLACE)

split-status: setup-local ## the models that share the requests of WORKLOAD's endpoint in ENV
	@$(OPERATE) status $(PLACE)

shift: setup-local ## give the new model the SHARE (0 to 1) of the requests
	@$(OPERATE) shift --share $(SHARE) $(PLACE)

end-split: setup-local ## let the WINNER (new or old) serve alone
	@$(OPERATE) end --winner $(WINNER) $(PLACE)

new-workload: setup-dev ## write a YAML and a folder: NAME=x KIND=image|table FRAMEWORK=...
	@$(VENV_PYTHON) -m new_workload --name "$(NAME)" --kind "$(KIND)" --framework "$(FRAMEWORK)"
	@$(VENV_PYTHON) -m tests.synth.update_snapshots

test: setup-dev ## set up, then lint, type checks and every test
	@echo "== ruff"; ruff check . && ruff format --check .
	@echo "== mypy"; mypy
	@echo "== pytest"; $(VENV_PYTHON) scripts/run_tests.py $(PYTEST_ARGS)

test-long: setup-dev ## the flows that `make test` has no time for: birds-pytorch, with PyTorch
	@$(BOOT_PYTHON) scripts/set_up.py dev torch
	@$(VENV_PYTHON) -m pytest -m long $(PYTEST_ARGS)

test-deployment: setup-dev ## deploy, break and tear down in a local cloud of its own; prints figures
	@$(VENV_PYTHON) -m pytest tests/deployment_drill -m deployment_drill $(PYTEST_ARGS)

test-durability: setup-dev ## kill a local cloud at work 30 times (DURABILITY_KILLS), look what is left; prints figures
	@$(VENV_PYTHON) -m pytest tests/durability_drill -m durability_drill -s $(PYTEST_ARGS)

test-quick: setup-dev ## the tests without the flow through the whole chain
	@$(VENV_PYTHON) -m pytest -m "not flow and not deployment_drill and not durability_drill" $(PYTEST_ARGS)

lint: setup-dev ## ruff and mypy alone
	@ruff check . && ruff format --check . && mypy

format: setup-dev ## let ruff rewrite the code in the house style
	@ruff check --fix . && ruff format .

synth: setup-local ## synthesise the templates of ENV (local, dev, staging, prod) into cdk.out
	@cdk synth --quiet -c env=$(ENV)

snapshots: setup-dev ## rewrite tests/synth/snapshots after a change that was meant
	@$(VENV_PYTHON) -m tests.synth.update_snapshots

constraints: setup-dev ## print the versions installed now, as constraints.txt wants them
	@$(VENV_PYTHON) -m pip freeze --exclude-editable

start: setup-local ## start the local cloud alone
	@$(VENV_PYTHON) -m local_cloud start

stop: ## stop the local cloud; its state stays
	@$(LOCAL_CLOUD) stop

status: ## what the local cloud is doing
	@$(LOCAL_CLOUD) status || [ $$? -eq 3 ]

logs: ## the local cloud's log
	@$(LOCAL_CLOUD) logs

env: ## print what points the AWS CLI and SDKs at the local cloud: eval "$$(make -s env)"
	@$(LOCAL_CLOUD) env

destroy: ## stop the local cloud and remove all its state
	@if [ -x $(VENV_PYTHON) ]; then $(VENV_PYTHON) -m local_cloud stop; fi
	@rm -rf .local cdk.out

clean: destroy ## destroy, and remove everything that set-up installed
	@rm -rf .venv node_modules .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
