#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian's Linux for small machines (27 MB), its image and VFIO's modules, into build/linux: nothing is installed.
# Without it guest.sh says so.
set -euo pipefail
cd "$(dirname "$0")/../.."

linux=build/linux
[ ! -f "$linux/vmlinuz" ] && [ "${IOMT_SKIP_DEPS:-0}" != 1 ] && command -v apt-get >/dev/null || exit 0
package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image.*\)/\1/p' | head -n 1)
[ -n "$package" ] || {
	echo "iomt: there is no linux-image-cloud-amd64 here" >&2
	exit 0
}
echo "iomt: fetching $package"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
(cd "$dir" && apt-get -qq -o APT::Sandbox::User=root download "$package" && dpkg -x ./*.deb .) || {
	echo "iomt: fetching $package failed" >&2
	exit 0
}
mkdir -p "$linux"
find "$dir/lib/modules" -regextype egrep \
	-regex '.*/(irqbypass|vfio|vfio_virqfd|vfio_iommu_type1|vfio-pci-core|vfio-pci)\.ko(\.xz)?' -exec cp {} "$linux" \;
find "$linux" -name '*.xz' -exec xz -df {} \;
cp "$dir"/boot/vmlinuz-* "$linux/vmlinuz"
