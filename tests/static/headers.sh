#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header compiles alone and twice, as C17 and as C++17, without a warning:
# headers.sh COMPILER
set -euo pipefail

strict=(-Wall -Wextra -Wpedantic -Wundef -Werror -fsyntax-only -Iinclude)
count=0
for header in include/iomt/*.h; do
	name=iomt/${header##*/}
	text=$(printf '#include <%s>\n#include <%s>\n' "$name" "$name")
	"$1" -std=c17 -Wstrict-prototypes "${strict[@]}" -x c - <<<"$text"
	"$1" -std=c++17 "${strict[@]}" -x c++ - <<<"$text"
	grep -q "<$name>" include/iomt/iomt.h || [ "$name" = iomt/iomt.h ] ||
		[ "$name" = iomt/hosted.h ] || [ "$name" = iomt/jemalloc.h ] || {
		echo "iomt.h does not include $name" >&2
		exit 1
	}
	count=$((count + 1))
done
echo "$count headers"
[ "$count" -gt 0 ]
