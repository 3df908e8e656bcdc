#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The core compiles without a C library, needs four functions at most from outside, and defines
# nothing outside of its own names: freestanding.sh COMPILER
set -euo pipefail

command -v "$1" >/dev/null || {
	echo "SKIPPED: $1 is not installed, so nothing is known about it" >&2
	exit 77
}
machine=()
case $("$1" -dumpmachine) in
aarch64*) machine=(-mno-outline-atomics) ;; # as src/CMakeLists.txt has it
esac
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
compile() {
	"$1" -std=c17 -O2 -ffreestanding -nostdlib "${machine[@]}" -Wall -Wextra -Werror -Iinclude \
		"${@:2}" -o "$out/$(echo "$source" | tr / _).o"
}
both() {
	compile "$1" -mgeneral-regs-only -c "$source" # as kernels do
	compile "$1" -c "$source"
}
running=0
for source in src/*.c src/pgtable/*.c src/iotlb/*.c src/iotlb/model/*.c src/entry/*.c src/pasid/*.c src/domain/*.c src/viommu/*.c; do
	if [ "$running" -ge "$(nproc)" ]; then
		wait -n
		running=$((running - 1))
	fi
	both "$1" &
	running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
	wait -n
	running=$((running - 1))
done
nm -P "$out"/*.o >"$out/symbols"
awk '$2 ~ /^[TDBRC]$/ { print $1 }' "$out/symbols" | sort -u >"$out/defined"
awk '$2 == "U" { print $1 }' "$out/symbols" | sort -u >"$out/wanted"
# the last is the linker's own, for code that may lie anywhere
foreign=$(comm -13 "$out/defined" "$out/wanted" | grep -Ev '^(memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_)$' || true)
strange=$(grep -Ev '^(iomt|pt)_' "$out/defined" || true)
echo "$(wc -l <"$out/defined") symbols defined, by $("$1" -dumpmachine) $1"
[ -z "$foreign" ] || echo "needs from outside: $foreign" >&2
[ -z "$strange" ] || echo "defines: $strange" >&2
[ -z "$foreign$strange" ] && [ -s "$out/defined" ]
