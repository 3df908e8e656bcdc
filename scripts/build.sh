#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Configures a preset when needed and builds it: build.sh PRESET [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
ninja=build/$preset/build.ninja
if [ ! -f "$ninja" ] || [ build/.installed -nt "$ninja" ] || [ CMakePresets.json -nt "$ninja" ]; then
	echo "iomt: configuring $preset"
	cmake --preset "$preset" >/dev/null
fi
echo "iomt: building $preset"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
targets=()
[ $# -eq 0 ] || targets=(--target "$@")
if ! cmake --build --preset "$preset" "${targets[@]}" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
