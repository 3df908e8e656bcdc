#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header compiles alone and twice, as C11 and as C++11, without a warning:
# headers.sh COMPILER...
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
echo "$count headers"
[ "$count" -gt 0 ]
