#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sessions with iomt, as documents show them in blocks of "console": each command is run and must say what
# stands below it: session.sh [--renew] IOMT SAMPLE DOCUMENT. --renew writes what they say into the document.
set -euo pipefail

renew=0
if [ "$1" = --renew ]; then
	renew=1
	shift
fi
iomt=$1 sample=$2 document=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ln -s "$iomt" "$dir/iomt"
export PATH="$dir:$PATH" NO_COLOR=1 LC_ALL=C
unset POSIXLY_CORRECT ARGP_HELP_FMT

inside=0 commands=0
while IFS= read -r line || [ -n "$line" ]; do
	case $line in
	'```console') inside=1 ;;
	'```') inside=0 ;;
	esac
	if [ $inside = 0 ] || [ "$line" = '```console' ]; then
		printf '%s\n' "$line"
		continue
	fi
	[[ $line == '$ '* ]] || continue # what a command said before
	printf '%s\n' "$line"
	command=${line#'$ '}
	(cd "$dir" && bash -c "${command//\/usr\/share\/iomt\//$(dirname "$sample")/}" 2>&1 </dev/null) || true
	commands=$((commands + 1))
done <"$document" >"$dir/now"

if [ $commands = 0 ]; then
	echo "session.sh: $document has no commands" >&2
	exit 1
fi
if [ $renew = 1 ]; then
	cp "$dir/now" "$document"
	exit 0
fi
diff -u "$document" "$dir/now" >&2 || {
	echo "session.sh: that is not what $document says; session.sh --renew writes it" >&2
	exit 1
}
echo "$commands commands said what $document says"
