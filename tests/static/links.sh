#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/links.sh accepts what leads somewhere and finds what does not.
set -euo pipefail

links=$PWD/scripts/links.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
git -C "$dir" init -q
mkdir -p "$dir/docs/deep"
: >"$dir/code.h"
cat >"$dir/docs/other.md" <<'END'
# Other page: `iomt_map`, and 4K × 2
## Twice
## Twice
END

# page TEXT...: what the script says of a page with these lines
page() {
	printf '%s\n' '# A page' '' "$@" >"$dir/docs/page.md"
	"$links" "$dir"
}

good() {
	page "$@" >"$dir/out" || {
		echo "refused: $*: $(cat "$dir/out")" >&2
		exit 1
	}
}

# bad LINK MESSAGE TEXT...
bad() {
	local link=$1 message=$2
	shift 2
	if page "$@" >"$dir/out" || ! grep -qF "docs/page.md:3: $link: $message" "$dir/out"; then
		echo "not found: $*: $(cat "$dir/out")" >&2
		exit 1
	fi
}

good '[a](other.md) [b](../code.h) [c](../docs) [d](#a-page) [e](other.md#other-page-iomt_map-and-4k--2)'
good '[a](other.md#twice) [b](other.md#twice-1) ![c](./other.md)' '' '[d]: ../code.h'
good '[a](https://example.org/path?x=1#y) [b](http://example.org) [c](mailto:who@example.org)'
# shellcheck disable=SC2016 # backquotes are what is meant
good '[a](other.md)' '```' '[b](nowhere)' '```' '' '    [c](nowhere)' '' '`[d](nowhere)`'
bad nowhere.md 'no such file' '[a](nowhere.md)'
bad ../../code.h 'no such file' '[a](../../code.h)'
bad deep/code.h 'no such file' '[a](deep/code.h)'
bad picture.svg 'no such file' '![a](picture.svg)'
bad '../code.h#L1' 'no such heading' '[a](../code.h#L1)'
bad Other.md 'no such file' '[a](Other.md)'
bad '#a-page-2' 'no such heading' '[a](#a-page-2)'
bad 'other.md#twice-2' 'no such heading' '[a](other.md#twice-2)'
bad 'http:/example.org' 'no address' '[a](http:/example.org)'
bad 'https://example' 'no address' '[a](https://example)'
bad 'ftp://example.org' 'no address' '[a](ftp://example.org)'
bad nowhere.md 'no such file' '[a]: nowhere.md'
bad nowhere.md 'no such file' '- [a](other.md), [b](nowhere.md)'
