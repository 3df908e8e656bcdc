#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Counts instructions per operation and prints them: run.sh check compares them with the baseline,
# run.sh baseline makes them the baseline.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=${1:-check}
here=bench/counts
out=bench/out/counts
program=build/release/bench/counts/iomt-counts
[ -x "$program" ] || {
	echo "run.sh: build first: make counts" >&2
	exit 1
}
rm -rf "$out"
mkdir -p "$out"

# What cannot be compared is not counted: callgrind might not even read it.
"$program" >"$out/counts.txt"
if [ "$mode" = check ] &&
	why=$(awk -f "$here/compare.awk" "$here/baseline.txt" "$out/counts.txt" | grep -A9 '^SKIPPED'); then
	echo "$why"
	exit 0
fi
{
	echo "# Instructions per operation, written by: make counts-renew"
	echo "# date: $(date +%F)"
	valgrind --quiet --tool=callgrind --collect-atstart=no \
		--callgrind-out-file="$out/callgrind" "$program" 2>"$out/log" || {
		cat "$out/log" >&2
		exit 1
	}
	printf '%s\n' "$out"/callgrind.* | sort -V | xargs awk -f "$here/figures.awk"
} >"$out/counts.txt"
grep -q '^[a-z]' "$out/counts.txt" || {
	echo "run.sh: nothing was counted; valgrind's own words are in $out" >&2
	exit 1
}
awk -f "$here/table.awk" "$out/counts.txt"

case $mode in
check) awk -f "$here/compare.awk" "$here/baseline.txt" "$out/counts.txt" ;;
baseline) cp "$out/counts.txt" "$here/baseline.txt" ;;
*)
	echo "run.sh: no such mode: $mode (check, baseline)" >&2
	exit 2
	;;
esac
