#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference of the public headers: api.sh makes build/api/html, api.sh check [HEADERS MAP...] makes none
# and fails where anything public has no words.
set -euo pipefail
cd "$(dirname "$0")/.."

out=build/api
check=NO
headers=include/iomt
maps=(src/iomt.map src/iomt-hosted.map)
if [ "${1:-}" = check ]; then
	check=YES
	[ $# -lt 3 ] || headers=$2 maps=("${@:3}")
fi
if [ $check = YES ]; then
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
{
	cat docs/api/Doxyfile
	echo "INPUT = $headers docs/api"
	echo "OUTPUT_DIRECTORY = $out"
	echo "GENERATE_XML = $check"
	[ $check = NO ] || echo "GENERATE_HTML = NO"
} | doxygen -
[ $check = YES ] || {
	echo "iomt: $out/html/index.html"
	exit 0
}

# Doxygen 1.9.4 does not miss what values of enums are without.
has_words='normalize-space(briefdescription) or normalize-space(detaileddescription)'
names() {
	local file
	for file in "$out"/xml/*.xml; do
		xmllint --xpath "(//memberdef|//enumvalue|//compounddef[@kind='struct'])[$1]/*[self::name or self::compoundname]/text()" \
			"$file" 2>/dev/null || true
	done | sed '/^@/d' | sort -u
}
names "$has_words" >"$out/documented"
names "not($has_words)" >"$out/mute"
sed -n 's/^\t\(iomt_[A-Za-z0-9_]*[a-z0-9]\);$/\1/p' "${maps[@]}" | sort -u >"$out/exported"
# a format's own functions have the words of the macro that declares them
endings='_(cursor_)?(map|unmap|translate)$|_(map_sg|protect|oa|translate_many|dirty)$'
comm -23 "$out/exported" "$out/documented" | while read -r name; do
	format=$(sed -E "s/$endings//" <<<"$name")
	[ "$format" != "$name" ] && grep -qx "$format" "$out/documented" || echo "$name"
done >>"$out/mute"
echo "iomt: $(wc -l <"$out/documented") names have words, $(wc -l <"$out/exported") are exported"
if [ -s "$out/mute" ] || [ ! -s "$out/documented" ] || [ ! -s "$out/exported" ]; then
	sed 's/$/: no words about it/' "$out/mute" >&2
	exit 1
fi
