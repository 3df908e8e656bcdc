#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests of a preset that is built: test.sh PRESET [flags of ctest...]. Then says what
# witnesses outside of the library have checked, and what could not run here.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
echo "iomt: running the tests ($preset)"
case $preset in
release | debug | amalgamated) ;;
*) export IOMT_TEST_TIMES="${IOMT_TEST_TIMES:-0.25}" ;; # slow: random runs are shorter
esac
results=build/$preset/results.xml
failed=0
ctest --preset "$preset" --output-junit results.xml "$@" || failed=1
# what the plain runners and the examples said: the others run the same, a process for each test
sed -n '/<testcase name="[a-z0-9_-]*\(\.plain\)\?"/,/<\/testcase>/p' "$results" |
	{ grep -oE '[a-z0-9_]+: .* checked by .*|[a-z0-9_]+: no .*|SKIPPED: .*|EXPECTED FAILURE: .*' || true; } |
	sort -u | sed 's/^/iomt: /; s/&apos;/'\''/g; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
exit $failed
