#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every target in turn, for TIME each: all.sh TIME. Goes on after a crash, and fails in the end.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. fuzz/lib.sh

[ $# -eq 1 ] || give_up "usage: all.sh TIME"
failed=()
for target in $(target_names); do
	fuzz/run.sh "$target" "$1" || failed+=("$target")
done
[ ${#failed[@]} -eq 0 ] || give_up "crashes in ${failed[*]}"
