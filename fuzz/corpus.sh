#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the seeds of all targets: corpus.sh [DIRECTORY [PROGRAM]]. The program is fuzz-seed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. fuzz/lib.sh

out=${1:-build/fuzz/seeds}
program=${2:-}
if [ -z "$program" ]; then
	build_targets build/fuzz fuzz-seed
	program=build/fuzz/fuzz/fuzz-seed
fi
for target in $(target_names); do
	mkdir -p "$out/$target"
	"$program" "$target" "$out/$target"
done
