#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The last commit, packed and built twice, in other places, at other times, with another umask, locale, time zone and
# number of jobs, gives the same bytes: the tarball, the libraries, the packages.
set -euo pipefail
cd "$(dirname "$0")/.."

here=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
commit=$(git rev-parse HEAD)
epoch=$(git log -1 --format=%ct "$commit")

# build PLACE UMASK LOCALE ZONE JOBS
build() {
	(
		umask "$2"
		export LC_ALL=$3 TZ=$4 CMAKE_BUILD_PARALLEL_LEVEL=$5 SOURCE_DATE_EPOCH=$epoch CCACHE_DISABLE=1
		mkdir -p "$1"
		git clone -q "$here" "$1/clone"
		"$1/clone/scripts/dist.sh" "$1" "$commit" >/dev/null
		tar -C "$1" -xzf "$1"/iomt-*.tar.gz
		cd "$1"/iomt-*[0-9]
		scripts/packages.sh >"$1/log" || {
			cat "$1/log" >&2
			exit 1
		}
	)
}

# what is compared: tarball, libraries, packages
bytes() {
	(
		cd "$1"
		sha256sum iomt-*.tar.gz
		cd iomt-*[0-9]
		sha256sum build/package-static/src/*.a build/package-shared/src/*.so.*.*.* build/packages/*.deb
	)
}

echo "iomt: building twice"
build "$dir/one" 022 C UTC0 2
build "$dir/another/place" 077 C.UTF-8 XXX-14 1
bytes "$dir/one" >"$dir/first"
bytes "$dir/another/place" >"$dir/second"
cat "$dir/first"
diff "$dir/first" "$dir/second" || {
	echo "iomt: these differ" >&2
	exit 1
}
[ "$(wc -l <"$dir/first")" -ge 7 ] || {
	echo "iomt: something was not built" >&2
	exit 1
}
echo "iomt: bit for bit the same, twice"
