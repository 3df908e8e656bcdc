#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# iomt and its peer built in every way that counts, each pair in one run, and then each of iomt's builds
# against the peer's best: builds.sh [flags of Google Benchmark...]
set -euo pipefail
cd "$(dirname "$0")/.."

# name, compiler, flags of the page-table code; the last is how kernels are built
builds=(
	"gcc -O2;gcc;-O2"
	"gcc -O3;gcc;-O3"
	"gcc -O3 native;gcc;-O3 -march=native"
	"clang -O2;clang;-O2"
	"clang -O3 native;clang;-O3 -march=native"
	"gcc -O2 no vectors;gcc;-O2 -mgeneral-regs-only"
)
out=bench/out/builds
flags=("$@")
[ $# -gt 0 ] || flags=('--benchmark_filter=^(amdv1|x86_64|arm_s1_4k)/')
mkdir -p "$out"

one_build() {
	local name=$1 cc=$2 core=$3 dir
	dir=build/bench-${name//[^a-z0-9A-Z]/}
	cmake -S . -B "$dir" -G Ninja -D CMAKE_BUILD_TYPE=Release -D CMAKE_C_COMPILER="$cc" \
		-D CMAKE_C_FLAGS_RELEASE="-O2 -g" -D CMAKE_CXX_FLAGS_RELEASE="-O2 -g" \
		-D IOMT_BENCH_CORE_FLAGS="${core// /;}" -D IOMT_BUILD_TESTS=OFF >/dev/null
	cmake --build "$dir" --target iomt-bench iomt-bench-report >"$out/log" 2>&1 || {
		tail -n 20 "$out/log" >&2
		return 1
	}
	mkdir -p "$out/$name"
	"$dir/bench/iomt-bench" --benchmark_enable_random_interleaving=true \
		--benchmark_min_time=0.02 --benchmark_repetitions=5 "${flags[@]}" \
		--benchmark_out="$out/$name/benchmark.json" --benchmark_out_format=json \
		>/dev/null 2>"$out/log"
	"$dir/bench/iomt-bench-report" "$out/$name" >/dev/null
}

command -v jq >/dev/null || {
	echo "builds.sh: jq is not installed" >&2
	exit 1
}
for build in "${builds[@]}"; do
	IFS=';' read -r name cc core <<<"$build"
	echo "iomt: $name" >&2
	one_build "$name" "$cc" "$core"
	jq --arg build "$name" '[.[] | . + {build: $build}]' "$out/$name/summary.json" \
		>"$out/$name/tagged.json"
done

# Each line: the peer's best build, and iomt's slowest and fastest beside it.
jq -rs '
	add | map(select(.ns_per_op != null)) | group_by([.format, .workload]) | .[]
	| (map(select(.target == "linux")) | min_by(.ns_per_op)) as $peer
	| map(select(.target == "iomt")) as $own
	| select($peer and ($own | length > 0))
	| ($own | min_by(.ns_per_op)) as $best | ($own | max_by(.ns_per_op)) as $worst
	| [$peer.format, $peer.workload, $peer.ns_per_op, $peer.build,
	   $worst.ns_per_op, $worst.build, $peer.ns_per_op / $worst.ns_per_op,
	   $best.ns_per_op, $best.build, $peer.ns_per_op / $best.ns_per_op]
	| map(if type == "number" then (. * 100 | round / 100) else . end) | @tsv' \
	"$out"/*/tagged.json >"$out/builds.tsv"
{
	printf 'format\tworkload\tlinux at best\tbuild\tiomt at worst\tbuild\tx\tiomt at best\tbuild\tx\n'
	cat "$out/builds.tsv"
} | column -t -s "$(printf '\t')"
