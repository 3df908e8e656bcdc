#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Replays the seeds and the regressions of a target, a test: check.sh TARGET DIRECTORY-OF-PROGRAMS
set -euo pipefail

target=$1
programs=$2
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$programs/fuzz-seed" "$target" "$dir"
"$programs/replay-$target" "$dir" "$here/regressions/$target"
