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
has iomt-tools bin/iomt share/iomt/sample.core share/iomt/server.yaml share/man/man1/iomt.1.gz share/man/man1/iomt-plan.1.gz \
	share/bash-completion/completions/iomt share/zsh/vendor-completions/_iomt \
	share/fish/vendor_completions.d/iomt.fish
has libiomt-dev include/iomt/iomt.h 'lib/[^/]+/libiomt\.(a|so)' 'lib/[^/]+/pkgconfig/iomt.pc' \
	'lib/[^/]+/cmake/iomt/iomtConfig.cmake' share/man/man7/iomt.7.gz
for kind in static shared; do
	"$here/use.sh" "$dir/usr" $kind "$cc" "$cxx"
done
dpkg-deb -f "$packages"/iomt-tools_*.deb Depends | grep -E 'libcjson1.*libelf1.*libyaml-0-2' >/dev/null || {
	echo "iomt-tools does not depend on what the command iomt links" >&2
	exit 1
}
LD_LIBRARY_PATH=$(dirname "$dir"/usr/lib/*/libiomt.so.0)
export LD_LIBRARY_PATH
"$dir/usr/bin/iomt" simulate presets >/dev/null
"$dir/usr/bin/iomt" plan "$dir/usr/share/iomt/server.yaml" >/dev/null
"$dir/usr/bin/iomt" translate --image "$dir/usr/share/iomt/sample.core" --unit amd --device-table 0x100000 --rid 00:1f.2 \
	0x1000 | grep -q '^output: *0x140000000$'
echo "packages: unpacked, used, and the command runs"
