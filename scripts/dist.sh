#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The release tarball of a commit: dist.sh DIRECTORY [COMMIT]. The same commit gives the same bytes anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."

directory=$1 commit=${2:-HEAD}
version=$(git show "$commit:CMakeLists.txt" | sed -n 's/^  VERSION \([0-9.]*\)$/\1/p')
[ -n "$version" ] || {
	echo "dist.sh: CMakeLists.txt says no version" >&2
	exit 1
}
mkdir -p "$directory"
tarball=$directory/iomt-$version.tar.gz
git -c tar.umask=0022 archive --format=tar --prefix="iomt-$version/" "$commit" | gzip -9n >"$tarball"
echo "$tarball"
