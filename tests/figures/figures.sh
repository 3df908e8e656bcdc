#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All figures are made, whole, and shown; those that were measured say what the run said:
# figures.sh PROGRAM
set -euo pipefail

program=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
out=$dir/out
mkdir "$out"

wrong() {
	echo "$1" >&2
	exit 1
}

# row NAME NANOSECONDS...: a benchmark of four operations, with a repetition for each time
row() {
	local name=$1 ns
	shift
	for ns in "$@"; do
		printf ',{"run_name": "%s", "run_type": "iteration", "time_unit": "ns", %s, "real_time": %d}\n' \
			"$name" '"ops": 4, "entries": 1' $((4 * ns))
	done
}

failure() {
	printf ',{"run_name": "%s", "run_type": "iteration", "error_occurred": true, "error_message": "out of memory"}\n' "$1"
}

rows() {
	local before
	row 'iotlb/lookup random 64/iomt' 3 4 5
	row 'iotlb/lookup random 16/iomt' 2
	row 'iotlb/lookup random 16/GHashTable' 20
	failure 'iotlb/lookup random 64/GHashTable'
	row 'iotlb/lookup random 16/list' 30
	# neither of these is a row of that figure
	row 'iotlb/lookup random 1024, 2 threads/iomt' 7
	row 'iotlb/lookup ring 256/iomt' 8
	row 'x/lookup random 16/iomt' 9
	row 'iotlb/forget 1 page of 256/GHashTable, SMMU' 700
	row 'iotlb/forget 1 page of 1024/GHashTable, SMMU' 3000
	for before in 'forget PASID of' 'forget domain of'; do
		row "iotlb/$before 1024 entries/iomt" 8
		row "iotlb/$before 4096 entries/iomt" 9
	done
}

unmaps() {
	local threads
	for threads in '16 threads' '2 threads' '1 thread'; do
		row "flush/unmap alone, $threads/iomt" 10
		row "flush/unmap, strict, $threads/iomt" 100
		row "flush/unmap, a queue each, $threads/iomt" 20
		row "flush/unmap, one queue, $threads/iomt" 40
	done
}

# the_run FUNCTION...: what they print, as a run
the_run() {
	local part
	echo '{"context": {"date": "2026-01-02T03:04:05", "machine": "a <b> & c", "commit": "abc"}, "benchmarks": [0'
	for part in "$@"; do
		"$part"
	done
	echo ']}'
}

the_run rows unmaps >"$out/benchmark.json"
"$program" "$out" >"$dir/said" 2>&1 || wrong "$(cat "$dir/said")"

figures=(policies rings reads link window pagesize packing flushes batch
	{commands,overshoot}-{amd,vtd,smmu,riscv} lookup forget-{page,pasid,domain} unmaps)
for name in "${figures[@]}"; do
	awk -F, 'NR == 1 { n = NF } NF != n || NF < 2 { exit 1 } END { exit NR < 3 }' "$out/$name.csv" ||
		wrong "$name is not whole"
	grep -q '</svg>' "$out/$name.svg" || wrong "$name has no plot"
	grep -q "src=\"$name.svg\"" "$out/index.html" || wrong "the page lacks $name"
	grep -q "href=\"$name.csv\"" "$out/index.html" || wrong "the page has no numbers of $name"
done
[ "$(find "$out" -name '*.csv' | wc -l)" = ${#figures[@]} ] || wrong "more figures than this knows of"
grep -q 'a &lt;b&gt; &amp; c, 2026-01-02\..*abc' "$out/index.html" || wrong "no machine, day or commit"

# medians; a target that failed is no point, and one that is nowhere no line
diff "$out/lookup.csv" - <<-'END'
	4K pages that are cached,iomt,GHashTable as in QEMU's VT-d,list as in DPDK's vhost
	16,2,20,30
	64,4,NaN,NaN
END
diff "$out/forget-page.csv" - <<-'END'
	4K pages that are cached,GHashTable as in its SMMU
	256,700
	1024,3000
END
# a thread's time, as what all do in a second
diff "$out/unmaps.csv" - <<-'END'
	threads,unmap alone,strict,deferred: a queue each,deferred: one queue
	1,100,10,50,25
	2,200,20,100,50
	16,1600,160,800,400
END

# a page is one command and nothing more; pairs of covers drop 1.4 at most, and SMMUv3's nothing in vain
for vendor in amd vtd smmu riscv; do
	grep -qx '1,1,1,1,1,1' "$out/commands-$vendor.csv" || wrong "$vendor: a page is more than one command"
	grep -qx '1,1,1,1,1,1,1' "$out/overshoot-$vendor.csv" || wrong "$vendor: a page drops more than itself"
	awk -F, 'NR == 1 { for (i = 2; i <= NF; i++) if ($i == "two covers: mean") two = i }
		NR > 1 && $two != "NaN" { n++; if ($two > 1.4) exit 1 } END { if (n < 18) exit 1 }' \
		"$out/overshoot-$vendor.csv" || wrong "$vendor: two covers drop more than 1.4"
done
awk -F, 'NR > 1 && $4 != 1 { exit 1 }' "$out/overshoot-smmu.csv" || wrong "SMMUv3 drops in vain"

# what cannot be made is said, and the rest is made
rm "$out"/*.csv "$out/index.html"
the_run rows >"$out/benchmark.json"
status=0
PATH=$dir "$program" "$out" >"$dir/said" 2>&1 || status=$?
[ "$status" = 1 ] || wrong "no gnuplot, no unmaps: status $status"
grep -q 'unmaps.csv: the run has nothing of it' "$dir/said" || wrong "$(cat "$dir/said")"
grep -q 'gnuplot is missing' "$dir/said" || wrong "$(cat "$dir/said")"
[ ! -e "$out/unmaps.csv" ] || wrong "numbers out of nothing"
for file in lookup.csv index.html; do
	[ -s "$out/$file" ] || wrong "$file was not made"
done

for bad in "" "$dir/none" "$dir"; do
	status=0
	# shellcheck disable=SC2086
	"$program" $bad >"$dir/said" 2>&1 || status=$?
	[ "$status" = 2 ] || wrong "status $status of: $bad"
	[ -s "$dir/said" ] || wrong "nothing said of: $bad"
done
echo "${#figures[@]} figures"
