#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs build.sh as OSS-Fuzz would, and every target that it leaves for 100 executions. 77: skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
. fuzz/lib.sh

for tool in clang clang++ cmake ninja; do
	command -v $tool >/dev/null || {
		echo "SKIPPED: $tool is not installed" >&2
		exit 77
	}
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/out" "$dir/work"
flags='-O1 -gline-tables-only -fsanitize=fuzzer-no-link,address' # as its base image has them
env CFLAGS="$flags" CXXFLAGS="$flags" CC=clang CXX=clang++ LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
	OUT="$dir/out" WORK="$dir/work" fuzz/oss-fuzz/build.sh >"$dir/log" 2>&1 || {
	tail -n 30 "$dir/log" >&2
	give_up "build.sh failed"
}
for target in $(target_names); do
	[ "$target" != tool ] || continue
	program=$dir/out/fuzz-$target
	[ -x "$program" ] || give_up "build.sh left no fuzz-$target"
	[ -f "$program.options" ] || give_up "build.sh left no options for fuzz-$target"
	"$program" -runs=100 -seed=1 "$dir/work/iomt/seeds/$target" >"$dir/log" 2>&1 || {
		tail -n 30 "$dir/log" >&2
		give_up "fuzz-$target crashed"
	}
	done=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$dir/log")
	[ "${done:-0}" -ge 100 ] || give_up "fuzz-$target: ${done:-0} executions"
	echo "fuzz-$target: $done executions"
done
