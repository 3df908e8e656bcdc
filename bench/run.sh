#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the benchmarks and reports: run.sh smoke|default|full [flags of Google Benchmark...]
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-default}
[ $# -eq 0 ] || shift
case $mode in
smoke) flags=(--benchmark_min_time=0.001 --benchmark_repetitions=2) ;;
default) flags=(--benchmark_min_time=0.02 --benchmark_repetitions=7) ;;
full) flags=(--benchmark_min_time=0.1 --benchmark_repetitions=15) ;;
*)
	echo "run.sh: no such mode: $mode (smoke, default, full)" >&2
	exit 2
	;;
esac

bin=build/release/bench
[ -x "$bin/iomt-bench" ] || {
	echo "run.sh: build first: make bench" >&2
	exit 1
}
# jemalloc is loaded when the program runs, and wants room in each thread's static storage
export GLIBC_TUNABLES=${GLIBC_TUNABLES:+$GLIBC_TUNABLES:}glibc.rtld.optional_static_tls=16384
mkdir -p bench/out
echo "iomt: running the benchmarks ($mode)"
failed=0 # of a run that failed in part, the rest is worth a report
IOMT_BENCH=$mode "$bin/iomt-bench" --benchmark_enable_random_interleaving=true \
	--benchmark_out=bench/out/benchmark.json --benchmark_out_format=json "${flags[@]}" "$@" || failed=$?
"$bin/iomt-bench-report" bench/out
exit "$failed"
