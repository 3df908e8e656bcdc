#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests with coverage and reports the lines of src/ that they reach; fails under 95 %.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh coverage
find build/coverage -name '*.gcda' -delete
echo "iomt: running the tests for coverage"
IOMT_TEST_TIMES=0.25 ctest --preset coverage --output-log build/coverage/ctest.log >/dev/null || {
	cat build/coverage/ctest.log >&2
	exit 1
}
# claims.c has a source of the library again, built otherwise: gcovr cannot lay the two over each other
gcovr --root . --filter src/ --object-directory build/coverage --print-summary \
	--exclude-directories '.*/claims_cases.*' \
	--txt build/coverage/lines.txt --html-details build/coverage/index.html \
	--fail-under-line 95 >build/coverage/summary.txt || {
	cat build/coverage/lines.txt build/coverage/summary.txt
	echo "iomt: less than 95 % of the lines of src/ are covered" >&2
	exit 1
}
cat build/coverage/lines.txt build/coverage/summary.txt
