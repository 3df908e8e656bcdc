#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What fuzz-print prints compiles and passes, a test: check_print.sh DIRECTORY-OF-PROGRAMS COMPILER
set -euo pipefail

programs=$1
compiler=$2
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/ops" "$dir/exhaustion"
"$programs/fuzz-seed" ops "$dir/ops"
"$programs/fuzz-seed" exhaustion "$dir/exhaustion"

cd "$top"
flags=(-std=gnu17 -O0 -Wall -Wextra -Werror -Iinclude -Itests/model -Itests/harness)
sources=(src/pgtable/*.c src/iotlb/*.c src/error.c fuzz/provider.c
	tests/model/{kinds,walker}.c tests/harness/run_plain.c)
for source in "${sources[@]}"; do
	"$compiler" "${flags[@]}" -Ifuzz -c "$source" -o "$dir/$(echo "$source" | tr / _).o"
done
check() {
	"$programs/fuzz-print" "$@" >"$dir/input.c"
	"$compiler" "${flags[@]}" "$dir/input.c" "$dir"/*.o -pthread -o "$dir/input"
	"$dir/input"
}
for input in amdv1_grows-grow x86_64_5-dirty arm_s2_4k-split vtd_ss_3-list arm_s1_16k-last riscv_sv39-split; do
	check "$dir/ops/$input"
	check "$dir/ops/$input-incoherent"
	check -e "$dir/exhaustion/$input-1"
	check -e "$dir/exhaustion/$input-all"
done
