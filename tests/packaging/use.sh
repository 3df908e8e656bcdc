#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs against an installed iomt, by CMake and by pkg-config: use.sh PREFIX static|shared CC CXX
set -euo pipefail

prefix=$1 kind=$2 cc=$3 cxx=$4
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
libraries=$(dirname "$(find "$prefix" -name libiomt-hosted.a -o -name libiomt-hosted.so | head -n 1)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries
components=OFF
[ ! -f "$libraries/libiomt-jemalloc.a" ] || [ ! -f "$libraries/libiomt-rcu.a" ] || components=ON

# run PROGRAM: it succeeds, and is linked as was asked
run() {
	local shared=static
	"$1" || {
		echo "$1 failed ($kind)" >&2
		exit 1
	}
	if readelf -d "$1" | grep -q 'NEEDED.*libiomt\.so\.0\]'; then
		shared=shared
	fi
	[ "$shared" = "$kind" ] || {
		echo "$1 is $shared, not $kind" >&2
		exit 1
	}
}

shared=OFF
[ "$kind" = static ] || shared=ON
if ! {
	cmake -S "$here/program" -B "$dir/cmake" -G Ninja -D CMAKE_PREFIX_PATH="$prefix" -D BUILD_SHARED_LIBS=$shared \
		-D COMPONENTS=$components -D CMAKE_C_COMPILER="$cc" -D CMAKE_CXX_COMPILER="$cxx" &&
		ninja -C "$dir/cmake"
} >"$dir/log" 2>&1; then
	cat "$dir/log" >&2
	exit 1
fi
count=0
for program in "$dir"/cmake/program_*; do
	run "$program"
	count=$((count + 1))
done

# static ones that lie beside shared ones must be named, with what they need
read -ra needs <<<"$(pkg-config --print-requires-private iomt-hosted | tr '\n' ' ')"
read -ra flags <<<"$(pkg-config --cflags iomt-hosted)"
read -ra libs <<<"$(pkg-config --libs iomt-hosted "${needs[@]}")"
if [ "$kind" = static ]; then
	read -ra libs <<<"$(sed -E 's/-l(iomt[a-z-]*)/-l:lib\1.a/g' <<<"${libs[*]}")"
fi
"$cc" "${flags[@]}" "$here/program/program.c" -o "$dir/c" "${libs[@]}"
"$cxx" "${flags[@]}" "$here/program/program.cc" -o "$dir/cc" "${libs[@]}"
run "$dir/c"
run "$dir/cc"
echo "$kind: $count programs by CMake, 2 by pkg-config"
