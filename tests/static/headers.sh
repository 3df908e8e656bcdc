#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header compiles alone and twice, as C11 and as C++11, without a warning; and all together for the
# standards from C11 and C++11 on, by GCC and by Clang, for 32 bits, too: headers.sh COMPILER...
set -euo pipefail

strict=(-Wall -Wextra -Wpedantic -Wundef -Werror -fsyntax-only -Iinclude)
count=0
for header in include/iomt/*.h; do
	name=iomt/${header##*/}
	text=$(printf '#include <%s>\n#include <%s>\n' "$name" "$name")
	for compiler in "$@"; do
		"$compiler" -std=c11 -Wstrict-prototypes "${strict[@]}" -x c - <<<"$text"
		"$compiler" -std=c++11 "${strict[@]}" -x c++ - <<<"$text"
	done
	case ${header##*/} in
	iomt.h | hosted.h | jemalloc.h | reclaim.h | rcu.h) ;; # hosted ones are included by name
	*)
		grep -q "<$name>" include/iomt/iomt.h || {
			echo "iomt.h does not include $name" >&2
			exit 1
		}
		;;
	esac
	count=$((count + 1))
done
[ "$count" -gt 0 ]

all=$(for header in include/iomt/*.h; do echo "#include <iomt/${header##*/}>"; done)
ways=0
for standard in c11 gnu11 c17 c2x c++11 gnu++11 c++14 c++17 c++20; do
	language=c
	compilers=(gcc clang)
	case $standard in
	*++*) language=c++ compilers=(g++ clang++) ;;
	esac
	for compiler in "${compilers[@]}"; do
		"$compiler" -std=$standard "${strict[@]}" -x $language - <<<"$all"
		ways=$((ways + 1))
	done
done
# no C library, and 4 bytes for a pointer: what is left are the core's
core=$(grep -LE '#include <(iomt/(hosted|jemalloc|rcu|reclaim)|jemalloc|urcu)' include/iomt/*.h | grep -vE '/(hosted|jemalloc|rcu|reclaim)\.h$' |
	sed 's,include/\(.*\),#include <\1>,')
clang -m32 -ffreestanding -std=c11 "${strict[@]}" -x c - <<<"$core"
echo "$count headers, $ways ways"
