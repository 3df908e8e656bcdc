#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds every target into OUT, with its seeds and dictionary, as OSS-Fuzz and ClusterFuzzLite want it:
# by CC, CFLAGS, CXX, CXXFLAGS and LIB_FUZZING_ENGINE. Run in the top directory.
set -euo pipefail
# shellcheck source=/dev/null
. fuzz/lib.sh

: "${CC:=clang}" "${CXX:=clang++}" "${OUT:?where to put the programs}"
: "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}"
: "${CFLAGS:=-O2 -g -fsanitize=fuzzer-no-link,address}"
: "${CXXFLAGS:=$CFLAGS}"
export CC CXX
work=${WORK:-$(mktemp -d)}/iomt

cmake -S . -B "$work" -G Ninja -D CMAKE_BUILD_TYPE=None -D CMAKE_C_FLAGS="$CFLAGS" \
	-D CMAKE_CXX_FLAGS="$CXXFLAGS" -D IOMT_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
	-D IOMT_BUILD_FUZZ=ON -D IOMT_BUILD_TESTS=OFF -D IOMT_BUILD_BENCH=OFF -D IOMT_WERROR=OFF
cmake --build "$work" --target fuzz-targets fuzz-seed
# the generator is instrumented too: no sanitizer may fail a build for what it does at exit
ASAN_OPTIONS=detect_leaks=0 fuzz/corpus.sh "$work/seeds" "$work/fuzz/fuzz-seed"

for target in $(target_names); do
	[ "$target" != tool ] || continue # its libraries are not where these programs run
	name=fuzz-$target
	cp "$work/fuzz/$name" "$OUT/$name"
	cp fuzz/regressions/"$target"/[!R]* "$work/seeds/$target" 2>/dev/null || true
	if command -v zip >/dev/null; then
		(cd "$work/seeds/$target" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
	fi
	[ ! -f "fuzz/dict/$target.dict" ] || cp "fuzz/dict/$target.dict" "$OUT/$name.dict"
	printf '[libfuzzer]\nmax_len = %s\nentropic = 0\n' "$(longest "$target")" \
		>"$OUT/$name.options"
done
