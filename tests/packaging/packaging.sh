#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A build is installed and used; so is a user's project that has iomt inside of it, whose shared libraries
# are then installed over the static ones, export what public headers declare, and keep the last release's ABI:
# packaging.sh SOURCE BUILD CC CXX
set -euo pipefail

source=$1 build=$2 cc=$3 cxx=$4
here=$source/tests/packaging
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# quietly COMMAND...: its words only where it fails
quietly() {
	"$@" >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		exit 1
	}
}

# a DESTDIR that is somewhere else than the prefix says: files find each other from where they are
DESTDIR=$dir quietly cmake --install "$build" --prefix /opt/iomt --component dev
"$here/use.sh" "$dir/opt/iomt" static "$cc" "$cxx"

quietly cmake -S "$here/program" -B "$dir/below" -G Ninja -D IOMT="$source" -D CMAKE_C_COMPILER="$cc" -D CMAKE_CXX_COMPILER="$cxx"
quietly ninja -C "$dir/below" -t commands program_c # it is all there: the next is built
quietly cmake -S "$here/program" -B "$dir/inside" -G Ninja -D IOMT="$source" -D FETCH=ON -D IOMT_INSTALL=ON -D BUILD_SHARED_LIBS=ON \
	-D CMAKE_BUILD_TYPE=None -D CMAKE_C_FLAGS="-O0 -g" -D CMAKE_C_COMPILER="$cc" -D CMAKE_CXX_COMPILER="$cxx"
quietly ninja -C "$dir/inside"
for program in "$dir"/inside/program_*; do
	"$program"
done

DESTDIR=$dir quietly cmake --install "$dir/inside" --prefix /opt/iomt
for kind in static shared; do
	"$here/use.sh" "$dir/opt/iomt" $kind "$cc" "$cxx"
done

for name in iomt iomt-hosted; do
	"$source/scripts/symbols.sh" --check "$build/src/lib$name.a" "$source/src/$name.map" "$cc"
	nm -D --defined-only "$dir/inside/_deps/iomt-build/src/lib$name.so" | awk '$2 != "A" { print $3 }' | sort >"$dir/exported"
	sed -n 's/^\t\(iomt_.*\);$/\1@@IOMT_0/p' "$source/src/$name.map" | sort | diff -u - "$dir/exported"
	echo "lib$name.so: $(wc -l <"$dir/exported") symbols exported"
done

"$source/scripts/abi.sh" check "$dir/inside/_deps/iomt-build/src"
# that does not pass by not looking: one struct was longer
cp -r "$source/abi" "$dir/abi"
sed -i "/class-decl name='iomt_unit_cache' size-in-bits=/s/size-in-bits='[0-9]*'/size-in-bits='4096'/" "$dir/abi/libiomt.abi"
if "$source/scripts/abi.sh" check "$dir/inside/_deps/iomt-build/src" "$dir/abi" >"$dir/log" 2>&1 || ! grep -q iomt_unit_cache "$dir/log"; then
	echo "a change of the ABI is not found" >&2
	exit 1
fi
