#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# As a new user would: an empty Debian 12 root, the packages of build/packages, a program by pkg-config and one by
# CMake, the command on what is shipped, its man page. Needs root for debootstrap and chroot; takes a few minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD/build/smoke
wrong() {
	echo "packages-smoke: $1" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || wrong "run it as root: it makes a root file system and works in it"
packages=$(find build/packages -maxdepth 1 -name '*.deb' 2>/dev/null | wc -l)
[ "$packages" = 3 ] || wrong "there are $packages packages in build/packages, not 3: make packages"
# as this machine gets its own packages
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' |
	awk '$2 == "bookworm" && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || wrong "apt has no source for bookworm main"

log=$(mktemp)
trap 'rm -f "$log"; rm -rf "$root"' EXIT
# quietly COMMAND...: its words only where it fails
quietly() {
	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 30 "$log" >&2
		wrong "$1 failed"
	}
}
inside() {
	chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} "$@"
}

echo "packages-smoke: an empty root"
rm -rf "$root"
mkdir -p build
quietly debootstrap --variant=minbase bookworm "$root" "$mirror"
mkdir "$root/iomt"
cp build/packages/*.deb "$root/iomt"

echo "packages-smoke: installing"
quietly inside sh -c 'apt-get install -y --no-install-recommends /iomt/*.deb'
! inside sh -c 'ldd /usr/bin/iomt' | grep 'not found' || wrong "iomt lacks a library"
quietly inside apt-get install -y --no-install-recommends gcc libc6-dev pkg-config cmake make man-db

echo "packages-smoke: a program by pkg-config, and by CMake"
cat >"$root/iomt/program.c" <<'PROGRAM'
#include <iomt/hosted.h>
#include <iomt/iomt.h>
int main(void)
{
	struct iomt_pt_cfg cfg = {sizeof(cfg), .format = &iomt_amdv1, .mem = &iomt_mem_heap, .iova_bits = 48};
	struct iomt_gather gather;
	struct iomt_pt pt;
	uint64_t oa = 0;
	iomt_gather_init(&gather);
	int err = iomt_pt_init(&pt, &cfg) || iomt_pt_map(&pt, 0x5000, 0x7000, 0x1000, IOMT_READ, &gather);
	return err || iomt_pt_oa(&pt, 0x5123, &oa) || oa != 0x7123;
}
PROGRAM
cat >"$root/iomt/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(program C)
find_package(iomt 0.1 REQUIRED COMPONENTS hosted)
add_executable(by_cmake program.c)
target_link_libraries(by_cmake PRIVATE iomt::hosted)
CMAKE
# shellcheck disable=SC2016
quietly inside sh -ec 'cd /iomt
	cc -Wall -Werror program.c -o by_pkg_config $(pkg-config --cflags --libs iomt-hosted) && ./by_pkg_config
	cmake -S . -B build && cmake --build build && build/by_cmake'

echo "packages-smoke: the command"
quietly inside iomt dump --image /usr/share/iomt/sample.core --unit amd --device-table 0x100000 --rid 00:1f.2
grep -q . "$log" || wrong "iomt dump says nothing of the sample"
quietly inside iomt plan /usr/share/iomt/server.yaml
status=0
inside iomt plan /usr/share/iomt/sample.core >"$log" 2>&1 || status=$?
[ "$status $(wc -l <"$log")" = '2 1' ] || wrong "iomt plan of what is no YAML: $status, $(cat "$log")"
quietly inside sh -c 'man iomt | cat'
grep -q 'page tables' "$log" || wrong "man iomt: $(cat "$log")"
for command in $(inside iomt --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	quietly inside sh -c "man iomt-$command | cat"
	grep -q -- '--json' "$log" || wrong "man iomt-$command: $(cat "$log")"
done
quietly inside sh -c 'man 7 iomt | cat'

echo "packages-smoke: removing"
quietly inside apt-get purge -y libiomt0 libiomt-dev iomt-tools
left=$(find "$root/usr" "$root/etc" -name '*iomt*')
[ -z "$left" ] || wrong "this is left: $left"
echo "packages-smoke: installed, used and removed in an empty Debian 12 root"
