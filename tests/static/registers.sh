#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The calls for one page restore no register: src/pgtable/entry.h says what that would cost.
# registers.sh COMPILER LIBRARY, which was built by it with -O2
#
# One does: a map in a RISC-V second stage, whose top table has two more bits of index and whose entries
# are shifted, needs a register more than there are.
set -euo pipefail

machine=$("$1" -dumpmachine)
if [[ $machine != x86_64* ]] || "$1" --version | grep -qi clang; then
	echo "SKIPPED: looks at what GCC makes for x86-64, not at $1 for $machine" >&2
	exit 77
fi
objdump -d --no-show-raw-insn "$2" | awk '
	/^[0-9a-f]+ <.*>:$/ {
		page = $2 ~ /^<iomt_[a-z0-9_]+_(cursor_)?(un)?map>:$/ && $2 !~ /^<iomt_(pt_|domain_|kernel_dma_|riscv_s2_map)/
		name = $2
		seen += page
	}
	page && $2 == "push" { print "restores a register: " name; bad = 1 }
	END {
		print seen " calls for one page"
		exit bad || seen < 4
	}'
