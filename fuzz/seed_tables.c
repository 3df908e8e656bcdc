/* SPDX-License-Identifier: MIT */
/* Configurations, and tables written by hand. */
#include "kinds.h"
#include "seed.h"
#include <stdio.h>
#include <string.h>

void seed_config(void)
{
	for (size_t k = 0; k < kind_count; k++) {
		const struct kind *kind = &kinds[k];
		struct iomt_pt_cfg cfg = {
			.flags = kind->flags,
			.iova_bits = kind->iova_bits,
			.oa_bits = kind->oa_bits,
			.levels = kind->levels,
			.enc_bit = kind->enc_bit,
			.bbm = kind->bbm,
		};
		uintptr_t format = 1, one = 1;

		while (iomt_pt_formats()[format - 1] != kind->format)
			format++;
		/* config.c reads numbers where pointers are */
		memcpy(&cfg.format, &format, sizeof(format));
		if (kind->grows)
			memcpy(&cfg.top_changed, &one, sizeof(one));
		seed_write(kind->name, "cfg", &cfg, sizeof(cfg));
		cfg.page_sizes = 1ULL << kind->granule_lg2;
		seed_write(kind->name, "small", &cfg, sizeof(cfg));
	}
}

/* As translate.c and wild.c read them. */
struct entry {
	uint8_t page;
	uint8_t repeat;
	uint16_t slot;
	uint8_t value[8];
};

struct input {
	uint32_t kind;
	uint32_t linear;
	uint64_t queries[8];
	struct entry entries[6];
};

static uint64_t table_bits(const struct kind *kind, unsigned level)
{
	switch (kind->walk) {
	case WALK_AMDV1:
		return 3ULL << 61 | (uint64_t)level << 9 | 1;
	case WALK_X86_64:
		return 0x27;
	case WALK_RISCV_S1:
	case WALK_RISCV_S2:
		return 1;
	default:
		return 3;
	}
}

static uint64_t leaf_bits(const struct kind *kind, unsigned level)
{
	switch (kind->walk) {
	case WALK_AMDV1:
		return 3ULL << 61 | 1;
	case WALK_X86_64:
		return 0x27 | (level ? 0x80 : 0);
	case WALK_VTD_SS:
		return 3 | (level ? 0x80 : 0);
	case WALK_RISCV_S1:
	case WALK_RISCV_S2:
		return 0xd7;
	default:
		return 0x4c1 | (level ? 0 : 2);
	}
}

/* A way down from page to page through the first slots to a leaf at this level. */
static void write_chain(size_t k, unsigned levels, unsigned to)
{
	struct input input = {.kind = (uint32_t)k, .queries = {0, 100, 0x1234567, 3}};
	const struct kind *kind = &kinds[k];
	bool riscv = kind->walk == WALK_RISCV_S1 || kind->walk == WALK_RISCV_S2;
	char name[32];

	for (unsigned level = levels - 1, page = 0;; level--, page++) {
		uint64_t value = level == to ? leaf_bits(kind, level) : table_bits(kind, level);

		/* the lowest address bits are rounded to pages of the format by wild.c */
		value |= (uint64_t)(page + 1) << (riscv ? 10 : kind->granule_lg2);
		value |= kind->enc_bit ? 1ULL << kind->enc_bit : 0;
		input.entries[page].page = (uint8_t)page;
		input.entries[page].repeat = level == to ? 4 : 0;
		memcpy(input.entries[page].value, &value, sizeof(value));
		if (level == to)
			break;
	}
	snprintf(name, sizeof(name), "level%u", to);
	seed_write(kind->name, name, &input, sizeof(input));
}

void seed_translate(void)
{
	for (size_t k = 0; k < kind_count; k++) {
		static struct table table;
		struct iomt_pt_hw hw;

		table_open(&table, &kinds[k], PROVIDER_LINEAR);
		iomt_pt_hw(&table.pt, &hw);
		table_close(&table);
		for (unsigned to = 0; to < hw.levels && to < 3; to++)
			write_chain(k, hw.levels, to);
	}
}
