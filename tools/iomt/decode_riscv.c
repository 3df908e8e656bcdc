/* SPDX-License-Identifier: MIT */
/*
 * RISC-V page-table entries: Privileged Architecture, "Sv39" to "Sv57", "Svnapot", "Svpbmt",
 * "Svrsw60t59b"; second stages by "Two-Stage Address Translation".
 */
#include "decode_fields.h"

/* Level and R, W, X: level << 3 | XWR. */
#define OF(values)   SELECT(values, P(3, 1, 0), LEVEL(3))
#define ROW(level)   (0xfeULL << 8 * (level)) /* leaves of a level */
#define TABLE	     OF(0x0101010101)
#define LEAF	     OF(0xfefefefefe)
#define LEAVES(l)    OF(ROW(l))
#define LARGE	     OF(0xfefefefe00)
#define PRESENT	     SELECT(V(1) | V(3), P(0, 0, 0), P(63, 63, 1))
#define PRESENT_ONE  SELECT(V(1), P(0, 0, 0), P(63, 63, 1)) /* and N is clear */
#define PRESENT_MANY SELECT(V(3), P(0, 0, 0), P(63, 63, 1))

static const struct decode_choice rights[] = {
	{0, "a table"},
	{1, "a page: read"},
	{3, "a page: read, write"},
	{4, "a page: execute"},
	{5, "a page: read, execute"},
	{7, "a page: read, write, execute"},
	{0},
};
static const struct decode_choice types[] = {
	{0, "as the physical memory attributes say"}, {1, "non-cacheable"}, {2, "I/O"}, {0}};
static const struct decode_choice napots[] = {{8, "a page of 64K, in sixteen entries"}, {0}};

/* clang-format off */
#define LARGE_PAGE(level, low, size)						\
	{RESERVED_BY((low) - 1, 10, "the page is not at a multiple of " size),	\
	 IF(PRESENT), AND(LEAVES(level))},	\
	{ADDRESS(53, low, (low) + 2, "PPN", "the page, of " size),	\
	 IF(PRESENT), AND(LEAVES(level))}

#define SHARED									\
	{FLAG(0, "V", "valid|not valid")},					\
	{IGNORED_BY(63, 1, "for software, as the entry is not valid"), IF(CLEAR(0))},	\
	{CHOICE(3, 1, "XWR", rights), IF(PRESENT), .barred = 0, AND(SELECT(0x1e, LEVEL(0)))},	\
	{CHOICE(3, 1, "XWR", rights), IF(PRESENT), .barred = 1, AND(SELECT(0x01, LEVEL(0)))},	\
	{RESERVED(4, 4), IF(PRESENT), AND(TABLE)},				\
	{FLAG(6, "A", "accessed|not accessed: a fault, unless hardware sets it"),	\
	 IF(PRESENT), AND(LEAF)},	\
	{FLAG(7, "D", "dirty|not dirty: writes fault, unless hardware sets it"),	\
	 IF(PRESENT), AND(LEAF)},	\
	{RESERVED(7, 6), IF(PRESENT), AND(TABLE)},				\
	{IGNORED_BY(9, 8, "for software (RSW)"), IF(PRESENT)},			\
	{ADDRESS(53, 10, 12, "PPN", "the table"), IF(PRESENT), AND(TABLE)},	\
	{ADDRESS(53, 10, 12, "PPN", "the page, of 4K"), IF(PRESENT_ONE), AND(LEAVES(0))},	\
	{CHOICE(13, 10, "PPN[3:0]", napots), IF(PRESENT_MANY), AND(LEAVES(0))},	\
	{ADDRESS(53, 14, 16, "PPN", "the page, of 64K"), IF(PRESENT_MANY), AND(LEAVES(0))},	\
	LARGE_PAGE(1, 19, "2M"), LARGE_PAGE(2, 28, "1G"), LARGE_PAGE(3, 37, "512G"),	\
	LARGE_PAGE(4, 46, "256T"),						\
	{RESERVED(58, 54), IF(PRESENT)},					\
	{NUMBER(60, 59, "RSW", "for software with Svrsw60t59b; else reserved"), IF(PRESENT)},	\
	{CHOICE(62, 61, "PBMT", types), IF(PRESENT), AND(LEAF)},		\
	{RESERVED(62, 61), IF(PRESENT), AND(TABLE)},				\
	{FLAG(63, "N", "one of a naturally aligned run|"), IF(PRESENT), AND(LEAVES(0))},	\
	{RESERVED_BY(63, 63, "there are no runs of this level"), IF(PRESENT), AND(LARGE)},	\
	{RESERVED(63, 63), IF(PRESENT), AND(TABLE)}

static const struct decode_field first_fields[] = {
	SHARED,
	{FLAG(4, "U", "users may access|users may not"), IF(PRESENT), AND(LEAF)},
	{FLAG(5, "G", "global|"), IF(PRESENT)},
};

static const struct decode_field second_fields[] = {
	SHARED,
	{FLAG(4, "U", "as it must be|every access faults: they count as a user's"),
	 IF(PRESENT), AND(LEAF)},
	{IGNORED_BY(5, 5, "G, which software should clear"), IF(PRESENT)},
};
/* clang-format on */

static const char *const levels[] = {"i = 0", "i = 1", "i = 2", "i = 3", "i = 4"};

ENTRY_FORMAT(riscv_s1, "RISC-V page-table entry, first stage", "RISC-V Privileged Architecture",
	     "Sv39, Sv48, Sv57", levels, false, first_fields);
ENTRY_FORMAT(riscv_s2, "RISC-V page-table entry, second stage", "RISC-V Privileged Architecture",
	     "Two-Stage Address Translation", levels, false, second_fields);
