#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What iomt-vfio says of software, and what it refuses; or of a device of QEMU's under Linux: vfio.sh PROGRAM [linux]
set -euo pipefail

vfio=$1
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ "${2:-}" = linux ]; then
	status=0
	"$here/../../examples/vfio/guest.sh" "$vfio" >"$dir/out" || status=$?
	if [ "$status" -eq 77 ]; then
		cat "$dir/out"
		exit 0 # ctest sees the word
	fi
	# the same but for what nobody tracks; and Linux has seen the one DMA that was refused last
	sed -e '1s/.*/dma memory of 28 bits by the kernel'\''s VFIO/; /^dirty:/s/0x6 /0x1f /' \
		<(sed 1d "$here/vfio.expected") >"$dir/expected"
	echo 'Request device [00:02.0] fault addr 0x3010000' >>"$dir/expected"
	sed '/^linux /d; /checked by QEMU/d; /reboot: Power down/d; /^$/d' "$dir/out" | diff -u "$dir/expected" -
	grep 'checked by QEMU' "$dir/out"
	exit $status
fi

"$vfio" >"$dir/out"
sed '1s/ (this machine has .*)//' "$dir/out" | diff -u "$here/vfio.expected" -

# refuses STATUS MESSAGE ARGUMENT...
refuses() {
	local want=$1 message=$2 status=0
	shift 2
	"$vfio" "$@" >"$dir/out" 2>"$dir/err" || status=$?
	if [ "$status" -ne "$want" ] || ! grep -qF -- "$message" "$dir/err"; then
		echo "$*: status $status, $(cat "$dir/err")" >&2
		exit 1
	fi
}
refuses 2 'usage: iomt-vfio' --help
refuses 2 'usage: iomt-vfio' 0000:00:02.0 2
refuses 1 'no such device, or no IOMMU before it' ffff:ff:1f.7
