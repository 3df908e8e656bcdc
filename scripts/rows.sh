#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints every requirement of tests/rows.txt with its tests (ctest labels of the same name) and how
# they went in the last run of make test.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/release
[ -f "$build/CTestTestfile.cmake" ] || {
	echo "iomt: nothing was built yet: run make test first" >&2
	exit 1
}

declare -A went # by the name of a test: run, fail, notrun (skipped)
if [ -f "$build/results.xml" ]; then
	while read -r name status; do
		went[$name]=$status
	done < <(sed -n 's/.*<testcase name="\([^"]*\)".* status="\([^"]*\)".*/\1 \2/p' \
		"$build/results.xml")
fi

# What all tests of a row amount to.
state() {
	local name skipped=0
	for name in "$@"; do
		case ${went[$name]:-never} in
		run) ;;
		fail) echo "FAILED: $name" && return ;;
		notrun | disabled) skipped=$((skipped + 1)) ;;
		*) echo "not run: $name" && return ;;
		esac
	done
	if [ "$#" -eq 0 ]; then
		echo 'no test yet'
	elif [ "$skipped" -gt 0 ]; then
		echo "passed, but $skipped skipped on this machine"
	else
		echo passed
	fi
}

printf '%-4s %-54s %6s  %s\n' row subject tests state
while IFS=$'\t' read -r row subject; do
	mapfile -t tests < <(ctest --test-dir "$build" -N -L "^$row\$" |
		sed -n 's/^ *Test *#[0-9]*: //p')
	printf '%-4s %-54s %6s  %s\n' "$row" "$subject" "${#tests[@]}" "$(state "${tests[@]}")"
done <tests/rows.txt
