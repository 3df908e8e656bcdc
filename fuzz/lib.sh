# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the scripts here share. Sourced with the top directory as the current one.
target_names() {
	echo ops exhaustion threads config translate planner flush model trace tlb tlb_threads ids \
		ids_history inspect pack domain pasid pasid_table device_table repack walk \
		walk_threads walk_device walk_cached tool
}

give_up() {
	echo "iomt: fuzz: $1" >&2
	exit 2
}

check_target() {
	[[ " $(target_names) " == *" $1 "* ]] || give_up "no such target: $1 ($(target_names))"
}

# 90, 90s, 5m, 2h, 1d
seconds() {
	local number=${1%[smhd]}
	[[ $number =~ ^[0-9]+$ ]] || give_up "not a time: $1 (90, 90s, 5m, 2h, 1d)"
	case $1 in
	*m) echo $((number * 60)) ;;
	*h) echo $((number * 3600)) ;;
	*d) echo $((number * 86400)) ;;
	*) echo "$number" ;;
	esac
}

# Inputs longer than this play no better: about 30 operations, or as many entries.
longest() {
	case $1 in
	config) echo 96 ;;
	repack) echo 176 ;;
	translate | model | trace) echo 1024 ;;
	planner) echo 448 ;;
	tlb | tlb_threads) echo 772 ;;
	ids) echo 962 ;;
	pasid_table | device_table) echo 386 ;;
	ids_history) echo 512 ;;
	pasid) echo 772 ;;
	inspect | pack | walk | walk_threads | walk_device | walk_cached) echo 520 ;;
	domain) echo 772 ;;
	tool) echo 20480 ;;
	*) echo 388 ;;
	esac
}

# build_targets BUILD TARGET...: what CMake calls them, in a directory that is configured on demand.
build_targets() {
	local build=$1 log
	shift
	log=$(mktemp)
	if ! {
		[ -f "$build/build.ninja" ] || cmake --preset fuzz -B "$build" -D IOMT_BUILD_FUZZ=ON
		cmake --build "$build" --target "$@"
	} >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		give_up "building failed"
	fi
	rm -f "$log"
}
