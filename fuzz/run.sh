#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes one target with libFuzzer: run.sh TARGET TIME [LIBFUZZER-OPTION...]. Keeps the corpus in
# build/fuzz/corpus/TARGET, puts what crashes into build/fuzz/crashes, and fails if there was any.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. fuzz/lib.sh

[ $# -ge 2 ] || give_up "usage: run.sh TARGET TIME [LIBFUZZER-OPTION...]"
target=$1
time=$(seconds "$2")
shift 2
check_target "$target"

build=build/fuzz
echo "iomt: fuzz: building $target"
build_targets $build "fuzz-$target" fuzz-seed
fuzz/corpus.sh "$build/seeds" "$build/fuzz/fuzz-seed"
mkdir -p "$build/corpus/$target" "$build/crashes" "$build/log"
log=$build/log/$target.log
options=(-max_total_time="$time" -max_len="$(longest "$target")" -timeout=10 -rss_limit_mb=4096
	-print_final_stats=1 -artifact_prefix="$build/crashes/$target-"
	# measured: to rank inputs by their entropy costs most of the speed here, and finds no more
	-entropic=0
	# to look for what other fuzzers put into a large corpus takes longer than a second is worth
	-reload=60)
[ ! -f "fuzz/dict/$target.dict" ] || options+=(-dict="fuzz/dict/$target.dict")

# Nothing that a target does goes through malloc but its model: a large quarantine costs memory only.
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=8}
echo "iomt: fuzz: $target for $time seconds"
code=0
TIMEFORMAT='%U %S'
cpu=$({ time "$build/fuzz/fuzz-$target" "${options[@]}" "$@" "$build/corpus/$target" \
	"$build/seeds/$target" "fuzz/regressions/$target" >"$log" 2>&1; } 2>&1) || code=$?

figure() {
	sed -n "s/^stat::$1: *//p" "$log" | tail -n 1
}
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
known=$(sed -n 's/.*(\([0-9]*\) inline 8-bit counters).*/\1/p' "$log" | head -n 1)
executions=$(figure number_of_executed_units)
per_cpu=$(awk -v n="${executions:-0}" '{ s = $1 + $2; print (s > 0 ? int(n / s) : 0) }' <<<"$cpu")
printf '%s: %s executions, %s a second (%s a second of processor time), %s of %s edges, %s inputs\n' \
	"$target" "${executions:-0}" "$(figure average_exec_per_sec)" "$per_cpu" "${edges:-0}" \
	"${known:-0}" "$(find "$build/corpus/$target" -type f | wc -l)"
walks=$(figure number_of_walks)
[ -z "$walks" ] || echo "$target: $walks walks"
if [ "$code" -ne 0 ]; then
	grep -vE '^(#|INFO|NEW_FUNC|"|[[:space:]]+NEW)' "$log" | tail -n 40 >&2
	echo "iomt: fuzz: $target CRASHED; see $log and $build/crashes" >&2
	exit 1
fi
