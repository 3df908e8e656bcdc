# SPDX-License-Identifier: MIT
# The face of the build: what people type. CMake and the scripts do the work.
.DEFAULT_GOAL := help
TARGET ?= ops
TIME ?= 1m
OPERATIONS ?= 1000000000
space := $() $()
# a suite or two of each room
I386_QUICK := encoding_facts config split dirty cursor translate ring flush tlb ids ids_memory space pack repack pasid_table \
	device_table device_table_random domain_attach domain_sva walk_own walk_cached walk_inspect
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*\#\#.*/\1/p' Makefile)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

test: kernels ## install what is missing, build, run every test
	@scripts/build.sh release
	@scripts/test.sh release

test-full: kernels ## the same with random runs thirty times as long
	@scripts/build.sh release
	@IOMT_TEST_TIMES=30 scripts/test.sh release

fuzz: ## fuzz a target with libFuzzer: make fuzz TARGET=ops TIME=5m
	@scripts/deps.sh fuzz
	@fuzz/run.sh "$(TARGET)" "$(TIME)"

fuzz-all: ## every fuzz target in turn, TIME for each
	@scripts/deps.sh fuzz
	@fuzz/all.sh "$(TIME)"

mutants: ## plant faults into the code and see that the tests find them (hours)
	@scripts/deps.sh test
	@tests/mutants/run.sh

bench: ## install what is missing, build, run the benchmarks, make bench/out/report.html (about five minutes)
	@scripts/deps.sh bench
	@scripts/build.sh release iomt-bench
	@bench/run.sh default

bench-peers: ## the same beside Linux's own page-table code, which it installs (150 MB)
	@scripts/deps.sh bench peers
	@scripts/build.sh release iomt-bench
	@bench/run.sh default

bench-builds: ## iomt in every build against its peer's best build (compilers, -O2 and -O3, vectors)
	@scripts/deps.sh bench peers builds
	@bench/builds.sh

bench-full: ## all benchmarks
	@scripts/deps.sh bench
	@scripts/build.sh release iomt-bench
	@bench/run.sh full

bench-smoke: ## every benchmark for a moment, to see that it runs
	@scripts/deps.sh bench
	@scripts/build.sh release iomt-bench iomt-figures
	@bench/run.sh smoke
	@bench/figures/run.sh smoke bench/out/figures

overshoot: ## what invalidation commands drop beyond the range, by length, hardware and policy (seconds)
	@scripts/deps.sh bench
	@scripts/build.sh release iomt-overshoot
	@build/release/bench/iomt-overshoot

packing: ## domain ids against their bounds, and what they do to the IOTLB (seconds)
	@scripts/deps.sh bench
	@scripts/build.sh release iomt-packing
	@build/release/bench/iomt-packing

figures: ## figures of the IOTLB, modelled, counted and measured: build/figures/index.html (two minutes)
	@scripts/deps.sh bench
	@scripts/build.sh release iomt-bench iomt-figures
	@bench/figures/run.sh default build/figures

counts: ## instructions per operation, by valgrind, against the baseline in bench/counts
	@scripts/deps.sh counts
	@scripts/build.sh release iomt-counts
	@bench/counts/run.sh check

counts-renew: ## the same, and keep the result as the baseline
	@scripts/deps.sh counts
	@scripts/build.sh release iomt-counts
	@bench/counts/run.sh baseline

sizes: ## bytes of text of each format alone, against its line and the baseline in bench/sizes
	@scripts/build.sh release iomt
	@bench/sizes/run.sh check

sizes-renew: ## the same, and keep the result as the baseline
	@scripts/build.sh release iomt
	@bench/sizes/run.sh baseline

kernels: ## the examples that are kernels, for machines of QEMU's, and a Linux for the one that needs it
	@scripts/deps.sh test
	@examples/vfio/fetch.sh
	@scripts/build.sh freestanding q35-amd q35-intel
	@scripts/build.sh freestanding-aarch64 virt-smmuv3

examples: kernels ## build the examples and run them: bytes through IOMMUs (seconds)
	@scripts/build.sh release iomt-viommu iomt-vfio
	@examples/all.sh

explore: ## every pair and triple of operations on a page table in every order of their steps (minutes)
	@scripts/deps.sh test
	@scripts/build.sh release orders.plain
	@IOMT_EXPLORE=all build/release/tests/ops/orders.plain

orders: ## take each order and each single access out of the engine and see that the explorer finds it (a minute)
	@scripts/deps.sh test
	@tests/mutants/orders.sh

stress: ## OPERATIONS by threads on tables of all kinds, and a twentieth of that with pauses (minutes)
	@scripts/deps.sh test
	@scripts/build.sh release stress.plain stress_paused.plain
	@IOMT_STRESS=$(OPERATIONS) build/release/tests/ops/stress.plain
	@IOMT_STRESS=$$(($(OPERATIONS) / 20)) build/release/tests/ops/stress_paused.plain

asan: ## the tests under the address and undefined behaviour sanitizers
	@scripts/deps.sh test
	@scripts/build.sh asan
	@scripts/test.sh asan

tsan: ## the tests under the thread sanitizer
	@scripts/deps.sh test
	@scripts/build.sh tsan
	@scripts/test.sh tsan

aarch64: ## the core's tests for AArch64, under qemu-user (five minutes)
	@scripts/deps.sh aarch64
	@scripts/build.sh aarch64
	@scripts/test.sh aarch64

aarch64-quick: ## the same without its longest suites, on the core in two files (a minute)
	@scripts/deps.sh aarch64
	@scripts/build.sh aarch64-amalgamated
	@scripts/test.sh aarch64-amalgamated -E '^(random|threads|stress|stress_paused|tlb_orders)\.plain$$'

coverage: ## line coverage of src/, at least 95 %
	@scripts/deps.sh test coverage
	@scripts/coverage.sh

i386: ## the core's tests for 32-bit x86, run by this machine (five minutes)
	@scripts/deps.sh i386
	@scripts/build.sh i386
	@scripts/test.sh i386

i386-quick: ## the same, built without optimisation, a suite or two of each room (half a minute)
	@scripts/deps.sh i386
	@scripts/build.sh i386-quick $(I386_QUICK:=.plain)
	@scripts/test.sh i386-quick -R '^($(subst $(space),|,$(I386_QUICK)))\.plain$$'

freestanding: ## the core without a C library: by GCC, by Clang, for AArch64, for 32-bit x86
	@scripts/deps.sh test
	@scripts/freestanding.sh

amalgamation: ## the core in two files, for other projects: build/amalgamation/iomt.h and iomt.c
	@scripts/amalgamate.py build/amalgamation

amalgamation-test: ## every test on the library that is made of them (ten minutes)
	@scripts/deps.sh test
	@scripts/build.sh amalgamated
	@scripts/test.sh amalgamated

symbols: ## keep what the shared libraries export at what public headers declare
	@scripts/build.sh release iomt iomt_hosted
	@scripts/symbols.sh build/release/src/libiomt.a src/iomt.map $${CC:-cc}
	@scripts/symbols.sh build/release/src/libiomt-hosted.a src/iomt-hosted.map $${CC:-cc}

abi: ## whether programs of the last release run with this one (half a minute)
	@scripts/deps.sh test
	@scripts/abi.sh check

abi-renew: ## make this build's ABI the one to keep
	@scripts/deps.sh test
	@scripts/abi.sh renew

packages: ## Debian packages into build/packages, unpacked and used by programs
	@scripts/deps.sh test packages
	@scripts/packages.sh

packages-smoke: packages ## the same, installed and used in an empty Debian 12 root (as root; minutes)
	@scripts/deps.sh smoke
	@scripts/packages-smoke.sh

dist: ## the release tarball of the last commit: build/dist
	@scripts/dist.sh build/dist

reproducible: ## tarball, libraries and packages of the last commit, twice, bit for bit the same (minutes)
	@scripts/deps.sh test packages
	@scripts/reproducible.sh

rows: ## every requirement with its tests and their state
	@scripts/rows.sh

lint: ## formatting, static analysis, rules of the house
	@scripts/deps.sh test bench lint api
	@scripts/lint.sh

api: ## the reference of the public headers, by Doxygen: build/api/html/index.html
	@scripts/deps.sh api
	@scripts/api.sh

pictures: ## draw docs/pictures/*.dot anew
	@scripts/deps.sh pictures
	@docs/pictures/draw.sh

format: ## put all code into the house's format
	@scripts/deps.sh lint
	@git ls-files -co --exclude-standard '*.c' '*.h' '*.cc' | xargs clang-format -i

clean: ## remove all that was built
	@rm -rf build bench/out
