#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bytes of text of each format as it was built into BUILD (build/release), and of a program that links it
# alone: run.sh show|check|baseline [BUILD]. "check" fails when a format has more than its line of 20 KiB, or any
# figure is more than 5 % above the baseline; "baseline" makes them the baseline.
#
# "own" is what the format's own calls and steps take, "program" these with init, destroy, reserve, trim and
# next, all that they call, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=${1:-check}
build=${2:-build/release}
here=bench/sizes
line=20480
library=$build/src/libiomt.a
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
[ -f "$library" ] || {
	echo "SKIPPED: there is no $library: build it first, static" >&2
	exit 77
}
compiler=$(cached CMAKE_C_COMPILER)
type=$(cached CMAKE_BUILD_TYPE)
flags=$("$compiler" -dumpmachine | sed 's/-.*//')
flags+=" $(cached CMAKE_C_FLAGS) $(cached "CMAKE_C_FLAGS_${type^^}")"
flags=$(xargs <<<"$flags")
if [ "$mode" = check ] && ! grep -qxF "# flags: $flags" "$here/baseline.txt"; then
	echo "SKIPPED: the lines are for other flags than \"$flags\"" >&2
	exit 77
fi

calls=(map map_sg unmap protect dirty translate oa translate_many cursor_{map,unmap,translate})
mapfile -t formats < <(sed -n 's/^IOMT_PT_DECLARE_FORMAT(\(.*\));$/\1/p' include/iomt/formats.h)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

text() { # of a program or an object
	size -A "$1" | awk '$1 ~ /^\.text/ { sum += $2 } END { print sum }'
}

own() { # FORMAT: what is left of its object when nothing but the format is wanted
	local roots=("${calls[@]/#/iomt_$1_}")

	[ -f "$out/${1%_[0-9]*k*}.o" ] || ar p "$library" "${1%_[0-9]*k*}.c.o" >"$out/${1%_[0-9]*k*}.o"
	ld -r --gc-sections -e "iomt_$1" "${roots[@]/#/-u}" "$out/${1%_[0-9]*k*}.o" -o "$out/own"
	text "$out/own"
}

program() { # FORMAT: what the core wants from outside has no byte of its own
	local names=("${calls[@]/#/$1_}")

	{
		echo '#include <iomt/iomt.h>'
		echo 'static const volatile void *used[] = {'
		printf '&iomt_%s,' "$1" "${names[@]}" pt_{init,destroy,reserve,trim,next}
		echo '}; void _start(void); void _start(void) { __asm__ volatile("" : : "r"(used)); }'
		printf '__asm__(".globl %s\\n.set %s, _start");\n' \
			memcpy memcpy memmove memmove memset memset memcmp memcmp \
			__cpu_model __cpu_model __cpu_indicator_init __cpu_indicator_init
	} >"$out/user.c"
	"$compiler" -O2 -Iinclude -Wno-unused-command-line-argument -nostdlib -static -no-pie -Wl,--gc-sections \
		"$out/user.c" "$library" -o "$out/program"
	text "$out/program"
}

{
	echo "# Bytes of text of one format, written by: make sizes-renew"
	echo "# date: $(date +%F)"
	echo "# compiler: $("$compiler" -dM -E -x c /dev/null |
		awk '$2 == "__GNUC__" { gcc = $3 } $2 == "__clang_major__" { clang = $3 }
			END { print clang ? "clang " clang : "gcc " gcc }')"
	echo "# flags: $flags"
	for format in "${formats[@]}"; do
		echo "$format own $(own "$format")"
		echo "$format program $(program "$format")"
	done
} >"$out/sizes.txt"
awk '!/^#/ { if ($2 == "own") printf "%-20s own %6d", $1, $3; else printf "   program %6d\n", $3 }' "$out/sizes.txt"

case $mode in
show) ;;
check)
	awk -v line="$line" '$2 == "own" && $3 > line { print "ABOVE " line " bytes: " $1 ", " $3; over = 1 }
		$2 == "own" { seen++ } END { exit over || !seen }' "$out/sizes.txt"
	awk -v renew=sizes-renew -f bench/counts/compare.awk "$here/baseline.txt" "$out/sizes.txt"
	;;
baseline) cp "$out/sizes.txt" "$here/baseline.txt" ;;
*)
	echo "run.sh: no such mode: $mode (show, check, baseline)" >&2
	exit 2
	;;
esac
