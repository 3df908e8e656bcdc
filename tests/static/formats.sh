#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tables of docs/formats say what the library writes; one that says something else is found. The
# configurations there make tables: formats.sh FACTS COMPILER; CFLAGS are the build's, LIBS the libraries
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1" >"$dir/facts"
rules=tests/static/formats.awk
awk -f $rules "$dir/facts" docs/formats/*.md

# wrong WHAT EDIT: a page that is edited so is refused
wrong() {
	rm -rf "$dir/pages"
	cp -r docs/formats "$dir/pages"
	sed -i "$2" "$dir"/pages/*.md
	if cmp -s docs/formats/amdv1.md "$dir/pages/amdv1.md" ||
		awk -f $rules "$dir/facts" "$dir"/pages/*.md >"$dir/out" || ! grep -q "$1" "$dir/out"; then
		echo "$2: nobody minds" >&2
		exit 1
	fi
}
wrong 'amdv1, bits 62' '/bits: amdv1/,/^$/s/^| 62 |/| 63 |/'
wrong 'amdv1, bits 61' '/bits: amdv1/,/^$/{/^| 61 |/d}'
wrong 'amdv1, bits 60' '/bits: amdv1/,/^$/{/^| 60 |/s/SNOOP/READ/}'
wrong 'amdv1, bits 11' '/bits: amdv1/,/^$/s/^| 11:9 |/| 10:9 |/'
wrong 'amdv1, levels 0' '/levels: amdv1/,/^$/s/4K to 1M/4K to 2M/'
wrong 'amdv1, bits 0' '/bits: amdv1/d'

# the functions of each page make a table
read -ra libraries <<<"$LIBS -lpthread"
read -ra flags <<<"${CFLAGS:-} -std=c17 -Wall -Wextra -Werror -Iinclude"
made=0
for page in docs/formats/*.md; do
	# shellcheck disable=SC2016 # backquotes are what is looked for
	sed -n '/^```c$/,/^```$/p' "$page" | sed '/^```/d' >"$dir/page.c"
	[ -s "$dir/page.c" ] || continue
	mapfile -t makers < <(sed -n 's/^int \(make_[a-z0-9_]*\)(struct iomt_pt \*pt, const struct iomt_mem \*mem)$/\1/p' "$dir/page.c")
	[ ${#makers[@]} -gt 0 ]
	{
		cat "$dir/page.c"
		cat <<-'END'
			/* tables at 16 MiB: low enough for the hardware of every page */
			static _Alignas(0x10000) char memory[0x800000];
			static size_t used;
			static void *take(void *ctx, size_t bytes)
			{
				(void)ctx;
				used = (used + bytes - 1) & ~(bytes - 1);
				used += bytes;
				return used <= sizeof(memory) ? memory + used - bytes : NULL;
			}
			static void give(void *ctx, void *old, size_t bytes) { (void)ctx, (void)old, (void)bytes; }
		END
		[ "$page" != docs/formats/amdv1.md ] ||
			echo 'void top_changed(void *ctx, struct iomt_pt *pt) { (void)ctx; (void)pt; }'
		echo 'int main(void) { struct iomt_pt pt; struct iomt_mem mem = {.size = sizeof(mem), .alloc = take,'
		echo '.free = give, .phys_offset = 0x1000000ULL - (uintptr_t)memory};'
		for maker in "${makers[@]}"; do
			echo "if ($maker(&pt, &mem)) return 1;"
			echo 'if (iomt_pt_map(&pt, 0x200000, 0x200000, 0x10000, IOMT_READ, NULL)) return 2;'
			echo 'iomt_pt_destroy(&pt);'
		done
		echo 'return 0; }'
	} >"$dir/whole.c"
	"$2" "${flags[@]}" "$dir/whole.c" "${libraries[@]}" -o "$dir/whole"
	"$dir/whole" || {
		echo "$page: its configurations make no table" >&2
		exit 1
	}
	made=$((made + ${#makers[@]}))
done
echo "$made configurations"
