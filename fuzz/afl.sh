#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fuzzes one target with AFL++: afl.sh TARGET TIME [NAME [-M|-S]]. Findings of all instances lie in
# build/afl/out/TARGET, where instances of other names, here or elsewhere, share what they find.
# NAME is "main" and its part -M unless told; helpers are -S.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. fuzz/lib.sh

[ $# -ge 2 ] || give_up "usage: afl.sh TARGET TIME [NAME [-M|-S]]"
target=$1
time=$(seconds "$2")
name=${3:-main}
role=${4:-$([ "$name" = main ] && echo -M || echo -S)}
check_target "$target"
command -v afl-clang-fast >/dev/null || give_up "please install afl++"

# Without sanitizers: an instance with them can join as a helper, see the README.
build=${IOMT_AFL_BUILD:-build/afl}
flags=${IOMT_AFL_CFLAGS:--O2 -g}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export AFL_LLVM_ALLOWLIST=$PWD/fuzz/afl.allow # coverage of the library alone
echo "iomt: fuzz: building $target for AFL++"
if ! {
	[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -D CMAKE_BUILD_TYPE=None \
		-D CMAKE_C_COMPILER=afl-clang-fast -D CMAKE_C_FLAGS="$flags" \
		-D IOMT_BUILD_TESTS=OFF -D IOMT_BUILD_BENCH=OFF -D IOMT_BUILD_FUZZ=ON
	cmake --build "$build" --target "afl-$target" fuzz-seed
} >"$log" 2>&1; then
	cat "$log" >&2
	give_up "building failed"
fi
fuzz/corpus.sh build/afl/seeds "$build/fuzz/fuzz-seed"

out=build/afl/out/$target
mkdir -p "$out"
options=(-V "$time" -g 4 -G "$(longest "$target")" -t 2000)
[ ! -f "fuzz/dict/$target.dict" ] || options+=(-x "fuzz/dict/$target.dict")
export AFL_AUTORESUME=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1
export AFL_NO_UI=${AFL_NO_UI:-1} AFL_NO_AFFINITY=${AFL_NO_AFFINITY:-1}
echo "iomt: fuzz: $target for $time seconds, instance $name"
afl-fuzz -i "build/afl/seeds/$target" -o "$out" "$role" "$name" "${options[@]}" -- \
	"$build/fuzz/afl-$target" >"$out/$name.log" 2>&1 || {
	tail -n 20 "$out/$name.log" >&2
	give_up "afl-fuzz failed"
}
field() {
	sed -n "s/^$1 *: //p" "$out/$name/fuzzer_stats"
}
printf '%s: %s executions, %s a second, %s of edges, %s inputs, %s crashes, %s hangs\n' \
	"$target" "$(field execs_done)" "$(field execs_per_sec)" "$(field bitmap_cvg)" \
	"$(field corpus_count)" "$(field saved_crashes)" "$(field saved_hangs)"
if [ "$(field saved_crashes)" != 0 ] || [ "$(field saved_hangs)" != 0 ]; then
	echo "iomt: fuzz: $target: see $out/$name" >&2
	exit 1
fi
