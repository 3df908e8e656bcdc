#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a kernel on its machine: run.sh NAME. What it prints goes to stdout; status 0 when its last line is "ok", 77
# where something is missing. The tests take words away from the machine: IOMT_EXAMPLE_WITHOUT.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
common='-accel tcg -nodefaults -no-user-config -no-reboot -display none -serial stdio -device edu,addr=2'
pc='qemu-system-x86_64 -m 1G -device isa-debug-exit,iobase=0xf4,iosize=4'
case $name in
q35-amd) preset=freestanding machine="$pc -machine q35 -device amd-iommu $common" ;;
q35-intel) preset=freestanding machine="$pc -machine q35 -device intel-iommu $common" ;;
virt-smmuv3)
	preset=freestanding-aarch64
	machine="qemu-system-aarch64 -m 1G -cpu cortex-a57 -machine virt,iommu=smmuv3 $common"
	;;
*)
	echo "run.sh: no such example: $name (q35-amd, q35-intel, virt-smmuv3)" >&2
	exit 2
	;;
esac
[ -z "${IOMT_EXAMPLE_WITHOUT:-}" ] || machine=${machine/"$IOMT_EXAMPLE_WITHOUT"/}
read -ra machine <<<"$machine"
kernel=build/$preset/examples/$name
missing() {
	echo "SKIPPED: ${name//-/_}: there is no $1"
	exit 77
}
command -v "${machine[0]}" >/dev/null || missing "${machine[0]}"
[ -f "$kernel" ] || missing "$kernel (make kernels)"

out=$(mktemp)
trap 'rm -f "$out"' EXIT
# the status says how the machine was switched off, which is not what is asked
timeout 120 "${machine[@]}" -kernel "$kernel" </dev/null | tee "$out" || true
version=$("${machine[0]}" --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
[ "$(tail -n 1 "$out" | tr -d '\r')" = ok ] || {
	echo "$name: QEMU $version: not ok" >&2
	exit 1
}
echo "${name//-/_}: $(grep -c '^dma: ' "$out") DMAs checked by QEMU $version"
