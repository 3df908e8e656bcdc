#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The sample's tables in a QEMU, which dumps its memory itself: iomt says of its core, with and without
# paging, what it says of the sample; and what to do about its compressed dumps: qemu.sh IOMT SAMPLE
set -euo pipefail

iomt=$1 sample=$2
command -v qemu-system-x86_64 >/dev/null || {
	echo "SKIPPED: qemu-system-x86_64 is not installed"
	exit 0
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# the first segment, at 0x100000: all pages but the header's and the last
pages=$(($(stat -c %s "$sample") / 4096 - 2))
dd if="$sample" of="$dir/tables" bs=4096 skip=1 count=$pages status=none
printf '%s\n' "dump-guest-memory $dir/core" "dump-guest-memory -p $dir/paged" "dump-guest-memory -z $dir/kdump" quit |
	timeout 60 qemu-system-x86_64 -machine q35 -accel tcg -m 64M -S -nodefaults -display none -serial none \
		-monitor stdio -device "loader,file=$dir/tables,addr=0x100000,force-raw=on" >"$dir/log" 2>&1 || {
	cat "$dir/log" >&2
	exit 1
}

look() {
	"$iomt" dump --image "$1" --unit amd --device-table 0x100000 --rid 00:1f.2
	"$iomt" dump --image "$1" --unit amd --device-table 0x100000 --rid 01:00.0 --pasid 5
	"$iomt" translate --image "$1" --unit amd --device-table 0x100000 --rid 00:1f.2 0x1234 0x9000 || true
	"$iomt" validate --image "$1" --unit amd --device-table 0x100000 --rid 00:04.0 || true
}
look "$sample" >"$dir/expected"
for core in core paged; do
	look "$dir/$core" >"$dir/said"
	diff -u "$dir/expected" "$dir/said"
done
if "$iomt" dump --image "$dir/kdump" --format amdv1 --root 0x104000 --levels 4 2>"$dir/error" ||
	! grep -q 'a compressed kdump; take the dump as ELF' "$dir/error"; then
	cat "$dir/error" >&2
	exit 1
fi
echo "QEMU's cores say what the sample says: $(wc -l <"$dir/expected") lines"
