#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Man pages of iomt and each of its commands, out of what they say of themselves and COMMAND.h2m here, if there is
# one, by help2man: make.sh PROGRAM VERSION DATE DIRECTORY
set -euo pipefail

iomt=$(realpath "$1") version=$2 date=$3 out=$4
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# lines are filled by who shows them
export LC_ALL=C ARGP_HELP_FMT=rmargin=1000,opt-doc-col=48,header-col=0,no-dup-args-note

# page NAME ABOUT WORD...: what "iomt WORD..." says
page() {
	local name=$1 about=$2 include=()
	shift 2
	printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$iomt" "$*" >"$dir/$name"
	chmod +x "$dir/$name"
	# without its options, which follow
	{
		printf '[=SYNOPSIS]\n.B %s\n' "${*:+iomt }${*:-iomt}"
		"$iomt" "$@" --help | sed -n "s/^Usage: iomt${*:+ $*}//p" |
			sed -E 's/ \[-[^]]*\]//g; s/^ *//; s/([A-Z]{2,})/\\fI\1\\fR/g; s/^/\\\&[\\fIOPTION\\fR...] /; s/ $//'
		cat "$here/common.h2m"
		printf '\n[SEE ALSO]\n'
		sed -E "/^$name\$/d; s/.*/.BR & (1),/" "$dir/names"
		printf '.BR iomt (7)\n'
	} >"$dir/include"
	[ ! -f "$here/$name.h2m" ] || include=(--include "$here/$name.h2m")
	help2man --no-info --section=1 --name="$about" --version-string="$version" --source="iomt $version" \
		--manual="I/O page tables" --include "$dir/include" "${include[@]}" "$dir/$name" |
		sed "s/^\(.TH [^ ]* \"1\" \)\"[^\"]*\"/\1\"$date\"/" | gzip -9n >"$out/man1/$name.1.gz"
}

rm -rf "$out"
mkdir -p "$out/man1" "$out/man7"
"$iomt" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1 \2/p' >"$dir/commands"
[ -s "$dir/commands" ] || {
	echo "make.sh: $iomt lists no commands" >&2
	exit 1
}
{
	echo iomt
	sed 's/ .*//; s/^/iomt-/' "$dir/commands"
} >"$dir/names"
page iomt 'I/O page tables, device tables and IOTLBs'
while read -r command about; do
	page "iomt-$command" "$about" "$command"
done <"$dir/commands"
sed "s/^\.Dd .*/.Dd $date/" "$here/iomt.7" | gzip -9n >"$out/man7/iomt.7.gz"
