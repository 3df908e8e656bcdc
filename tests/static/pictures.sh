#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each picture was drawn from the text beside it, as it is now, and each text was drawn.
set -euo pipefail

count=0
for dot in docs/pictures/*.dot; do
	svg=${dot%.dot}.svg
	if ! [ -f "$svg" ] || [ "$(head -n 1 "$svg")" != "<!-- $(cksum <"$dot") -->" ]; then
		echo "$svg is not drawn from $dot: make pictures" >&2
		exit 1
	fi
	count=$((count + 1))
done
[ "$count" -eq "$(find docs/pictures -name '*.svg' | wc -l)" ]
echo "$count pictures"
