#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The C code of every page compiles as it stands: all blocks of a page, one after the other, are one file.
# What has a main is a program: it links, runs, and prints what stands in the page's blocks of "text":
# readme.sh COMPILER; CFLAGS are the build's, LIBS the libraries
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# blocks LANGUAGE PAGE
blocks() {
	awk -v fence="\`\`\`$1" '/^```/ { in_it = !in_it && $0 == fence; next } in_it' "$2"
}

read -ra libraries <<<"$LIBS -lpthread"
read -ra flags <<<"${CFLAGS:-} -std=c17 -Wall -Wextra -Werror -Iinclude"
lines=0
programs=0
while read -r page; do
	blocks c "$page" >"$dir/page.c"
	[ -s "$dir/page.c" ] || continue
	count=$(grep -c . "$dir/page.c")
	lines=$((lines + count))
	if grep -q '^int main(' "$dir/page.c"; then
		"$1" "${flags[@]}" "$dir/page.c" "${libraries[@]}" -o "$dir/page"
		"$dir/page" >"$dir/out"
		blocks text "$page" | diff -u - "$dir/out"
		programs=$((programs + 1))
		echo "$page: $count lines, a program"
	else
		"$1" "${flags[@]}" -fsyntax-only "$dir/page.c"
		echo "$page: $count lines"
	fi
done < <(find . -name '*.md' -not -path './build*' | sort)
echo "$lines lines, $programs programs"
[ "$lines" -gt 0 ]
