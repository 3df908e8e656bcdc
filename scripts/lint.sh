#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Formatting, static analysis, and the rules of the house.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
step() {
	echo "iomt: lint: $1"
	shift
	"$@" || failed=1
}
mapfile -t code < <(git ls-files -co --exclude-standard '*.c' '*.h' '*.cc')
mapfile -t core < <(git ls-files -co --exclude-standard 'src/*.c')
mapfile -t shell < <(git ls-files -co --exclude-standard '*.sh' .ci/run)

lengths() {
	local bad=0 file lines limit
	for file in "${code[@]}"; do
		limit=800
		case $file in
		src/pgtable/amdv1.h | src/pgtable/x86_64.h | src/pgtable/vtd_ss.h) limit=350 ;;
		src/pgtable/arm_*.[ch] | src/pgtable/riscv*.[ch]) limit=350 ;;
		esac
		lines=$(wc -l <"$file")
		if [ "$lines" -gt "$limit" ]; then
			echo "$file has $lines lines, more than $limit"
			bad=1
		fi
	done
	return "$bad"
}

licences() {
	local bad=0 file
	for file in "${code[@]}" "${shell[@]}"; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
			echo "$file has no SPDX line"
			bad=1
		}
	done
	return "$bad"
}

# The engine names no format, a format walks nothing, only src/hosted knows an operating system.
doors() {
	local bad=0 engine formats
	formats='src/pgtable/(guest_)?(amdv1|x86_64|vtd_ss|arm_[a-z0-9]+|riscv[_s12]*|formats)\.[ch]$'
	engine=$(git ls-files -co --exclude-standard 'src/pgtable/*.[ch]' | grep -Ev "$formats")
	# shellcheck disable=SC2086
	if grep -nE 'amdv1|x86_64|vtd_ss|arm_(s1|s2|lpae)|riscv(_s[12]|\.h)' $engine; then
		echo "the engine names a format"
		bad=1
	fi
	if git ls-files -co --exclude-standard 'src/pgtable/*.[ch]' | grep -E "$formats" |
		xargs grep -nE 'pt_(walk|visit|child|load|store|replace)[a-z_]*\('; then
		echo "a format file walks"
		bad=1
	fi
	if git ls-files -co --exclude-standard 'src/*.[ch]' | grep -v '^src/hosted/' |
		xargs grep -nE '#include <' | grep -v '#include <iomt/'; then
		echo "the core includes what is not its own"
		bad=1
	fi
	# src/entry is there for the rooms that share it
	if grep -rnE '#include "(\.\./|pgtable/|iotlb/|pasid/|domain/|viommu/)' src | grep -vE '"\.\./entry/(entry|debug)\.h"'; then
		echo "a room includes another room's private header"
		bad=1
	fi
	return "$bad"
}

# What it says of headers that are not ours goes to stderr, as a count. Each format has all of the engine
# once more, half a minute for the analyzer: two of them are enough for that.
tidy() {
	local once='src/pgtable/(x86_64|vtd_ss|arm_s2|riscv_s[12])\.c$'
	printf '%s\n' "${core[@]}" | grep -Ev "$once" |
		xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/release 2>/dev/null &&
		printf '%s\n' "${core[@]}" | grep -E "$once" |
		xargs clang-tidy --quiet --checks='-clang-analyzer-*' -p build/release 2>/dev/null
}

# Pages that mandoc and groff take without a word. mandoc's opinions on style (lengths of lines) are not asked.
pages() {
	local bad=0 page words
	for page in build/release/tools/iomt/man/pages/man?/*.gz; do
		words=$(zcat "$page" | mandoc -Tlint -W warning 2>&1) || bad=1
		words+=$(man --warnings -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
		[ -z "$words" ] || {
			echo "$page: $words"
			bad=1
		}
	done
	return "$bad"
}

# GCC's, over what the others look at, and tools/. Of formats it makes a gigabyte each, and no end: they are clang-tidy's.
analyzer() {
	local formats='/src/pgtable/(guest_)?(amdv1|x86_64|vtd_ss|arm_[a-z0-9]+|riscv[_s12]*)\.c$'
	sed -n 's/^ *"command": "\(.*\)",$/\1/p' build/release/compile_commands.json | sed 's/\\\(.\)/\1/g' |
		grep -E -- "-c $PWD/(src|tools)/.*\.c\$" |
		grep -Ev "$formats" | awk '!seen[$NF]++ { print $0 " -O0 -fanalyzer -o /dev/null" }' |
		tr '\n' '\0' | (cd build/release && xargs -0 -P "$(nproc)" -n 1 sh -c)
}

scripts/build.sh release
step "lengths of files" lengths
step "licence lines" licences
step "doors between rooms" doors
step "clang-format" clang-format --dry-run -Werror "${code[@]}"
step "links" scripts/links.sh
step "words about every public name" scripts/api.sh check
# SC2317: functions that "step" calls look unreachable to shellcheck
step "shellcheck" shellcheck --exclude=SC2317 "${shell[@]}"
step "shellcheck of completions" shellcheck --shell=bash tools/iomt/completions/iomt
step "man pages" pages
step "cppcheck" cppcheck --quiet -j "$(nproc)" --error-exitcode=1 --inline-suppr --std=c11 \
	--enable=warning,performance,portability --suppress=missingInclude \
	--suppress=unusedStructMember -I include "${core[@]}"
step "clang-tidy" tidy
step "gcc -fanalyzer" analyzer
exit $failed
