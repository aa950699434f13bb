# What a developer runs. The tests and the demo make namespaces, which needs root.
PREFIX ?= /usr/local
DEB_FOLDER ?= .
SYSCONFDIR ?= /etc
SWIFT_FLAGS = --explicit-target-dependency-import-check error
# Without the static library the binary would look for Swift in the folder of this toolchain.
RELEASE = --configuration release --static-swift-stdlib
# Nothing is loaded into the program that needs its symbols, so what it does not call itself is left out.
RELEASE += -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker --no-export-dynamic
# Suites of fleets that draw at random, and continue for as long as their variables say.
SWEPT = TrafficTests ControllerCrashTests ConcurrentControllersTests NetworkCutTests SystemdPowerTests \
  RotationKillTests TwoOperatorsTests HostileFleetTests TeamTests SideBySideTests PublicCertificateKillTests PublicCertificateFaultTests
# A sanitizer maps terabytes of address space, which WipingTests would search for a secret.
SANITIZED = DEPLOY_TESTS=SSH,Certificates swift test --skip WipingTests
# A test whose requirement is missing is skipped on a developer's machine, and fails in CI.
or_skip = || { test -z "$$CI" && echo '$(1) will be skipped.'; }
SCRIPTS = $(filter-out %.py scripts/lint-language scripts/make-reference scripts/make-man-pages,$(wildcard scripts/* packaging/failed.d-journal packaging/p*rm packaging/postinst Sources/Execution/Host/Program/*.sh Sources/Sandbox/Scripts/*.sh .ci/*))

.PHONY: help build test sweep sanitize lint format reference demo bench release install deb clean

help:            ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /make \1\t/p' $(MAKEFILE_LIST)

build:           ## compile; warnings are errors
	scripts/install-packages build
	swift build $(SWIFT_FLAGS)

test: build      ## every test, the end-to-end ones on a throw-away fleet
	scripts/install-packages sandbox test lint
	scripts/install-pkilint $(call or_skip,The linting of certificates)
	scripts/make-systemd-root $(call or_skip,The tests of hosts with systemd)
	scripts/make-debian-roots nginx bullseye trixie forky $(call or_skip,Tests with such an nginx)
	scripts/make-debian-roots openssh bullseye trixie $(call or_skip,Tests with such an sshd)
	scripts/make-python-tools $(call or_skip,The tests with tools of others)
	swift build $(SWIFT_FLAGS) --build-tests
	scripts/run-tests.py

sweep: build     ## the long random enumerations, with their seeds: hours, on an otherwise idle machine
	scripts/install-packages sandbox test
	swift build $(SWIFT_FLAGS) --build-tests
	DEPLOY_SWEEP=1 DEPLOY_FUZZ=10000 DEPLOY_HOSTILE=10000 DEPLOY_CHAOS_RUNS=600 swift test $(SWIFT_FLAGS) \
	  --skip-build --filter '(InterleavingTests|LostHostTests|PlanPropertyTests|LoopTests|HostileTests|HostileHostTests|ChaosTests|JournalFaultTests)'
	DEPLOY_SWEEP=1 DEPLOY_TRAFFIC=20000 DEPLOY_KILLS=all DEPLOY_TWINS=200 DEPLOY_HOSTILE=2000 DEPLOY_HOSTILE_FLEETS=6 \
	  scripts/run-tests.py --at-a-time 1 $(addprefix EndToEndTests.,$(SWEPT))

sanitize:        ## the tests of SSH and of certificates under the thread and the address sanitizer
	scripts/install-packages build sandbox test
	$(SANITIZED) --sanitize=thread --scratch-path .build/thread --filter SSHTests
	$(SANITIZED) --sanitize=thread --scratch-path .build/thread --no-parallel --filter CertificatesTests
	LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/leaks.supp:print_suppressions=0 \
	  $(SANITIZED) --sanitize=address --scratch-path .build/address --no-parallel --filter CertificatesTests
	LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/leaks-ssh.supp:print_suppressions=0 \
	  $(SANITIZED) --sanitize=address --scratch-path .build/address --filter SSHTests

lint:            ## the format of the sources, the shell scripts, and the language of all texts
	scripts/install-packages lint
	swift format lint --strict --recursive Package.swift Sources Tests
	shellcheck $(SCRIPTS)
	scripts/lint-language

format:          ## format the sources
	swift format --in-place --recursive Package.swift Sources Tests

reference:       ## write the tables of keys in docs/ from the table that the readers use
	swift build $(SWIFT_FLAGS) --product deploy
	scripts/make-reference

demo:            ## deploy to a fleet in namespaces, starting from nothing
	scripts/demo

bench:           ## how fast planning, applying, verifying and signing are, compared with other tools: an hour
	scripts/bench 20 3 0 peers
	scripts/bench 100 3 0 peers
	scripts/bench 20 3 50 peers
	scripts/bench-sessions
	scripts/bench-verify
	scripts/bench-certificates
	scripts/bench-planner
	scripts/bench-state

release:         ## an optimised deploy, which needs no Swift to run
	swift build $(SWIFT_FLAGS) $(RELEASE) --product deploy

install: release ## it with man pages, completions and units, into $(DESTDIR)$(PREFIX)
	DESTDIR="$(DESTDIR)" scripts/install-files "$$(swift build $(RELEASE) --show-bin-path)/deploy" \
	  "$(PREFIX)" "$(SYSCONFDIR)"

deb: release     ## deploy_VERSION_ARCHITECTURE.deb with the same files, for Debian 12
	scripts/install-packages package
	scripts/make-deb "$$(swift build $(RELEASE) --show-bin-path)/deploy" $(DEB_FOLDER)

clean:           ## remove what was built
	swift package clean
