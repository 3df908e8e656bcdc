#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is no run is refused with a reason, and a run without gnuplot still makes a page:
# refusals.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
count=0

fail() {
	echo "$1" >&2
	cat "$out/said" >&2
	exit 1
}

# refused TEXT REASON: a file with the text ends in status 2, with the reason and without a page
refused() {
	local status=0
	rm -f "$out"/*.html
	printf '%s' "$1" >"$out/benchmark.json"
	"$program" "$out" >"$out/said" 2>&1 || status=$?
	[ "$status" = 2 ] || fail "status $status, not 2: $1"
	grep -qF -- "$2" "$out/said" || fail "\"$2\" is not said of: $1"
	[ ! -e "$out/report.html" ] || fail "a page was made of: $1"
	count=$((count + 1))
}

program=$1
one='"run_type": "iteration", "time_unit": "ns", "real_time": 1, "ops": 1, "entries": 1'
refused '' 'not JSON, or not all of it, at line 1'
refused $'{\n"context": {},\n"benchmarks": [{' 'not JSON, or not all of it, at line 3'
refused 'hello' 'not JSON'
refused '{} rest' 'not JSON'
refused '{}' 'no run of iomt-bench'
refused '[]' 'no run of iomt-bench'
refused '"text"' 'no run of iomt-bench'
refused '{"context": 1, "benchmarks": 2}' 'no run of iomt-bench'
refused '{"benchmarks": []}' 'no run of iomt-bench'
refused '{"benchmarks": [1, null, [], {}]}' 'no run of iomt-bench'
refused "{\"benchmarks\": [{\"run_name\": \"BM_copy/64\", $one}]}" '"BM_copy/64" is not FORMAT/WORKLOAD/TARGET'
refused "{\"benchmarks\": [{$one}]}" '"" is not FORMAT/WORKLOAD/TARGET'

rm "$out/benchmark.json"
for arguments in "" "a b" "$out" "$out/none"; do
	status=0
	# shellcheck disable=SC2086
	"$program" $arguments >"$out/said" 2>&1 || status=$?
	[ "$status" = 2 ] || fail "status $status of: $program $arguments"
	[ -s "$out/said" ] || fail "nothing said of: $program $arguments"
	count=$((count + 1))
done

cp run.json "$out/benchmark.json"
PATH=$out "$program" "$out" >"$out/said" 2>&1 || fail "no page without gnuplot"
grep -q 'no plots: gnuplot is missing' "$out/said" || fail "not said: no gnuplot"
grep -q 'gnuplot was missing' "$out/report.html" || fail "the page does not say: no gnuplot"

rm "$out/report.html" && mkdir "$out/report.html"
status=0
"$program" "$out" >"$out/said" 2>&1 || status=$?
[ "$status" = 1 ] || fail "status $status where a page cannot be written"
grep -q 'report.html: cannot be written' "$out/said" || fail "not said: cannot be written"
echo "$count refusals"
