#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What iomt-viommu makes of its traces, and what it refuses: viommu.sh PROGRAM
set -euo pipefail

viommu=$1
here=$(cd "$(dirname "$0")" && pwd)
traces=$here/../../examples/viommu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for unit in amd smmu; do
	"$viommu" "$traces/$unit.trace" >"$dir/out"
	diff -u "$here/viommu-$unit.expected" "$dir/out"
	"$viommu" <"$traces/$unit.trace" | cmp - "$dir/out"
done

# refuses MESSAGE LINE...: status 2 and this message
refuses() {
	local message=$1 status=0
	shift
	printf '%s\n' "$@" | "$viommu" >"$dir/out" 2>"$dir/err" || status=$?
	if [ "$status" -ne 2 ] || ! grep -qF -- "$message" "$dir/err"; then
		echo "$*: status $status, $(cat "$dir/err")" >&2
		exit 1
	fi
}

refuses 'stdin:1: no unit yet' 'memory 0 8'
refuses 'no such unit: vtd' 'unit vtd'
refuses 'there is one unit' 'unit amd' 'unit amd'
refuses 'no such command: map' 'unit amd' 'map 1 2'
refuses 'access: 4 words' 'unit amd' 'access 1 - 0'
refuses 'more than 16 words' "$(printf 'write%s' "$(printf ' 0%.0s' {1..16})")"
refuses 'not a number: 12x' 'unit amd' 'memory 0 12x'
refuses 'not a number: -1' 'unit amd' 'memory 0 -1'
refuses 'too large: 0x100000' 'unit amd' 'access 1 0x100000 0 r'
refuses 'no such access: q' 'unit amd' 'access 1 - 0 q'
refuses 'no such format: sv39' 'unit amd' 'attach 1 - sv39'
refuses 'no such field: depth' 'unit amd' 'attach 1 - amdv1 depth=3'
refuses 'no such word: deep' 'unit amd' 'attach 1 - amdv1 deep'
refuses 'levels: the format has no such depth' 'unit amd' 'memory 0 4096' 'attach 1 - amdv1 levels=7'
refuses 'no context' 'unit amd' 'dump 1 -'
refuses 'a line that is too long' "$(printf '#%01100d' 0)"
refuses 'stdin:3: ' 'unit amd' 'memory 0 4096' 'write 4096 1'

# tables that all point to one: a dump ends, and says that there is more
{
	echo 'unit amd'
	echo 'memory 0x1000 0x1000'
	for i in {0..511}; do printf 'write 0x%x 0x1007\n' $((0x1000 + 8 * i)); done
	echo 'attach 1 - x86_64 root=0x1000 levels=5'
	echo 'dump 1 -'
	echo 'check 1 -'
} | "$viommu" >"$dir/out"
grep -qx '  and more' "$dir/out"
# each entry at each level above the last leads back to the table
[ "$(grep -c 'its own ancestor' "$dir/out")" -eq 2048 ]
