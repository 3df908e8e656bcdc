#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The core compiles without a C library and without vector registers, as kernels have it; it needs four
# functions at most from outside, and defines nothing outside of its own names. For 32 bits by Clang, which
# says where a word that is shared could lie across two cache lines.
set -euo pipefail
cd "$(dirname "$0")/.."

symbols=$(mktemp -d)
trap 'rm -rf "$symbols"' EXIT
failed=0
for preset in freestanding freestanding-clang freestanding-aarch64 freestanding-i386; do
	division=
	[ $preset != freestanding-i386 ] || division='|__u(div|mod)di3' # of 64 bits, from the compiler's own library
	scripts/build.sh "$preset"
	nm -P "build/$preset/src/libiomt.a" >"$symbols/all"
	awk '$2 ~ /^[TDBRC]$/ { print $1 }' "$symbols/all" | sort -u >"$symbols/defined"
	awk '$2 == "U" { print $1 }' "$symbols/all" | sort -u >"$symbols/wanted"
	# the last is the linker's own, for code that may lie anywhere
	foreign=$(comm -13 "$symbols/defined" "$symbols/wanted" | grep -Ev "^(memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_$division)\$" || true)
	strange=$(grep -Ev '^(iomt|pt)_' "$symbols/defined" || true)
	echo "iomt: $preset: $(wc -l <"$symbols/defined") symbols defined"
	[ -z "$foreign" ] || echo "needs from outside: $foreign" >&2
	[ -z "$strange" ] || echo "defines: $strange" >&2
	[ -z "$foreign$strange" ] && [ -s "$symbols/defined" ] || failed=1
done
exit $failed
