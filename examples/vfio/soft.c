/* SPDX-License-Identifier: MIT */
#include "soft.h"
#include <iomt/hosted.h>
#include <string.h>

/* Physical addresses are pointers here, and the tables our own: each address that is asked for is memory. */
static uint64_t *word_at(uint64_t address)
{
	return (uint64_t *)(uintptr_t)address;
}

static struct iomt_guest_word read_word(void *ctx, uint64_t address)
{
	(void)ctx;
	return (struct iomt_guest_word){__atomic_load_n(word_at(address), __ATOMIC_RELAXED), 0};
}

static int replace_word(void *ctx, uint64_t address, uint64_t *expected, uint64_t desired)
{
	(void)ctx;
	return __atomic_compare_exchange_n(word_at(address), expected, desired, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED)
		       ? 0
		       : IOMT_EAGAIN;
}

int soft_open(struct soft *soft, unsigned bits)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_amdv1,
				  .mem = &iomt_mem_heap,
				  .flags = IOMT_PT_DIRTY,
				  .iova_bits = (uint8_t)bits,
				  .page_sizes = DMA_PAGE}; /* a leaf is dirty as a whole */
	struct iomt_walk_cfg walk = {.size = sizeof(walk),
				     .format = &iomt_walk_amdv1,
				     .mem = &soft->mem,
				     .flags = IOMT_WALK_ACCESSED | IOMT_WALK_DIRTY,
				     .oa_bits = 52};
	struct iomt_pt_hw hw;
	int err;

	memset(soft, 0, sizeof(*soft));
	soft->mem = (struct iomt_guest_mem){
		.size = sizeof(soft->mem), .read64 = read_word, .cas64 = replace_word};
	err = iomt_pt_init(&soft->pt, &cfg);
	if (err)
		return err;
	iomt_pt_hw(&soft->pt, &hw);
	walk.root = hw.root;
	walk.levels = hw.levels;
	err = iomt_walker_init(&soft->walker, &walk, NULL);
	if (err)
		iomt_pt_destroy(&soft->pt);
	return err;
}

void soft_close(struct soft *soft)
{
	iomt_pt_destroy(&soft->pt);
}

static int map(void *ctx, uint64_t iova, void *memory, uint64_t length, uint32_t prot)
{
	struct soft *soft = ctx;

	return iomt_pt_map(&soft->pt, iova, (uintptr_t)memory, length, prot, NULL);
}

/* No cache stands before these tables: what is unmapped is out of reach at once. */
static int unmap(void *ctx, uint64_t first, uint64_t last)
{
	struct soft *soft = ctx;

	return iomt_pt_unmap(&soft->pt, first, last - first + 1, NULL, NULL);
}

/* The walk of each access sees the entry itself, so that the gather has nothing to be dropped. */
static int dirty(void *ctx, uint64_t iova, uint64_t length, uint64_t *bitmap)
{
	struct soft *soft = ctx;
	struct iomt_gather gather;
	int err;

	iomt_gather_init(&gather);
	err = iomt_pt_dirty(&soft->pt, iova, length, DMA_PAGE, bitmap, 0, &gather);
	iomt_gather_release(&gather);
	return err;
}

const struct dma_backend soft_backend = {
	.name = "an IOMMU in software", .map = map, .unmap = unmap, .dirty = dirty};

/* Page by page, as the bytes of a request may lie anywhere. */
int soft_dma(struct soft *soft, bool to_memory, uint64_t iova, uint32_t bytes)
{
	uint32_t access = to_memory ? IOMT_WRITE : IOMT_READ;

	if (bytes > SOFT_BUFFER_BYTES)
		return IOMT_EINVAL;
	for (uint32_t done = 0; done < bytes;) {
		uint32_t piece = DMA_PAGE - (uint32_t)((iova + done) % DMA_PAGE);
		struct iomt_walk_fault fault;
		struct iomt_walk_leaf leaf;
		int err = iomt_walk(&soft->walker, iova + done, access, &leaf, &fault);

		if (err)
			return err;
		piece = piece < bytes - done ? piece : bytes - done;
		if (to_memory)
			memcpy(word_at(leaf.oa), soft->buffer + done, piece);
		else
			memcpy(soft->buffer + done, word_at(leaf.oa), piece);
		done += piece;
	}
	return 0;
}
