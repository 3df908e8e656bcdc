#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The C code in the README compiles as it stands: readme.sh COMPILER
set -euo pipefail

# shellcheck disable=SC2016 # backquotes are what is looked for
code=$(sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d')
[ -n "$code" ]
"$1" -std=c17 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c - <<<"$code"
echo "$(wc -l <<<"$code") lines"
