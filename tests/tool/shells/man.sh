#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Man pages: one for each command, with each of its options and no other; that of the library names each header and has
# a program that works: man.sh PROGRAM PAGES SHARE INCLUDE CC LIBRARY...
set -euo pipefail

iomt=$(realpath "$1") pages=$2 share=$(realpath "$3") include=$4 cc=$5
shift 5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# same WHAT: two lists
same() {
	sort -u "$dir/expected" >"$dir/sorted"
	[ -s "$dir/sorted" ] || {
		echo "$1: nothing is expected" >&2
		exit 1
	}
	sort -u "$dir/found" | diff "$dir/sorted" - >&2 || {
		echo "$1: not alike" >&2
		exit 1
	}
}

"$iomt" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/iomt-\1/p' >"$dir/commands"
(
	cat "$dir/commands"
	echo iomt
) >"$dir/expected"
(cd "$pages/man1" && printf '%s\n' *.1.gz) | sed 's/\.1\.gz$//' >"$dir/found"
same pages

count=0
for name in iomt $(cat "$dir/commands"); do
	command=${name#iomt}
	"$iomt" ${command:+"${command#-}"} --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--.*' >"$dir/expected"
	zcat "$pages/man1/$name.1.gz" | sed 's/\\-/-/g; s/\\f[BIR]//g' | grep -A1 '^\.TP' | grep -oE -- '--[a-z-]+' >"$dir/found"
	same "$name(1)"
	count=$((count + $(wc -l <"$dir/sorted")))
done

if zcat "$pages"/man?/*.gz | grep -n 'docs/' >&2; then
	echo "a page sends readers to files that they do not have" >&2
	exit 1
fi

# examples work: those that need no file but what comes with it
zcat "$pages"/man1/*.gz | sed -n 's/^\(iomt [a-z]* .*\)$/\1/p' | sed 's/\\-/-/g' >"$dir/examples"
ran=0
while read -r -a words; do
	case "${words[*]}" in
	*.trace*) continue ;;
	*"$share"/* | 'iomt decode '* | 'iomt simulate '*) ;;
	*) continue ;;
	esac
	status=0
	(cd "$dir" && "$iomt" "${words[@]:1}") >"$dir/out" 2>&1 </dev/null || status=$?
	[ "$status" -lt 2 ] || {
		echo "${words[*]}: $(cat "$dir/out")" >&2
		exit 1
	}
	ran=$((ran + 1))
done < <(sed "s#/usr/share/iomt/#$share/#g" "$dir/examples")
[ "$ran" -ge 10 ] || {
	echo "only $ran examples were found" >&2
	exit 1
}

zcat "$pages/man7/iomt.7.gz" >"$dir/page"
(cd "$include/iomt" && printf '%s\n' *.h) >"$dir/expected"
sed -n 's/^\.\(It \)\?In iomt\/\([a-z_]*\.h\)$/\2/p' "$dir/page" >"$dir/found"
same 'iomt(7)'
sed -n '/^#include/,/^\.Ed/p' "$dir/page" | sed '/^\.Ed/d; s/\\e/\\/g' >"$dir/program.c"
"$cc" -std=c11 -Wall -Wextra -Werror -I"$include" "$dir/program.c" -o "$dir/program" "$@" -pthread
[ "$("$dir/program")" = '0x5123 is at 0x7123' ] || {
	echo "the program of iomt(7) says: $("$dir/program")" >&2
	exit 1
}
echo "$(wc -l <"$dir/commands") commands, $count options, $(wc -l <"$dir/sorted") headers: all have their words; $ran examples work"
