#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The commands of docs/building.md, "Installing", word by word, but for the places; then the command iomt
# from there, and from where all was moved: documented.sh SOURCE BUILD CC
set -euo pipefail

source=$1 build=$2
export CC=$3 CMAKE_GENERATOR=Ninja
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset LD_LIBRARY_PATH

awk '/^## / { here = $0 == "## Installing" } here && /^    cmake / , !/\\$/' "$source/docs/building.md" |
	sed "s|/usr/local|$dir/local|g; s|build/out|$build/documented|g" >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -ge 3 ]
if ! (cd "$source" && bash -e "$dir/commands") >"$dir/log" 2>&1; then
	tail -n 40 "$dir/log" >&2
	exit 1
fi
for place in local moved; do
	[ $place = local ] || mv "$dir/local" "$dir/moved"
	"$dir/$place/bin/iomt" --version
	"$dir/$place/bin/iomt" dump --image "$dir/$place/share/iomt/sample.core" --format amdv1 --root 0x104000 --levels 4 |
		grep -q '^complete: *yes$'
done
readelf -d "$dir/moved/bin/iomt" | grep -q 'NEEDED.*libiomt\.so\.0\]' # shared ones, as was asked for
