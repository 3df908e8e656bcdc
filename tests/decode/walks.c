/* SPDX-License-Identifier: MIT */
/*
 * Random page-table entries: what iomt decode says is reserved is a fault of reserved bits for the library's
 * walkers, and nothing else is. Arm's walkers ignore what is RES0, as hardware may, and are not asked.
 */
#include "../walk/guest.h"
#include "explained.h"
#include "random.h"

/* Tables above the entry are at these addresses, from the level of the top down. */
#define TABLE_AT(level) (0x10000ULL + 0x4000 * (level))

struct walked {
	const char *name;
	const struct iomt_walk_format *format;
	uint64_t table; /* bits of an entry that points to a table; RISC-V has addresses at 10 */
	uint32_t flags;
	uint8_t levels;
	bool riscv;
	bool amdv1;
};

static const struct walked formats[] = {
	{"amdv1", &iomt_walk_amdv1, 1 | 3ULL << 61, 0, 5, false, true},
	{"x86_64", &iomt_walk_x86_64, 7, IOMT_WALK_NX, 5, false, false},
	{"vtd_ss", &iomt_walk_vtd_ss, 3, IOMT_WALK_SNOOP, 5, false, false},
	{"riscv_s1", &iomt_walk_riscv_s1, 1, IOMT_WALK_PBMT | IOMT_WALK_SOFTWARE, 5, true, false},
	{"riscv_s2", &iomt_walk_riscv_s2, 1, IOMT_WALK_PBMT | IOMT_WALK_SOFTWARE, 5, true, false},
};

static struct guest guest;

/* The entry at a level of tables whose other entries, in slot 0, lead there. */
static int walk_to(const struct walked *walked, unsigned level, uint64_t entry,
		   struct iomt_walk_fault *fault)
{
	struct iomt_walk_cfg cfg = {
		.size = sizeof(cfg),
		.format = walked->format,
		.mem = &guest.mem,
		.root = TABLE_AT(walked->levels - 1u),
		.flags = walked->flags,
		.levels = walked->levels,
		.oa_bits = walked->riscv ? 56 : 52,
	};
	struct iomt_pt_cfg_error error;
	struct iomt_walk_leaf leaf;
	struct iomt_walker walker;

	for (unsigned above = walked->levels - 1u; above > level; above--) {
		uint64_t table = TABLE_AT(above - 1);

		guest.words[(TABLE_AT(above) - GUEST_BASE) / 8] =
			walked->table | (walked->riscv ? table >> 2 : table) |
			(walked->amdv1 ? (uint64_t)above << 9 : 0);
	}
	guest.words[(TABLE_AT(level) - GUEST_BASE) / 8] = entry;
	CHECK_MSG(!iomt_walker_init(&walker, &cfg, &error), "%s: %s", error.field, error.reason);
	return iomt_walk(&walker, 0, IOMT_READ, &leaf, fault);
}

/* Few bits, present, often with an address that is aligned. */
static uint64_t some_entry(struct random *random, const struct walked *walked)
{
	uint64_t entry = random_next(random) & random_next(random);

	if (random_next(random) & 1)
		entry &= random_next(random) & random_next(random);
	if (random_next(random) & 1)
		entry &= ~(0x3ffffffULL << 10);
	if (walked->riscv && random_next(random) & 1)
		entry |= 0xce;
	if (walked->amdv1 && random_next(random) & 1) /* a size, of any level */
		entry |= 7 << 9 | ((1ULL << random_below(random, 41)) - 1) << 12;
	if (walked->format == &iomt_walk_vtd_ss)
		entry &= ~(1ULL << 62); /* TM: of some units, and of their leaves */
	return entry | 1;
}

static void reserved_where_walkers_fault(void)
{
	uint64_t agreed[2] = {0, 0};
	struct random random;

	guest_open(&guest, true);
	random_init(&random, 1);
	for (uint64_t i = 0; i < random_times(200000); i++) {
		const struct walked *walked = &formats[i % (sizeof(formats) / sizeof(formats[0]))];
		unsigned level = (unsigned)random_below(&random, walked->levels);
		uint64_t entry = some_entry(&random, walked);
		struct explained e = explain(walked->name, level, &entry);
		struct iomt_walk_fault fault = {.kind = 0};
		bool wrong = reserved(&e), refused;

		walk_to(walked, level, entry, &fault);
		/* a fault of this very entry */
		refused = fault.level == level && (fault.kind == IOMT_WALK_FAULT_RESERVED ||
						   fault.kind == IOMT_WALK_FAULT_LEVEL);
		CHECK_MSG(refused == wrong,
			  "%s, level %u: 0x%016" PRIx64
			  " has %u fields reserved, the walk ends with %u",
			  walked->name, level, entry, reserved(&e), fault.kind);
		agreed[wrong]++;
	}
	CHECK(agreed[0] > 1000 && agreed[1] > 1000);
}

TEST_SUITE(decode_walks, TEST(reserved_where_walkers_fault));
