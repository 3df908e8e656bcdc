#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs every example, one line for each; what it printed is kept in build/examples.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=build/examples
mkdir -p "$logs"
failed=0
run() {
	local name=$1 status=0
	shift
	"$@" >"$logs/$name.log" 2>&1 || status=$?
	case $status in
	0 | 77) echo "$name: $(tail -n 1 "$logs/$name.log" | sed 's/^SKIPPED: [a-z0-9_]*:/SKIPPED:/; s/^[a-z0-9_]*: //')" ;;
	*)
		echo "$name failed: $logs/$name.log" >&2
		tail -n 5 "$logs/$name.log" >&2
		failed=1
		;;
	esac
}

trace() {
	build/release/examples/iomt-viommu "examples/viommu/$1.trace" | tee "$logs/trace"
	echo "$(grep -cE '^[0-9]+ [0-9-]+ 0x' "$logs/trace") accesses of devices answered"
}

run q35-amd examples/run.sh q35-amd
run q35-intel examples/run.sh q35-intel
run virt-smmuv3 examples/run.sh virt-smmuv3
run vfio build/release/examples/iomt-vfio
run vfio-linux examples/vfio/guest.sh build/release/examples/iomt-vfio
run viommu-amd trace amd
run viommu-smmu trace smmu
exit $failed
