#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The core in two files is the core: every compiler takes them without a warning and without a C library,
# whole and one format at a time; they define what the library defines; and suites pass on them, which see the one
# header alone: amalgamation.sh LIBRARY COMPILER...
set -euo pipefail

library=$1
shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
scripts/amalgamate.py "$out"
strict=(-Wall -Wextra -Wpedantic -Wshadow -Wundef -Wmissing-prototypes -Werror)

mkdir -p "$out/include/iomt"
for header in $(grep -o '<iomt/.*>' include/iomt/iomt.h | tr -d '<>') iomt/iomt.h; do
	echo '#include "../../iomt.h"' >"$out/include/$header"
done
defines() {
	nm -P "$1" | awk '$2 ~ /^[TDBRC]$/ && $1 ~ /^iomt_/ { print $1 }' | sort -u
}
defines "$library" >"$out/wanted"

support=(tests/harness/run_plain.c tests/model/{kinds,model,provider,walker}.c)
for compiler in "$@"; do
	for language in c:c17 c++:c++17; do
		"$compiler" -x "${language%:*}" -std="${language#*:}" -Wall -Wextra -Wpedantic -Werror \
			-fsyntax-only - <<<"#include \"$out/iomt.h\""
	done
	for only in '' AMDV1 X86_64 VTD_SS ARM_S1 ARM_S2 RISCV_S1 RISCV_S2; do
		"$compiler" -std=c17 -ffreestanding -fsyntax-only "${strict[@]}" ${only:+"-DIOMT_ONLY_$only"} \
			"$out/iomt.c"
	done
	"$compiler" -std=c17 -O0 -ffreestanding "${strict[@]}" -c "$out/iomt.c" -o "$out/iomt.o"
	defines "$out/iomt.o" | diff "$out/wanted" -
	for suite in encoding/amdv1 ops/errors ops/cursor; do
		"$compiler" -std=c17 -O0 -I "$out/include" -I include -I tests/harness -I tests/model \
			"tests/$suite.c" "${support[@]}" "$out/iomt.o" -o "$out/suite"
		"$out/suite"
	done
done
