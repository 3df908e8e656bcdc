#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Code that pages quote stands in the files that they name: a block that begins with "c PATH" holds lines of
# PATH, in order; a line "..." leaves some out. One that stands nowhere is found: excerpts.sh
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
rules=tests/static/excerpts.awk
pages=()
while read -r page; do
	pages+=("$page")
done < <(find . -name '*.md' -not -path './build*' | sort)
awk -f $rules "${pages[@]}"

# wrong LINES...: an excerpt of these is refused
wrong() {
	# shellcheck disable=SC2016 # backquotes are what is meant
	printf '%s\n' '```c include/iomt/mem.h' "$@" '```' >"$dir/page.md"
	if awk -f $rules "$dir/page.md" >"$dir/out"; then
		echo "nobody minds: $*" >&2
		exit 1
	fi
}
wrong 'struct iomt_mem ;'
wrong 'struct iomt_mem {' '	size_t size;'
wrong '	void *ctx;' ... 'struct iomt_mem {'
