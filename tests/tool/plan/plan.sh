#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# iomt plan: machines with what it says of them, and files that it refuses: plan.sh PROGRAM [--renew]
set -euo pipefail

iomt=$1 renew=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$here"

wrong() {
	echo "$1" >&2
	exit 1
}

# says CODE FILE ARGUMENT...: what is in FILE, and this exit code
says() {
	local code=$1 file=$2 status=0
	shift 2
	"$iomt" plan "$@" >"$dir/out" 2>"$dir/err" || status=$?
	[ ! -s "$dir/err" ] || wrong "plan $*: $(cat "$dir/err")"
	[ "$status" = "$code" ] || wrong "plan $*: exit code $status, not $code"
	[ -z "$renew" ] || cp "$dir/out" "$file"
	diff -u "$file" "$dir/out" >&2 || wrong "plan $*: not as in $file"
}

says 0 server.text ../../../tools/iomt/server.yaml
says 0 server.json --json ../../../tools/iomt/server.yaml
says 0 server.explained --explain --quiet ../../../tools/iomt/server.yaml
says 1 conflicts.text conflicts.yaml
says 1 conflicts.json --json conflicts.yaml
says 0 arm.text arm.yaml
says 1 vtd.text vtd.json

# followed SED DOMAIN: a change of conflicts.yaml as it was advised leaves no conflict of this domain's format or place
followed() {
	sed -E "$1" conflicts.yaml >"$dir/machine"
	! cmp -s conflicts.yaml "$dir/machine" || wrong "$1 changes nothing"
	"$iomt" plan --quiet "$dir/machine" >"$dir/out" || true
	if grep -E "^conflict +$2 " "$dir/out" >&2; then
		wrong "$1 did not help"
	fi
	grep -qE " $2\$" "$dir/out" || wrong "$1: $2 is attached nowhere"
}

followed 's/format: amdv1/format: x86_64/' jobs
followed 's/^domains:/&\n  idle: {kind: identity, devices: qat}/' proc
followed 's/(wide: .devices: \[accel), legacy\], pasid: 5/\1], pasid: 5, rid: true/; /  host:/d' wide
followed 's/(tracked: .devices: \[)legacy, /\1/; s/, tenant: red//' tracked
followed 's/(narrow-1: .*)pasid: any/\1/; /  guest:/d' narrow-2

# what the documents show can be planned
# shellcheck disable=SC2016
sed -n '/^```yaml$/,/^```$/p' ../../../docs/plan.md | grep -v '^```' >"$dir/machine"
"$iomt" plan "$dir/machine" >/dev/null
sed -n '/^units:/,/^\.fi/p' ../../../tools/iomt/man/iomt-plan.h2m | grep -v '^\.fi' >"$dir/machine"
"$iomt" plan "$dir/machine" >/dev/null

# refuses REASON [FILE]: exit code 2, one line with the place and this reason, nothing on stdout
refuses() {
	local reason=$1 file=${2:-$dir/machine} status=0
	"$iomt" plan "$file" >"$dir/out" 2>"$dir/err" || status=$?
	[ "$status" = 2 ] || wrong "$reason: exit code $status"
	[ ! -s "$dir/out" ] || wrong "$reason: $(cat "$dir/out")"
	[ "$(wc -l <"$dir/err")" = 1 ] || wrong "$reason: $(cat "$dir/err")"
	[ "$(cat "$dir/err")" = "iomt: $file: $reason" ] || wrong "$reason: $(cat "$dir/err")"
}

good='units: {u: {is: amd-gio}}
devices: {d: {unit: u, rid: "01:00.0", pasid_bits: 4}, e: {unit: u, rid: 0x200}}
domains: {a: {devices: [d, e]}}'
printf '%s' "$good" >"$dir/machine"
"$iomt" plan "$dir/machine" >/dev/null

# changed SED REASON: the good file with a change
changed() {
	sed "$1" <<<"$good" >"$dir/machine"
	refuses "$2"
}

changed 's/amd-gio/amdv2/' "line 1: units.u.is: 'amdv2' is none of: amd amd-gt amd-gio vtd-legacy vtd-scalable smmu-s1 smmu-s2 smmu smmu-full"
changed 's/is: amd-gio/pasid_bits: 4/' "line 1: units.u: 'is' is missing"
changed 's/is: amd-gio/is: amd-gio, domain_bits: 8/' 'line 1: units.u: domain_bits: AMD 16, VT-d 4 to 16, else 0'
changed 's/is: amd-gio/is: amd-gio, stage2: {formats: x86_64, levels: 4}/' 'line 1: units.u: stage[1].formats: not formats of this stage'
changed 's/is: amd-gio/is: amd-gio, stage1: off/' "line 1: units.u.stage1: it is 'none' or fields"
changed 's/is: amd-gio/is: amd-gio, stage2: {formats: vtd_ss}/' "line 1: units.u.stage2.formats: the unit's vendor has no format 'vtd_ss', or it is there already; 'iomt formats' lists them"
changed 's/is: amd-gio/is: amd-gio, stage2: {page_sizes: 3K}/' "line 1: units.u.stage2.page_sizes: '3K' is no page size, such as 4K, 2M or 1G"
changed 's/is: amd-gio/is: amd-gio, stage2: {levels: [4, 7]}/' 'line 1: units.u.stage2.levels: 7 is not 1 to 6'
changed 's/unit: u,/unit: v,/' "line 2: devices.d.unit: there is no unit 'v'"
changed 's/"01:00.0"/1:0/' "line 2: devices.d.rid: '1:0' is no requester id, such as 3a:00.1"
changed 's/"01:00.0"/"01:20.0"/' "line 2: devices.d.rid: '01:20.0' is no requester id, such as 3a:00.1"
changed 's/"01:00.0"/"1:-1.0"/' "line 2: devices.d.rid: '1:-1.0' is no requester id, such as 3a:00.1"
changed 's/"01:00.0"/" 1:0.0"/' "line 2: devices.d.rid: ' 1:0.0' is no requester id, such as 3a:00.1"
changed 's/"01:00.0"/0x10000/' 'line 2: devices.d: id: requester ids have 16 bits'
changed 's/0x200/"0000:01:00.0"/' "line 2: devices.e.rid: it is the requester id of 'd' already; what cannot be told apart is one device"
changed 's/"01:00.0"/[1, 1]/' "line 2: devices.d.rid: it is the requester id of 'd' already; what cannot be told apart is one device"
changed 's/"01:00.0"/[]/' 'line 2: devices.d.rid: 1 to 4096 requester ids, of all devices'
changed 's/pasid_bits: 4/pasid_bits: 21/' 'line 2: devices.d.pasid_bits: 21 is not 0 to 20'
changed 's/pasid_bits: 4/pasid_bits: -1/' "line 2: devices.d.pasid_bits: '-1' is no number"
changed 's/pasid_bits: 4/pasid_bits: {}/' 'line 2: devices.d.pasid_bits: a plain word or number is expected here'
changed 's/pasid_bits: 4/has: pri/' 'line 2: devices.d: flags: PRI needs ATS'
changed 's/pasid_bits: 4/trusted: maybe/' "line 2: devices.d.trusted: 'maybe' is neither true nor false"
changed 's/pasid_bits: 4/regions: [{first: 2, last: 1, kind: hole}]/' 'line 2: devices.d.regions: it ends before it begins'
changed 's/pasid_bits: 4/regions: [{first: 2, kind: hole}]/' "line 2: devices.d.regions: 'last' is missing"
changed 's/pasid_bits: 4/speed: 4/' "line 2: devices.d: no such field 'speed'; there are: unit rid pasid_bits dma_bits has needs trusted group tenant regions"
changed 's/e: {unit/d: {unit/' "line 2: devices: 'd' is there twice"
changed 's/e: {unit/"e\\e": {unit/' "line 2: devices: 'e?' is no name: 1 to 64 letters, digits, . _ : @ / + -"
changed 's/\[d, e\]/[d, f]/' "line 3: domains.a.devices: there is no device 'f'"
changed 's/\[d, e\]/[d, d]/' "line 3: domains.a.devices: 'd' is there twice"
changed 's/\[d, e\]/[]/' 'line 3: domains.a.devices: 1 to 32768 places of all domains'
changed 's/\[d, e\]/d, pasid: 0/' 'line 3: domains.a.pasid: 0 is not 1 to 1048575'
changed 's/\[d, e\]/d, pasid: 3, needs: no-pasid/' 'line 3: domains.a: it has a pasid, and needs no-pasid'
changed 's/\[d, e\]/d, rid: true/' 'line 3: domains.a: rid and pasid_bits belong to a pasid'
changed 's/\[d, e\]/d, kind: identity, pasid: any/' 'line 3: domains.a: an identity domain takes no pasid here'
changed 's/\[d, e\]/d, format: arm_s1_4k/' "line 3: domains.a.format: units of 'd' have no format 'arm_s1_4k'; 'iomt formats' lists them"
changed 's/\[d, e\]/d, format: /' "line 3: domains.a.format: units of 'd' have no format ''; 'iomt formats' lists them"
changed 's/domains:/domain:/' "line 3: no such field 'domain'; there are: units devices domains"
changed '3d' "line 1: 'domains' is missing"
changed '3s/{a.*/{}/' 'line 3: domains: there is none'
changed '3s/{a.*/7/' 'line 3: domains: names with values are expected here'
changed '1s/^/- /' "line 2: while parsing a block collection: did not find expected '-' indicator"
changed '3s/}}$/}/' 'line 4: while parsing a flow mapping: did not find expected '"','"' or '"'}'"
changed '3s/$/\n---\nunits: {}/' 'line 5: a second document begins here'
changed 's/unit: u,/unit: *u,/' 'line 2: found undefined alias'
: >"$dir/machine"
refuses "it is empty; 'units', 'devices' and 'domains' are expected"
printf 'units: \000' >"$dir/machine"
refuses 'line 1: control characters are not allowed'
printf 'units:\n u: {is: amd}\n#\001' >"$dir/machine"
refuses 'line 3: control characters are not allowed'
printf 'units: \377\376' >"$dir/machine"
refuses 'line 1: invalid leading UTF-8 octet'
head -c 1048577 /dev/zero | tr '\0' '#' >"$dir/machine"
refuses 'it has more than 1048576 bytes'
refuses 'No such file or directory' "$dir/none"
refuses 'Is a directory' "$dir"
# an alias of what it is in: cut off where a field is expected
printf 'units: &u {u: {is: amd}}\ndevices: {d: &d {unit: u, rid: 1, regions: [*d]}}\ndomains: *u\n' >"$dir/machine"
refuses "line 2: devices.d.regions: no such field 'unit'; there are: first last kind"
# an alias makes no second of a name
changed '3s/{a.*/{a: \&a {devices: d}, a: *a}/' "line 3: domains: 'a' is there twice"
# what libyaml would take its time for
head -c 1000000 /dev/zero | tr '\0' '[' >"$dir/machine"
refuses 'line 1: more than 16 lists and names within one another'
for ((i = 0; i < 60000; i++)); do
	echo "- &a$i 1"
done >"$dir/machine"
refuses 'line 1025: more than 1024 anchors'
# as many as there may be, and more
{
	echo 'units: {u: {is: amd}}'
	echo 'devices:'
	for ((i = 0; i <= 4096; i++)); do
		echo " d$i: {unit: u, rid: $i}"
	done
	echo 'domains: {a: {devices: d0}}'
} >"$dir/machine"
refuses 'line 3: devices: 4097 are more than 4096'
echo "what it plans and refuses: all as it should be"
