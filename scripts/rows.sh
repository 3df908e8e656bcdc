#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints every requirement of tests/rows.txt with its tests (ctest labels of the same name) and how
# they went in the last run.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/release
[ -f "$build/CTestTestfile.cmake" ] || {
	echo "iomt: nothing was built yet: run make test first" >&2
	exit 1
}
failed=$build/Testing/Temporary/LastTestsFailed.log
ran=$build/Testing/Temporary/CTestCostData.txt

printf '%-4s %-54s %6s  %s\n' row subject tests state
while IFS=$'\t' read -r row subject; do
	mapfile -t tests < <(ctest --test-dir "$build" -N -L "^$row\$" |
		sed -n 's/^ *Test *#[0-9]*: //p')
	state='no test yet'
	if [ ${#tests[@]} -gt 0 ]; then
		state=passed
		for name in "${tests[@]}"; do
			if [ ! -f "$ran" ] || ! grep -q "^$name " "$ran"; then
				state='not run'
			fi
			if [ -f "$failed" ] && grep -q ":$name\$" "$failed"; then
				state="FAILED: $name"
				break
			fi
		done
	fi
	printf '%-4s %-54s %6s  %s\n' "$row" "$subject" "${#tests[@]}" "$state"
done <tests/rows.txt
