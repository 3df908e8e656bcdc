#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs iomt-vfio on Linux in QEMU, where vfio-pci has an edu device behind an intel-iommu: guest.sh PROGRAM. Status 77
# where something is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

program=$1
linux=build/linux
missing() {
	echo "SKIPPED: vfio_linux: there is no $1"
	exit 77
}
for needed in qemu-system-x86_64 busybox cpio; do
	command -v "$needed" >/dev/null || missing "$needed"
done
[ -f "$linux/vmlinuz" ] || missing "$linux/vmlinuz (make kernels)"
[ -x "$program" ] || missing "$program"

# A file system in memory: the program and its libraries, VFIO's modules, and a shell that runs them.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=$dir/root
mkdir -p "$root"/{bin,dev,modules,proc,sys}
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$program" "$root/bin/iomt-vfio"
libraries() {
	{ ldd "$program" "$(command -v busybox)" || true; } 2>/dev/null |
		sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^\t\(\/[^ ]*\) (.*/\1/p' | sort -u
}
libraries | while read -r library; do
	mkdir -p "$root$(dirname "$library")"
	cp -L "$library" "$root$library"
done
cp "$linux"/*.ko "$root/modules"
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for module in irqbypass vfio vfio_virqfd vfio_iommu_type1 vfio-pci-core; do
	[ ! -f /modules/$module.ko ] || $b insmod /modules/$module.ko
done
$b insmod /modules/vfio-pci.ko ids=1234:11e8
/bin/iomt-vfio 0000:00:02.0 2>&1 && echo "linux $($b uname -r): status 0"
$b dmesg | $b grep -o 'Request device .* fault addr 0x[0-9a-f]*' | $b sort -u
$b poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$dir/initrd"

timeout 300 qemu-system-x86_64 -machine q35 -m 512M -accel tcg -nodefaults -no-user-config -no-reboot -display none \
	-serial stdio -device intel-iommu -device edu,addr=2 -kernel "$linux/vmlinuz" -initrd "$dir/initrd" \
	-append 'console=ttyS0 quiet loglevel=0 panic=-1 no_timer_check intel_iommu=on' </dev/null 2>"$dir/err" | tr -d '\r' | tee "$dir/out" || true
release=$(sed -n 's/^linux \([0-9.]*\).*: status 0$/\1/p' "$dir/out")
version=$(qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
if [ -z "$release" ]; then
	cat "$dir/err" >&2
	echo "iomt-vfio in QEMU $version: not ok" >&2
	exit 1
fi
echo "vfio_linux: $(grep -c '^dma: ' "$dir/out") DMAs checked by QEMU $version intel-iommu under Linux $release"
