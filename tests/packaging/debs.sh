#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The Debian packages, unpacked into an empty place: what is in which, and programs against both kinds of
# libraries: debs.sh DIRECTORY CC CXX
set -euo pipefail

packages=$1 cc=$2 cxx=$3
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# has PACKAGE PATTERN...: files are in the package, and unpacked
has() {
	local name=$1 deb pattern
	shift
	deb=$(echo "$packages/$name"_*.deb)
	dpkg-deb -c "$deb" | awk '{ print $6 }' >"$dir/list"
	for pattern; do
		grep -qE "^\./usr/$pattern\$" "$dir/list" || {
			echo "$deb has no $pattern" >&2
			exit 1
		}
	done
	dpkg-deb -x "$deb" "$dir"
}

for name in libiomt0 iomt-tools libiomt-dev; do
	has $name "share/doc/$name/copyright" "share/doc/$name/changelog.gz"
done
has libiomt0 'lib/[^/]+/libiomt\.so\.0' 'lib/[^/]+/libiomt-hosted\.so\.0'
has iomt-tools 'bin/iomt-simulate'
has libiomt-dev include/iomt/iomt.h 'lib/[^/]+/libiomt\.(a|so)' 'lib/[^/]+/pkgconfig/iomt.pc' \
	'lib/[^/]+/cmake/iomt/iomtConfig.cmake'
for kind in static shared; do
	"$here/use.sh" "$dir/usr" $kind "$cc" "$cxx"
done
LD_LIBRARY_PATH=$(dirname "$dir"/usr/lib/*/libiomt.so.0) "$dir/usr/bin/iomt-simulate" --help >/dev/null
echo "packages: unpacked, used, and the command runs"
