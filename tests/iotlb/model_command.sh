#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What iomt simulate makes, keeps and refuses: model_command.sh PROGRAM
set -euo pipefail

iomt=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

wrong() {
	echo "$1" >&2
	exit 1
}

simulate() {
	"$iomt" simulate "$@"
}

# refuses MESSAGE ARGUMENT...: status 2, one line with this message, and nothing on stdout
refuses() {
	local message=$1 status=0
	shift
	simulate "$@" >"$dir/out" 2>"$dir/err" || status=$?
	[ "$status" = 2 ] || wrong "$*: status $status"
	[ "$(wc -l <"$dir/err")" = 1 ] || wrong "$*: $(cat "$dir/err")"
	grep -qF -- "$message" "$dir/err" || wrong "$*: $(cat "$dir/err")"
	[ ! -s "$dir/out" ] || wrong "$*: $(cat "$dir/out")"
}

traffic=(traffic.kind=nvme traffic.mapping=deferred traffic.tenants=5 traffic.flags=8 traffic.items=5000
	traffic.item_bytes=0x8000)
# text, binary and back; the same figures from traffic and from either trace
simulate generate "${traffic[@]}" -o "$dir/text"
simulate convert "$dir/text" -b -o "$dir/binary"
simulate convert "$dir/binary" >"$dir/again"
cmp "$dir/text" "$dir/again"
simulate generate "${traffic[@]}" -b | cmp - "$dir/binary"
simulate run "${traffic[@]}" >"$dir/run"
simulate run -t "$dir/text" | cmp - "$dir/run"
simulate run -t "$dir/binary" | cmp - "$dir/run"
grep -qx 'maps,5000' "$dir/run" || wrong "$(cat "$dir/run")"

# the curve at one size is what an LRU IOTLB of that size misses
simulate curve "${traffic[@]}" -e 40 >"$dir/curve"
misses=$(simulate run "${traffic[@]}" iotlb0.sets=1 iotlb0.ways=40 | sed -n 's/^iotlb.misses,//p')
[ "$(sed -n 's/^40,[0-9]*,//p' "$dir/curve")" = "$misses" ] || wrong "the curve does not say $misses"

# every setting that is listed can be set, and says so
simulate settings -p hypertrio >"$dir/settings"
mapfile -t all <"$dir/settings"
simulate settings "${all[@]}" | cmp - "$dir/settings"
simulate presets | grep '^hypertrio' >/dev/null || wrong "no presets"

printf '1.0: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x0 size=4096\n%s\n' \
	'1.5: dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=0 attrs=' >"$dir/linux"
simulate import "$dir/linux" >"$dir/trace"
simulate import "$dir/linux" -o "$dir/again" >"$dir/said"
cmp "$dir/trace" "$dir/again"
grep -qx 'access 500000000000 0 0x100 1 - 0x1000 64 12 -' "$dir/trace" || wrong "$(cat "$dir/trace")"
grep -qx 'events: *2' "$dir/said" || wrong "$(cat "$dir/said")"
grep -qx 'unknown: *0' "$dir/said" || wrong "$(cat "$dir/said")"

# the same numbers as JSON, which says where a trace went
simulate run "${traffic[@]}" --json | sed -n 's/^  "\([a-z_]*\)": \([0-9]*\),\?$/\1,\2/p' >"$dir/json"
sed -n '2,/^last_ps/p' "$dir/run" | cmp - "$dir/json"
simulate run "${traffic[@]}" --json | grep '"misses": [1-9]' >/dev/null || wrong "no caches in JSON"
[ "$(simulate curve "${traffic[@]}" -e 40 --json | grep -c '"misses":')" = 40 ] || wrong "no curve in JSON"
simulate generate "${traffic[@]}" --json -o "$dir/again" | grep '"events": [1-9]' >/dev/null || wrong "no count"
cmp "$dir/text" "$dir/again"
simulate settings --json | grep '"traffic.items": "0x186a0"' >/dev/null || wrong "no settings in JSON"
simulate presets --json | grep '"name":"hypertrio"' >/dev/null || wrong "no presets in JSON"
simulate run "${traffic[@]}" -o "$dir/again" && cmp "$dir/run" "$dir/again"

# errors: each with its place and its reason
echo 'map: IOMMU: 1.0: map: IOMMU: iova=q' >"$dir/linux"
status=0
simulate import "$dir/linux" >/dev/null 2>"$dir/err" || status=$?
[ "$status" = 2 ] || wrong "import: status $status"
grep -q 'line 1: no number follows iova=' "$dir/err" || wrong "$(cat "$dir/err")"
sed '7s/access/axe/' "$dir/text" >"$dir/bad"
refuses 'line 7: there is no operation axe' run -t "$dir/bad"
head -c 1000 "$dir/binary" >"$dir/short"
refuses 'record 24: the file ends after 32 of its 40 bytes' run -t "$dir/short"
printf 'iomt-trace 1\naccess 0 0 0 0 - 0 1 12 -\naccess 0 7 0 0 - 0 1 12 -\n' >"$dir/unit"
refuses 'event 2: ' run -t "$dir/unit"
refuses 'No such file' run -t "$dir/none"
refuses 'there is no such setting' run iotlb0.wags=3
refuses 'it cannot be that' run iotlb0.ways=4294967296
refuses 'it cannot be that' run iotlb0.policy=mru
refuses 'iotlb: sets is not a power of two' run iotlb0.sets=3
refuses 'traffic.ring: it is not 1 to 65536' run traffic.ring=0
refuses 'there is no preset x' run -p x
refuses '0 has no end' generate traffic.items=0
# a file onto itself, which is as it was then
simulate generate traffic.items=20 -o "$dir/own"
cp "$dir/own" "$dir/kept"
ln -s own "$dir/link"
for what in convert import; do
	refuses 'it is the file that is read' $what "$dir/own" -o "$dir/link"
done
cmp "$dir/own" "$dir/kept"
refuses '0 has no end' run traffic.items=0
refuses '0 has no end' curve traffic.items=0
# files that are no lines: an end, and no more memory than a line has
limit=1000000
(ulimit -v $limit && "$iomt" --version >/dev/null 2>&1) || limit=unlimited # sanitizers reserve terabytes
(
	ulimit -v $limit
	for what in 'run -t' 'curve -t' convert import; do
		read -ra what <<<"$what"
		refuses 'line 1: it has a zero byte' "${what[@]}" /dev/zero
		refuses 'line 1: it is too long' "${what[@]}" /dev/stdin < <(tr '\0' x </dev/zero)
		refuses 'Is a directory' "${what[@]}" "$dir"
	done
)
refuses 'it needs an operand' import
refuses 'it takes no operand' run x
refuses 'no command is given' -b
refuses "no such command 'x'" x
refuses 'at least 1' curve -e 0
refuses 'is too large' curve -e 0x1000001
refuses 'a trace is no JSON' generate --json
refuses 'it cannot be written' generate -o /dev/full
refuses 'one word too many' import a b
echo "what it makes, keeps and refuses: all as it should be"
