#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian packages into build/packages: libiomt0, libiomt-dev with both kinds of libraries, iomt-tools. The same
# sources give the same bytes wherever and whenever they are built, with SOURCE_DATE_EPOCH or in a git checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
fi
export SOURCE_DATE_EPOCH
export LC_ALL=C
umask 022
mkdir -p build/packages
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for kind in static shared; do
	shared=OFF
	[ $kind = static ] || shared=ON
	echo "iomt: building packages ($kind)"
	if ! {
		cmake -S . -B "build/package-$kind" -G Ninja -D CMAKE_BUILD_TYPE=Release \
			-D CMAKE_C_FLAGS_RELEASE="${IOMT_PACKAGE_FLAGS:--O2 -g}" \
			-D CMAKE_C_FLAGS="-ffile-prefix-map=$PWD/build/package-$kind=/usr/src/iomt/build -ffile-prefix-map=$PWD=/usr/src/iomt" \
			-D CMAKE_INSTALL_PREFIX=/usr -D BUILD_SHARED_LIBS=$shared -D IOMT_BUILD_TESTS=OFF \
			-D IOMT_BUILD_BENCH=OFF -D IOMT_BUILD_EXAMPLES=OFF && cmake --build "build/package-$kind"
	} >"$log" 2>&1; then
		cat "$log" >&2
		exit 1
	fi
done
# what both have is the shared build's: it is the last
rm -f build/packages/*.deb
projects="$PWD/build/package-static;iomt;ALL;/;$PWD/build/package-shared;iomt;ALL;/"
if ! cpack --config build/package-shared/CPackConfig.cmake -B build/packages \
	-D CPACK_INSTALL_CMAKE_PROJECTS="$projects" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
ls build/packages/*.deb
tests/packaging/debs.sh build/packages cc c++
