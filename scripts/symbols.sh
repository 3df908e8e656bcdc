#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the shared libraries export: symbols that a library defines and a public header declares.
# symbols.sh LIBRARY.a MAP CC writes the map; with --check it only says what differs.
set -euo pipefail

check=
if [ "$1" = --check ]; then
	check=1
	shift
fi
library=$1 map=$2 cc=$3
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# a tag is no declaration of the symbol that may have its name
for header in "$here"/include/iomt/*.h; do
	echo "#include <iomt/${header##*/}>"
done | "$cc" -E -P -I "$here/include" -xc - |
	sed -E 's/\b(struct|enum|union) iomt_[a-z0-9_]+//g' |
	grep -oE '\biomt_[A-Za-z0-9_]+\b' | sort -u >"$dir/declared"
nm -P --defined-only -g "$library" | awk '$2 ~ /^[TDBRC]$/ { print $1 }' | sort -u >"$dir/defined"
{
	printf '%s\n' 'IOMT_0 {' 'global:'
	comm -12 "$dir/declared" "$dir/defined" | sed 's/.*/\t&;/'
	printf '%s\n' 'local:' '	*;' '};'
} >"$dir/map"
grep -q iomt_ "$dir/map" || {
	echo "$library defines nothing that is public" >&2
	exit 1
}
if [ -z "$check" ]; then
	cp "$dir/map" "$map"
elif ! diff -u "$map" "$dir/map"; then
	echo "${map##*/} is not what public headers declare: make symbols" >&2
	exit 1
fi
