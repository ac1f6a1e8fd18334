# The two commands are `make reports` and `make test`; `make help` lists the others.
SHELL := /bin/sh
export GOMLX_NO_AUTO_INSTALL := 1
export GOFLAGS := -buildvcs=false
# IPython, which exports the reports, makes its folder when it starts: here, not in the home folder.
export IPYTHONDIR := $(CURDIR)/.venv/ipython

# Go and pip keep their caches in the home folder. Where there is none, they go into the clone.
ifeq ($(HOME),)
export GOCACHE ?= $(CURDIR)/.cache/go-build
export GOMODCACHE ?= $(CURDIR)/.cache/go-mod
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export GOENV := off
endif
# The pure-Go backend uses SIMD instructions where Go has them. A program that is built so saves and restores the wide registers whenever
# Go interrupts a goroutine, and on some Intel processors math.Exp, math.Pow and math.FMA then take a hundred times as long or more. Without
# these interruptions they do not: see "What can go wrong" in README.md.
ifeq ($(shell go env GOARCH 2>/dev/null),amd64)
export GOEXPERIMENT := simd
export GODEBUG ?= asyncpreemptoff=1
endif
# The part of a test run that must not be skipped, where it can be there.
ifeq ($(shell uname -s),Linux)
require := ROBUSTLOSS_REQUIRE_XLA=1 ROBUSTLOSS_REQUIRE_NOTEBOOKS=1
endif

# How many packages are tested at a time: one more than there are processors, for some tests wait for programs.
packages = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

REPORTS := .venv/bin/python internal/reports
NB ?=

.PHONY: help setup setup-cuda kernel data reports pdf site lab test test-numerics lint stress bench bench-go clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

setup: ## prepare the clone: Python environment, kernel, XLA plugin
	@sh internal/setup/need-go.sh
	@go run ./internal/setup

setup-cuda: ## the same, and XLA's plugin for CUDA (Linux with an NVIDIA GPU)
	@sh internal/setup/need-go.sh
	@go run ./internal/setup cuda

kernel: ## only the Go kernel, under a name of its own, into the Jupyter or VS Code that you have
	@sh internal/setup/need-go.sh
	@go run ./internal/setup kernel

data: ## fetch the data sets that are too large to ship: Fashion-MNIST (31 MB, from Debian's package)
	@sh internal/setup/need-go.sh
	@go run ./internal/setup data

reports: setup ## execute the notebooks and write reports/ (NB=01_derivation: one, NB=solutions: those of the exercises; ROBUSTLOSS_PRESET=tiny|quick|paper)
	@$(REPORTS) $(NB)

pdf: setup ## print the reports that are there to PDF (needs Chromium or Chrome)
	@$(REPORTS) --no-execute --pdf $(NB)

site: setup ## copy the reports that are there into site/, which any static host serves
	@$(REPORTS) --no-execute --site site

lab: setup ## open JupyterLab with the kernel ready
	@sh internal/reports/lab.sh

test: setup ## run every test, with XLA and with the notebooks at the preset tiny
	$(require) go test -vet=off -timeout 30m -p $(packages) ./...

test-numerics: setup ## show that no check hangs on rounding, threads or seeds (ARITH=xla,go SEEDS=standard,11 PRESET=tiny NB=03 PKG=none ALL=1 KEEP=1)
	@go run ./internal/numerics -arith '$(ARITH)' -nb '$(NB)' $(if $(SEEDS),-seeds '$(SEEDS)') $(if $(PRESET),-preset '$(PRESET)') $(if $(PKG),-pkg '$(PKG)') $(if $(ALL),-all) $(if $(KEEP),-keep)

stress: setup ## break it for some six hours on two cores: kills, full disks, long runs, fuzzing, races, random order (LIST=1 PART=kills,fuzz MATCH=vae FUZZTIME=2m KEEP=1)
	@$(require) go run ./internal/stress $(if $(PART),-part '$(PART)') $(if $(MATCH),-match '$(MATCH)') $(if $(FUZZTIME),-fuzztime '$(FUZZTIME)') $(if $(LIST),-list) $(if $(KEEP),-keep)

lint: ## check style, errors (as go vet does, too, also in notebooks) and the direction of imports
	@sh internal/setup/need-go.sh
	@go run ./internal/setup lint
	GOLANGCI_LINT_CACHE='$(CURDIR)/.tools/golangci-lint' .tools/bin/golangci-lint run --allow-parallel-runners ./...
	ROBUSTLOSS_VET_NOTEBOOKS=1 go test -vet=off -count=1 -run TestNotebooks_Compile ./notebooks

bench: setup ## time the library beside JAX, half an hour (BENCH=regexp SIZES=1e4,1e6 DTYPES=float32 WITH=jax,torch ROUNDS=9 OUT=file FRESH=1 TABLE=file)
	@go run ./internal/bench -bench '$(BENCH)' $(if $(SIZES),-sizes '$(SIZES)') $(if $(DTYPES),-dtypes '$(DTYPES)') $(if $(WITH),-with '$(WITH)') $(if $(ROUNDS),-rounds '$(ROUNDS)') $(if $(OUT),-out '$(OUT)') $(if $(FRESH),-fresh) $(if $(TABLE),-table '$(TABLE)')

bench-go: setup ## only the library's own benchmarks, for benchstat (BENCH=regexp, PKG=packages)
	go test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem $(or $(PKG),./robustloss/... ./gomlxops/...)

clean: ## remove what was made: environment, tools, reports, site (runs/ is kept)
	rm -rf .venv .venv-bench .tools .cache .setup.lock reports site
