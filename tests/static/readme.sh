#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The C code in the README and in docs/ compiles as it stands: readme.sh COMPILER
set -euo pipefail

for page in README.md docs/*.md; do
	# shellcheck disable=SC2016 # backquotes are what is looked for
	code=$(sed -n '/^```c$/,/^```$/p' "$page" | sed '/^```/d')
	[ -n "$code" ] || [ "$page" != README.md ]
	"$1" -std=c17 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c - <<<"$code"
	echo "$page: $(grep -c . <<<"$code" || true) lines"
done
