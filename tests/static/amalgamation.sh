#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The core in two files is the core, for whoever copies them: compilers take them without a warning and
# without a C library, whole and one format at a time; they define what the library defines and need
# nothing that is not there; a program builds with them alone. amalgamation.sh LIBRARY COMPILER...
set -euo pipefail

library=$1
shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
PYTHONHASHSEED=1 scripts/amalgamate.py "$out"
strict=(-Wall -Wextra -Wpedantic -Wshadow -Wundef -Wmissing-prototypes -Werror)
freestanding=(-std=c17 -ffreestanding -Wstrict-prototypes "${strict[@]}")
formats=(AMDV1 X86_64 VTD_SS ARM_S1 ARM_S2 RISCV_S1 RISCV_S2)

defines() {
	nm -P "$1" | awk '$2 ~ /^[TDBRC]$/ && $1 ~ /^iomt_/ { print $1 }' | sort -u
}

# Nothing but the four functions that compilers call by themselves.
needs_nothing() {
	local needs
	needs=$(nm -P "$1" | awk '$2 == "U" { print $1 }' | grep -Ev '^(memcpy|memmove|memset|memcmp)$' || true)
	[ -z "$needs" ] || {
		echo "${2:-the whole} needs $needs" >&2
		return 1
	}
}

echo "made twice"
PYTHONHASHSEED=2 scripts/amalgamate.py "$out/again"
cmp "$out/iomt.h" "$out/again/iomt.h"
cmp "$out/iomt.c" "$out/again/iomt.c"

# Two more sources with the same words for different things, which the compiler compares: VALUE, TYPE.
stranger() {
	cat <<-END
		#include <iomt/base.h>
		#define LIMIT $1
		#define TWICE(value) ((value) * 2 + LIMIT)
		enum { SMALL = LIMIT };
		struct pair {
			$2 LEAST, weight[LIMIT];
		};
		typedef $2 number;
		static const number table[] = {[LIMIT] = SMALL}; /* LIMIT */
		static number least = LIMIT, most;
		static number weigh(struct pair pair) { return pair.weight[0] + table[LIMIT] + least + most; }
		$2 *iomt_stranger_$1($2 *weight);
		$2 *iomt_stranger_$1($2 *weight)
		{
			struct pair pair = {.LEAST = *weight, .weight[LIMIT - 1] = *weight};
			__typeof__(weigh(pair)) *same = weight;
			return same;
		}
		_Static_assert(LIMIT == $1 && SMALL == $1 && TWICE(1) == 2 + $1 && sizeof("LIMIT") == 6, "");
		_Static_assert(sizeof(table) == ($1 + 1) * sizeof($2) && sizeof(number) == sizeof($2), "");
		_Static_assert(sizeof(struct pair) == ($1 + 1) * sizeof($2), "");
	END
}
echo "the same words"
mkdir -p "$out/tree/scripts"
cp -r src include LICENSE CMakeLists.txt "$out/tree"
cp scripts/amalgamate.py "$out/tree/scripts"
stranger 3 short >"$out/tree/src/domain/stranger.c"
stranger 5 long >"$out/tree/src/pasid/stranger.c"
echo '#define LEAST 7' >"$out/tree/src/iotlb/strange.c"
"$out/tree/scripts/amalgamate.py" "$out/strange"
"$1" "${freestanding[@]}" -fsyntax-only "$out/strange/iomt.c"
echo 'extern int domain_stranger_weigh;' >>"$out/tree/src/domain/carry.c"
if "$out/tree/scripts/amalgamate.py" "$out/strange" 2>"$out/refused"; then
	echo "took a name that was taken" >&2
	exit 1
fi
grep -q 'domain/stranger.c: no new name for weigh' "$out/refused"

for compiler in "$@"; do
	echo "$compiler: warnings"
	how=(-fsyntax-only)
	[ "$compiler" != "${!#}" ] || how=(-O0 -c) # of the last one, which is Clang: it is the faster
	for language in c:c11 c++:c++11; do
		"$compiler" -x "${language%:*}" -std="${language#*:}" -Wall -Wextra -Wpedantic -Wundef -Werror \
			-fsyntax-only - <<<"#include \"$out/iomt.h\""
	done
	"$compiler" "${freestanding[@]}" -DIOMT_DEBUG -fsyntax-only "$out/iomt.c"
	for only in '' "${formats[@]}"; do
		"$compiler" "${freestanding[@]}" "${how[@]}" ${only:+"-DIOMT_ONLY_$only"} "$out/iomt.c" -o "$out/iomt$only.o"
	done
done

echo "$compiler: what is needed and defined"
for only in '' "${formats[@]}"; do
	needs_nothing "$out/iomt$only.o" "$only"
done
defines "$library" >"$out/wanted"
grep -q '^iomt_pt_map$' "$out/wanted"
defines "$out/iomt.o" | diff "$out/wanted" -

echo "$compiler: a program of three files"
sed 's|<iomt/iomt.h>|"iomt.h"|' tests/static/vendored.c >"$out/vendored.c"
"$compiler" -std=c17 "${strict[@]}" -DIOMT_ONLY_AMDV1 "$out/vendored.c" "$out/iomtAMDV1.o" -o "$out/vendored"
"$out/vendored"
