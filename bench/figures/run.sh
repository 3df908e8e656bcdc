#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures what the figures need, and makes them: run.sh default|smoke FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."

case ${1:-} in
smoke) flags=(--benchmark_min_time=0.0001 --benchmark_repetitions=2) ;;
default) flags=(--benchmark_min_time=0.01 --benchmark_repetitions=5) ;;
*)
	echo "run.sh: no such mode: ${1:-} (default, smoke)" >&2
	exit 2
	;;
esac
folder=$2

mkdir -p "$folder"
echo "iomt: measuring for the figures ($1)"
IOMT_BENCH=figures build/release/bench/iomt-bench --benchmark_enable_random_interleaving=true \
	--benchmark_out="$folder/benchmark.json" --benchmark_out_format=json "${flags[@]}"
build/release/bench/iomt-figures "$folder"
