#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a kernel says on its machine, line by line but for physical addresses, and that it says so where a machine
# has no IOMMU or no device: kernel.sh NAME
set -euo pipefail

name=$1
here=$(cd "$(dirname "$0")" && pwd)
run=$here/../../examples/run.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

status=0
"$run" "$name" >"$dir/out" || status=$?
if [ "$status" -eq 77 ]; then
	cat "$dir/out"
	exit 0 # ctest sees the word
fi
# where memory lies is the loader's affair
sed -E '/checked by QEMU/d; /^map /s/0x[0-9a-f]+ and/PAGE and/' "$dir/out" | tr -d '\r' >"$dir/story"
if [ "$name" = q35-amd ]; then # a model that logs them would be right too: the kernel has compared
	sed -i -E 's/^fault: .*/FAULT/' "$dir/story"
fi
diff -u "$here/$name.expected" "$dir/story"
[ "$status" -eq 0 ]
grep 'checked by QEMU' "$dir/out"

# refuses MESSAGE WORDS...: the machine without these words ends with this message, and not well
refuses() {
	local message=$1
	shift
	if IOMT_EXAMPLE_WITHOUT="$*" "$run" "$name" >"$dir/out" 2>"$dir/err"; then
		echo "$name: ok without $*" >&2
		exit 1
	fi
	grep -qF -- "$message" "$dir/out" || {
		echo "$name: without $*:" >&2
		cat "$dir/out" "$dir/err" >&2
		exit 1
	}
}
refuses 'failed: it is not so that: there is an edu device' '-device edu,addr=2'
case $name in
q35-amd) refuses 'failed: AMD IOMMU: the firmware names none' '-device amd-iommu' ;;
q35-intel) refuses 'failed: VT-d: the firmware names none' '-device intel-iommu' ;;
virt-smmuv3) refuses 'failed: SMMUv3: the device tree names none' ',iommu=smmuv3' ;;
esac
