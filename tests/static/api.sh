#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/api.sh finds what has no words, and takes the words of the house's comments.
set -euo pipefail

for tool in doxygen xmllint; do
	command -v $tool >/dev/null || {
		echo "SKIPPED: no $tool (scripts/deps.sh api)"
		exit 77
	}
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/iomt"
printf 'IOMT_0 {\nglobal:\n\tiomt_a_init;\n\tiomt_a_next;\n\tiomt_amdv1_map;\nlocal:\n\t*;\n};\n' >"$dir/map"
cat >"$dir/whole.h" <<'END'
/* SPDX-License-Identifier: MIT */
/* A header. */
#ifndef A_H
#define A_H

/* flags */
#define IOMT_A_ONE 0x1u /* the first */
#define IOMT_A_TWO \
	0x2u /* the second */

/* What it is. */
enum iomt_a_kind {
	IOMT_A_GOOD, /* good */
	IOMT_A_BAD = /* bad */
		2,
};

/* A struct, with <tags> & signs. */
struct iomt_a {
	/* Two functions. */
	int (*one)(void *ctx, int a,
		   int b);
	int (*two)(void *ctx);

	unsigned b, c; /* both */
	long
		very_long; /* a name on a line of its own */
	int hidden_;

	/* private: not for you */
	int d;
};

/* All fields are private. */
struct iomt_b {
	int e;
};

/*
 * Makes one:
 *
 *	iomt_a_init(&a);
 */
int iomt_a_init(struct iomt_a *a);

/* The next, and how many. */
static inline int iomt_a_count(const struct iomt_a *a)
{
	int n = 0;

	return a ? n : 1;
}
int iomt_a_next(struct iomt_a *a);
int iomt_a_inner_(struct iomt_a *a,
		  int b);

/* A format. */
extern const int iomt_amdv1;
#endif
END
check() {
	scripts/api.sh check "$dir/iomt" "$dir/map" >"$dir/out" 2>&1
}

sed 's|^}$|&\n\n/* The next. */|' "$dir/whole.h" >"$dir/iomt/a.h"
check || {
	cat "$dir/out" >&2
	exit 1
}
# each name once, and none that is private
[ "$(sed -n 's/^iomt: \([0-9]*\) names.*/\1/p' "$dir/out")" -eq 16 ]

# mute NAME EDIT: without these words NAME is missed
mute() {
	sed 's|^}$|&\n\n/* The next. */|' "$dir/whole.h" | sed "$2" >"$dir/iomt/a.h"
	if check || ! grep -q "$1" "$dir/out"; then
		echo "$1 has no words, and nobody says so: $(cat "$dir/out")" >&2
		exit 1
	fi
}
mute IOMT_A_ONE 's| /\* the first \*/||'
mute IOMT_A_TWO 's| /\* the second \*/||'
mute IOMT_A_GOOD 's| /\* good \*/||'
mute iomt_a_kind 's|^/\* What it is. \*/||'
mute two 's|^\tint (\*two|\n&|'
mute '\<b\>' 's| /\* both \*/||'
mute very_long 's| /\* a name on.*||'
mute iomt_a_count 's|^/\* The next, and.*||'
mute iomt_a_next 's|^/\* The next. \*/||'
mute iomt_b 's|^/\* All fields.*||'
mute iomt_amdv1_map 's|iomt_amdv1;|iomt_other;|'
