#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tables are words as hardware reads them, and so the core is refused for processors that store them the
# other way: byte_order.sh CLANG
set -euo pipefail

if ! "${1:-}" --version >/dev/null 2>&1; then
	echo "SKIPPED: no Clang, which compiles for other processors" >&2
	exit 77
fi

# compile CLANG PROCESSOR FILE
compile() {
	"$1" --target="$2-none-elf" -std=c17 -ffreestanding -fsyntax-only -Iinclude -Isrc "$3"
}

for file in src/pgtable/amdv1.c src/entry/write.c; do
	compile "$1" aarch64 "$file"
	if said=$(compile "$1" aarch64_be "$file" 2>&1) || ! grep -q 'little-endian' <<<"$said"; then
		echo "$file: not refused for a big-endian processor" >&2
		exit 1
	fi
done
