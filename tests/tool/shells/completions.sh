#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What three shells offer, against what iomt says that there is: completions.sh PROGRAM COMPLETIONS
set -euo pipefail

iomt=$(realpath "$1") completions=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
PATH=$(dirname "$iomt"):$PATH
cd "$dir"
touch machine.yaml

wrong() {
	echo "$1" >&2
	exit 1
}

# offers SHELL WORD...: what it offers for the last word, one a line
offers() {
	local shell=$1 line
	shift
	line="iomt $*"
	line=${line/ = /=} # of one word bash makes three
	case $shell in
	bash)
		# shellcheck disable=SC2016
		COMP_WORDBREAKS=' =' bash -c 'source /usr/share/bash-completion/bash_completion && source "$1" && shift
			compopt() { :; }
			COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
			shift
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
			_iomt iomt "${@: -1}" "${@: -2:1}"
			printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/iomt" "$line" iomt "$@"
		;;
	fish)
		fish --no-config -c "source '$completions/iomt.fish'; complete -C '$line'" | cut -f 1
		;;
	zsh)
		# its own functions show what they are given
		# shellcheck disable=SC2016
		zsh -fc 'compset() { :; }
			_files() { print -l *(N); }
			_values() { shift; print -l -- $@; }
			_describe() {
				local end=
				[[ $1 != -o ]] || shift
				[[ $3 != -S ]] || end=$4
				print -l -- ${(P)2} | sed "/^\$/d; s/:.*/$end/"
			}
			words=("${@[2,-1]}") CURRENT=$(($# - 1))
			source $1' zsh "$completions/_iomt" iomt "$@"
		;;
	esac | sort -u | sed '/^$/d'
}

# in all three shells: same EXPECTED WORD...
same() {
	local expected=$1 shell
	shift
	sort -u <<<"$expected" | sed '/^$/d' >"$dir.expected"
	[ -s "$dir.expected" ] || wrong "$*: nothing is expected"
	for shell in bash zsh fish; do
		if [[ $shell = fish && ${*: -1} = --*=* ]]; then
			offers $shell "$@" | sed 's/^--[a-z]*=//' # whole words
		else
			offers $shell "$@"
		fi | diff "$dir.expected" - >&2 || wrong "$shell: iomt $*"
	done
}
trap 'rm -rf "$dir" "$dir.expected"' EXIT

# as getopt has them, not the help
options() {
	"$iomt" "$@" --help | grep -oE '^ .*' | grep -oE '(^|[ ,])--[a-z-]+=?' | tr -d ' ,'
}

commands=$("$iomt" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
same "$commands" ''
same "$(options)" --
for command in $commands; do
	same "$(options "$command")" "$command" --
done
same $'run\ncurve\ngenerate\nconvert\nimport\npresets\nsettings' simulate ''
same "$("$iomt" decode --list --json | grep -o '"format":"[a-z0-9_]*"' | cut -d '"' -f 4)" decode ''
same machine.yaml plan ''
same machine.yaml plan --explain ''
same machine.yaml simulate import ''
[ "$(offers bash plan --color = a)" = $'always\nauto' ] || wrong "bash: $(offers bash plan --color = a)"
[ "$(offers fish plan --color=a)" = $'--color=always\n--color=auto' ] || wrong "fish: $(offers fish plan --color=a)"
[ "$(offers zsh plan --color=a)" = $'always\nauto\nnever' ] || wrong "zsh: $(offers zsh plan --color=a)"
[ "$(offers bash simulate run -p s)" = small ] || wrong "bash: $(offers bash simulate run -p s)"
[ "$(offers zsh simulate run -p s | grep -c .)" = 4 ] || wrong "zsh: $(offers zsh simulate run -p s)"
echo "bash, zsh and fish: $(wc -w <<<"$commands") commands with their options"
