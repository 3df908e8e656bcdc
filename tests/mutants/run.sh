#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Plants the faults of tests/mutants/faults one at a time into a copy of the sources and reports
# which suite finds each: run.sh [NAME...]. Fails when fewer than 95 % are found, or a fault no
# longer fits the code.
set -euo pipefail
cd "$(dirname "$0")/../.."

faults=tests/mutants/faults
tree=build/mutants/tree
suites=(tiny plan cmd_amd cmd_vtd cmd_smmu cmd_riscv model model_path model_random model_traffic model_trace
	tlb tlb_ids tlb_random tlb_threads tlb_orders ring targets flush
	ids ids_memory ids_random ids_history ids_threads
	space space_sets space_memory space_random space_orders space_threads
	pasid_table pasid_table_live pasid_table_memory pasid_table_random
	device_table device_table_refused device_table_live device_table_memory device_table_random
	domain_attach domain_edges domain_bugs domain_random domain_refusals domain_sva domain_kernel_dma domain_nested domain_nested_walks domain_guest_commands
	domain_units domain_choice domain_choice_random
	pack pack_tables pack_random pack_round repack repack_random repack_large
	hosted_reclaim hosted_rcu hosted_rcu_threads hosted_pool hosted_wide hosted_threads hosted_huge hosted_node encoding_amdv1 encoding_x86_64
	encoding_vtd_ss encoding_arm_s1 encoding_arm_s2 encoding_riscv encoding_facts config errors sizes edges split protect gather
	dirty iterate translate cursor memory exhaustion formats gathers orders random threads litmus stress stress_paused
	walk_amdv1 walk_x86_64 walk_vtd_ss walk_arm walk_riscv walk_memory walk_own walk_threads walk_random
	walk_nested walk_cached walk_cached_threads walk_cached_random walk_cached_riscv
	device_amd device_vtd device_smmu device_riscv riscv_reference device_random
	walk_inspect walk_inspect_own walk_inspect_random
	tool_images tool_refused tool_units tool_formats tool_terminal tool_plan_random tool_decode
	decode_layouts decode_literals decode_tables decode_queues decode_records decode_walks)

# Sources and tests without what is built; a build that is fast to make, not to run.
prepare() {
	mkdir -p "$tree"
	rm -rf "${tree:?}"/{src,include,tests,cmake,bench,tools}
	cp -r src include tests cmake bench tools CMakeLists.txt "$tree"
	rm -rf build/mutants/{src,tools}
	cp -r src tools build/mutants # what each fault is taken out with
	cmake -S "$tree" -B build/mutants/build -G Ninja -DCMAKE_BUILD_TYPE=None \
		-DCMAKE_C_FLAGS=-O1 -DIOMT_BUILD_BENCH=OFF -DIOMT_BUILD_EXAMPLES=OFF \
		-DIOMT_WERROR=OFF >/dev/null
}

build() { # suite...
	cmake --build build/mutants/build --target "${@/%/.plain}" >build/mutants/log 2>&1
}

names() {
	sed -n 's/^=== //p' "$faults"
}

# plant NAME: applies a fault; 1 when its text is not there exactly once.
plant() {
	perl -e '
		my ($faults, $name, $tree) = @ARGV;
		local $/;
		open my $in, "<", $faults or die; my $all = <$in>;
		my ($body) = $all =~ /^=== \Q$name\E\n(.*?)(?=^=== |\z)/ms or exit 2;
		my ($file) = $body =~ /^\@ (\S+)/m;
		my $old = join "", $body =~ /^-(.*\n)/mg;
		my $new = join "", $body =~ /^\+(.*\n)/mg;
		open my $src, "<", "$tree/$file" or die; my $text = <$src>;
		my $count = () = $text =~ /\Q$old\E/g;
		exit 1 if $count != 1;
		$text =~ s/\Q$old\E/$new/;
		open my $out, ">", "$tree/$file" or die; print $out $text;
		print $file;
	' "$faults" "$1" "$tree"
}

fails() { # suite
	! timeout 120 "$(echo build/mutants/build/tests/*/"$1.plain")" --fail-fast >/dev/null 2>&1
}

# Sets "killer" to the first suite that fails, or to nothing when all pass; 1 when it does not compile.
# Who found a fault in the same file is asked first, and built alone.
declare -A likely
find_killer() { # file
	for killer in ${likely[$1]-}; do
		build "$killer" || return
		! fails "$killer" || return 0
	done
	build "${suites[@]}" || return
	for killer in "${suites[@]}"; do
		fails "$killer" || continue
		likely[$1]+=" $killer"
		return
	done
	killer=
}

prepare
find_killer nothing || { cat build/mutants/log >&2 && exit 1; }
[ -z "$killer" ] || { echo "the code fails without any fault: $killer" >&2 && exit 1; }
mapfile -t wanted < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else names; fi)
found=0
broken=0
for name in "${wanted[@]}"; do
	if ! file=$(plant "$name"); then
		echo "BROKEN    $name: the code has changed; change the fault too"
		broken=$((broken + 1))
		continue
	fi
	if ! find_killer "$file"; then
		echo "BROKEN    $name: does not compile"
		broken=$((broken + 1))
	elif [ -n "$killer" ]; then
		found=$((found + 1))
		printf 'found     %-40s by %s\n' "$name" "$killer"
	else
		echo "SURVIVES  $name"
	fi
	cp "build/mutants/$file" "$tree/$file"
done
echo "$found of ${#wanted[@]} faults found, $broken broken"
[ "$broken" -eq 0 ] && [ $((found * 100)) -ge $((${#wanted[@]} * 95)) ]
