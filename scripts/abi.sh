#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether programs that were linked with the last release run with this build: compares what the shared libraries
# export, and the types of public headers, with abi/*.abi (or KNOWN/*.abi): abi.sh check|renew [DIRECTORY [KNOWN]],
# where they were built with -g; without a directory it builds them. Symbols may be added, and members at the end of
# structs that say their size.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
mode=$1 libraries=${2:-$here/build/abi/src} known=${3:-$here/abi}
release=$(cat "$known/release")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if [ $# -eq 1 ] && ! {
	cmake -S "$here" -B "$here/build/abi" -G Ninja -D CMAKE_BUILD_TYPE=None -D CMAKE_C_FLAGS="-O0 -g" -D BUILD_SHARED_LIBS=ON \
		-D IOMT_BUILD_TESTS=OFF -D IOMT_BUILD_BENCH=OFF -D IOMT_BUILD_TOOLS=OFF -D IOMT_BUILD_EXAMPLES=OFF &&
		cmake --build "$here/build/abi" --target iomt iomt_hosted
} >"$dir/log" 2>&1; then
	cat "$dir/log" >&2
	exit 1
fi
if ! readelf -h "$libraries/libiomt.so" | grep -q 'Machine:.*X86-64'; then
	echo "SKIPPED: the ABI in abi/ is that of x86-64"
	exit 0
fi

failed=0
for name in libiomt libiomt-hosted; do
	abidw --headers-dir "$here/include" --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs \
		--type-id-style hash --out-file "$dir/$name.abi" "$libraries/$name.so"
	grep -q "<function-decl name='iomt_" "$dir/$name.abi" || {
		echo "abi.sh: $name has no functions: was it built with -g?" >&2
		exit 1
	}
	case $mode in
	check)
		if abidiff --suppressions "$known/allowed" --no-added-syms "$known/$name.abi" "$dir/$name.abi" \
			>"$dir/changes"; then
			echo "$name: the ABI of $release"
		else
			cat "$dir/changes"
			echo "abi.sh: $name has not the ABI of $release: docs/releasing.md" >&2
			failed=1
		fi
		;;
	renew) cp "$dir/$name.abi" "$known/$name.abi" ;;
	*)
		echo "abi.sh: no such mode: $mode (check, renew)" >&2
		exit 2
		;;
	esac
done
exit $failed
