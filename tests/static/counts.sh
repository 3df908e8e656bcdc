#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The comparison of instruction counts bites: against a baseline 10 % lower every figure fails, against
# itself none does, and another compiler's baseline is refused aloud.
set -euo pipefail

baseline=bench/counts/baseline.txt
other=$(mktemp)
trap 'rm -f "$other"' EXIT
figures=$(grep -c '^[a-z]' "$baseline")

# says WANTED STATUS: the comparison of the baseline with $other ends with this status and a line of this
says() {
	local output status=0
	output=$(awk -f bench/counts/compare.awk "$other" "$baseline") || status=$?
	if [ "$status" -ne "$2" ] || ! grep -q "$1" <<<"$output"; then
		printf 'wanted "%s" and status %d, got status %d and:\n%s\n' "$1" "$2" "$status" "$output"
		exit 1
	fi
}

cp "$baseline" "$other"
says "^$figures figures, none more than 5 % above" 0
awk '/^[a-z]/ { $3 *= 0.9 } { print }' "$baseline" >"$other"
says "^$figures of $figures figures grew" 1
awk '/^[a-z]/ { $3 *= 1.1 } { print }' "$baseline" >"$other"
says "^$figures are smaller by more than 5 %" 0
awk '/^[a-z]/ && !n++ { $3 *= 0.94 } { print }' "$baseline" >"$other"
says "^1 of $figures figures grew" 1
sed '$d' "$baseline" >"$other"
says '1 are new or missing' 1
sed 's/^# compiler: .*/# compiler: gcc 2/' "$baseline" >"$other"
says '^SKIPPED: nothing was compared' 0
sed '/^# /d' "$baseline" >"$other"
says '^no figures' 1
echo "$figures figures"
