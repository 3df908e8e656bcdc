/* SPDX-License-Identifier: MIT */
/*
 * AMD host tables. 48882, 2.2.3, "I/O Page Tables for Host Translations": figures of the PDE and the
 * PTE, tables of page sizes. AMD counts levels from 1.
 */
#include "decode_fields.h"

/* NextLevel, and whether the entry is present: next << 1 | PR. */
#define NEXT_AND(values) SELECT(values, P(0, 0, 0), P(11, 9, 1))
#define ABSENT		 NEXT_AND(0x5555)
#define PRESENT		 NEXT_AND(0xaaaa)
#define OF_TABLE	 NEXT_AND(0x2aa8)
#define OF_DEFAULT	 NEXT_AND(0x0002)
#define OF_SIZE		 NEXT_AND(0x8000)
#define OF_LEAF		 NEXT_AND(0x8002)
#define AT(level)	 SELECT(V(level), LEVEL(0))
#define UNKNOWN		 SELECT(V(6) | V(DECODE_NO_LEVEL), LEVEL(0))

static const struct decode_choice next_level[] = {
	{0, "a page of the level's own size"},
	{1, "a table of level 1, of 4K pages"},
	{2, "a table of level 2"},
	{3, "a table of level 3"},
	{4, "a table of level 4"},
	{5, "a table of level 5"},
	{6, "a table of level 6"},
	{7, "a page whose size is in the address"},
	{0},
};

/* A table is of a lower level than the entry. */
#define NEXT_LEVEL(level)                                                                          \
	{                                                                                          \
		CHOICE(11, 9, "NextLevel", next_level), .barred = 0x7fULL & ~(V((level) + 1) - 1), \
							IF(PRESENT), AND(AT(level))                \
	}
#define PAGE(level, size)                                                                 \
	{                                                                                 \
		ADDRESS(51, 12, 12, "PageAddress", "the page, of " size), IF(OF_DEFAULT), \
			AND(AT(level))                                                    \
	}

/* The eight sizes between the level's own and the next one's, as far as an address can say them. */
#define SIZES(level) (0x1feULL << (12 + 9 * (level)) & (V(53) - 1))
#define SIZED_PAGE(level)                                                                 \
	{                                                                                 \
		RANGE(51, 12, 12, "PageAddress", "the page"), .barred = ~SIZES(level),    \
							      IF(OF_SIZE), AND(AT(level)) \
	}

/* clang-format off */
static const struct decode_field fields[] = {
	{FLAG(0, "PR", "present|not present")},
	{IGNORED_BY(63, 1, "for software, as the entry is not present"), IF(ABSENT)},
	{IGNORED(4, 1), IF(PRESENT)},
	{FLAG(5, "A", "accessed|not accessed"), IF(PRESENT)},
	{FLAG(6, "D", "dirty|not dirty"), IF(OF_LEAF)},
	{IGNORED(8, 7), IF(OF_LEAF)},
	{IGNORED(8, 6), IF(OF_TABLE)},
	NEXT_LEVEL(0), NEXT_LEVEL(1), NEXT_LEVEL(2), NEXT_LEVEL(3), NEXT_LEVEL(4), NEXT_LEVEL(5),
	{CHOICE(11, 9, "NextLevel", next_level), IF(PRESENT),
	 AND(UNKNOWN)},
	{ADDRESS(51, 12, 12, "NextTableAddress", "the table"), IF(OF_TABLE)},
	SIZED_PAGE(0), SIZED_PAGE(1), SIZED_PAGE(2), SIZED_PAGE(3), SIZED_PAGE(4), SIZED_PAGE(5),
	{RANGE(51, 12, 12, "PageAddress", "the page"), IF(OF_SIZE), AND(UNKNOWN)},
	PAGE(0, "4K"), PAGE(1, "2M"), PAGE(2, "1G"), PAGE(3, "512G"), PAGE(4, "2^48"), PAGE(5, "2^57"),
	{ADDRESS(51, 12, 12, "PageAddress", "the page; --level tells its size"), IF(OF_DEFAULT),
	 AND(UNKNOWN)},
	{RESERVED(58, 52), IF(OF_LEAF)},
	{RESERVED(60, 52), IF(OF_TABLE)},
	{FLAG(59, "U", "untranslated accesses alone|"), IF(OF_LEAF)},
	{FLAG(60, "FC", "accesses are coherent, whatever the device asks for|"), IF(OF_LEAF)},
	{FLAG(61, "IR", "reads are allowed|no reads"), IF(PRESENT)},
	{FLAG(62, "IW", "writes are allowed|no writes"), IF(PRESENT)},
	{IGNORED(63, 63), IF(PRESENT)},
};
/* clang-format on */

static const char *const levels[] = {"AMD's level 1", "AMD's level 2", "AMD's level 3",
				     "AMD's level 4", "AMD's level 5", "AMD's level 6"};

ENTRY_FORMAT(amdv1, "AMD host page-table entry", "AMD 48882", "2.2.3", levels, true, fields);
