#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what the named groups need and is not there yet: deps.sh GROUP...
set -euo pipefail

packages() {
	case $1 in
	build) echo cmake ninja-build gcc libc6-dev python3 ;;
	test) echo g++ clang abigail-tools libcriterion-dev pkg-config gcc-aarch64-linux-gnu gcc-riscv64-linux-gnu binutils \
		qemu-system-x86 qemu-system-arm qemu-system-misc libclang-rt-14-dev libhwloc-dev libjemalloc-dev \
		liburcu-dev libcjson-dev libelf-dev libyaml-dev libgsl-dev gnuplot-nox chromium busybox-static cpio \
		help2man bash-completion zsh fish ;;
	bench) echo g++ libbenchmark-dev libroaring-dev libhwloc-dev libjemalloc-dev libcjson-dev libgsl-dev \
		libglib2.0-dev pkg-config gnuplot-nox ;;
	counts) echo valgrind ;;
	api) echo doxygen libxml2-utils ;;
	pictures) echo graphviz ;;
	builds) echo jq clang ;;
	peers) echo linux-source-6.12 xz-utils ;;
	fuzz) echo clang libclang-rt-14-dev afl++ pkg-config libcjson-dev libelf-dev libyaml-dev ;;
	aarch64) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user ;;
	i386) echo gcc-i686-linux-gnu libc6-dev-i386-cross ;;
	lint) echo clang-format clang-tidy cppcheck shellcheck help2man mandoc man-db ;;
	packages) echo dpkg-dev file lintian ;;
	smoke) echo debootstrap ;;
	coverage) echo gcovr ;;
	*)
		echo "deps.sh: no such group: $1; groups: $(sed -n 's/^\t\([a-z0-9]*\)) echo .*/\1/p' "$0" | xargs)" >&2
		exit 2
		;;
	esac
}

wanted=()
for group in build "$@"; do
	read -ra names <<<"$(packages "$group")"
	wanted+=("${names[@]}")
done

if [ "${IOMT_SKIP_DEPS:-0}" = 1 ]; then
	exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "This is not a Debian system. Please install what Debian calls:" >&2
	printf '  %s\n' "${wanted[@]}" | sort -u >&2
	echo "and run again with IOMT_SKIP_DEPS=1." >&2
	exit 1
fi

missing=()
for name in "${wanted[@]}"; do
	state=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)
	[ "$state" = installed ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "iomt: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "Please install as root: apt-get install ${missing[*]}" >&2
		exit 1
	}
	as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
	"${as_root[@]}" apt-get update -qq &&
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends "${missing[@]}"
} >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "iomt: installing failed" >&2
	exit 1
fi
# what was configured before does not know of them: build.sh looks at this
mkdir -p "$(dirname "$0")/../build"
touch "$(dirname "$0")/../build/.installed"
