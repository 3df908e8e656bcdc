#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Names of the library's that pages speak of are there: in a header, the sources, the build. One that ends
# with an underscore or dots stands for all that begin so. The changelog may speak of what is gone.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
name='\b(iomt|IOMT)_[A-Za-z0-9_]+'

find . \( -name '.git*' -o -path './build*' -o -path ./bench/out \) -prune -o -type f ! -name '*.md' ! -name '*.svg' -print0 |
	xargs -0 cat | grep -aoE "$name" | sort -u >"$dir/names"

# missing PAGE...: names that are nowhere
missing() {
	grep -aonE "$name(\.\.\.)?" "$@" /dev/null | awk -F: -v names="$dir/names" '
		BEGIN {
			while ((getline line <names) > 0) {
				known[line] = 1
				for (i = length(line); i > 5; i--)
					begins[substr(line, 1, i)] = 1
			}
		}
		{
			word = $3
			rest = sub(/\.\.\.$/, "", word) || word ~ /_$/
			if (rest ? !(word in begins) : !(word in known)) {
				print $1 ":" $2 ": nothing is called " $3
				bad = 1
			}
			count++
		}
		END {
			print count + 0 " names"
			exit bad || !count
		}'
}

pages=()
while read -r page; do
	pages+=("$page")
done < <(find . -name '*.md' ! -name CHANGELOG.md -not -path './build*' | sort)
missing "${pages[@]}"

# the second half alone, as this file is one of those that are looked into
for wrong in pt_nap ptt_ pt_mapq... tlb_lookups; do
	echo "see iomt_$wrong" >"$dir/page.md"
	if missing "$dir/page.md" >/dev/null; then
		echo "nobody minds iomt_$wrong" >&2
		exit 1
	fi
done
