# Everything one does with this project; `make help` lists it.

SHELL := /bin/sh
# Servers stand where only root looks for programs; nginx may have been unpacked here.
export PATH := $(PATH):/usr/sbin:$(CURDIR)/.build/programs/usr/sbin

# Where `make demo` keeps its database and logs, and where it answers.
DEMO_DIR ?= .build/demo
DEMO_PORT ?= 8080

# Libraries, and what they need themselves (hence the old dtags), are looked for in lib/ beside the
# program first: an archive for a web space has them there.
PROGRAM := swift build -c release --static-swift-stdlib --product crm-caldav \
	-Xlinker --disable-new-dtags -Xlinker -rpath -Xlinker '$$ORIGIN/lib'
ROOMS := --scratch-path .build/rooms
PYTEST := PYTHONDONTWRITEBYTECODE=1 .build/venv/bin/python -m pytest -c Tests/Integration/pytest.ini
MODEL := python3 -B Tests/Model/run.py
INSTALL := Tests/Integration/install-missing
STRICT := Tests/Integration/without-warnings

help:  ## Show what there is
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo:  ## Start an example CRM and its calendars; Ctrl-C ends it
	@$(INSTALL) demo
	@$(PROGRAM)
	@exec python3 -B Tests/Integration/demo.py "$(DEMO_DIR)" "$(DEMO_PORT)"

build:  ## Build the program: .build/release/crm-caldav
	@$(INSTALL) demo
	$(PROGRAM)

test: lint  ## Run every test, with real databases, web servers and clients
	@$(INSTALL) test
	@$(MAKE) --no-print-directory --jobs=2 checked-program checked-rooms
	swift test $(ROOMS) --skip-build
	Tests/Fuzz/run typecheck
	ICALENDAR_PROBE=.build/rooms/debug/icalendar-probe Tests/Reference/run
	$(PYTEST) Tests/Integration

# Side by side: a release is built one target after the other, and leaves a core idle.
checked-program:
	@$(STRICT) $(PROGRAM)
checked-rooms:
	@$(STRICT) swift build $(ROOMS) --build-tests

model:  ## CRM statements and calendar clients at random, checked against each other: a minute
	@$(INSTALL) test
	$(PROGRAM)
	$(MODEL) --operations 4000 --mode triggers
	$(MODEL) --operations 4000 --mode scan
	$(MODEL) --operations 100000 --kill-workers 3 --kill-database 1

databases:  ## Run what depends on the database server on each one that Debian has: half an hour
	@$(INSTALL) test
	$(PROGRAM)
	swift build $(ROOMS) --build-tests
	Tests/Databases/run

soak:  ## Run the load and model tests at full length: about an hour
	@$(INSTALL) soak
	$(PROGRAM)
	SOAK=1 $(PYTEST) Tests/Integration/test_load.py Tests/Integration/test_migrate.py \
		Tests/Integration/test_client_kde_engine.py
	SOAK=1 swift test $(ROOMS) --filter MutatedRecordTests
	Tests/Reference/run 10000 $$(seq 1 20)
	$(MODEL) --operations 100000 --mode triggers --checks 10
	$(MODEL) --operations 100000 --mode scan --checks 10
	$(MODEL) --operations 1000000 --kill-workers 200 --kill-database 20
	python3 -B Tests/Model/fidelity.py
	python3 -B Tests/Model/latency.py

bench:  ## Measure speed beside what bounds it, and beside Radicale: about ten minutes
	@$(INSTALL) test
	@$(PROGRAM)
	Tests/Reference/run bench
	PYTHONDONTWRITEBYTECODE=1 .build/venv/bin/python Tests/Bench/run.py --write BENCHMARKS.md

fuzz:  ## Feed the calendar readers what nobody would send: ten million inputs, hours
	@Tests/Fuzz/run $(FUZZ_RUNS)

lint:  ## Check the format of all Swift files
	@# Foundation's ICU and the one that libxml2's headers name do not go into one module: a clean
	@# build fails, one over an older one may not.
	@! grep -rnE 'import (Foundation|FoundationEssentials)\b' Sources Tests --include='*.swift'
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

dist: build  ## Make the archive for a web space: .build/crm-caldav-web-space.tar.gz
	@Tests/Integration/make-archive

.PHONY: help demo build test model databases checked-program checked-rooms soak bench fuzz lint dist
