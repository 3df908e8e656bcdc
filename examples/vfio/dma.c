/* SPDX-License-Identifier: MIT */
#include "dma.h"
#include <iomt/hosted.h>

/* AMD V1 has every power of two as a page size: the fewest entries. What it leads to are pointers. */
int dma_open(struct dma *dma, const struct dma_backend *backend, void *ctx, unsigned bits)
{
	struct iomt_pt_cfg cfg = {.size = sizeof(cfg),
				  .format = &iomt_amdv1,
				  .mem = &iomt_mem_heap,
				  .iova_bits = (uint8_t)bits};
	int err;

	*dma = (struct dma){.backend = backend, .ctx = ctx};
	err = iova_open(&dma->iova, &iomt_mem_heap, bits);
	if (!err)
		err = iomt_pt_init(&dma->mirror, &cfg);
	if (err)
		iova_close(&dma->iova);
	else
		pthread_mutex_init(&dma->lock, NULL);
	return err;
}

int dma_close(struct dma *dma)
{
	uint64_t first, last;
	int err;

	iomt_pt_bounds(&dma->mirror, &first, &last);
	err = dma->backend->unmap(dma->ctx, first, last);
	if (err)
		return err;
	iomt_pt_destroy(&dma->mirror);
	iova_close(&dma->iova);
	pthread_mutex_destroy(&dma->lock);
	return 0;
}

static int map(struct dma *dma, void *memory, uint64_t length, uint32_t prot, uint64_t *iova)
{
	uint64_t first;
	int err = iova_take(&dma->iova, length, &first);

	if (err)
		return err;
	/* which refuses what is not made of pages */
	err = iomt_pt_map(&dma->mirror, first, (uintptr_t)memory, length, prot, NULL);
	if (!err) {
		err = dma->backend->map(dma->ctx, first, memory, length, prot);
		if (err)
			iomt_pt_unmap(&dma->mirror, first, length, NULL, NULL);
	}
	if (err) {
		iova_give(&dma->iova, first);
		return err;
	}
	dma->maps++;
	*iova = first;
	return 0;
}

int dma_map(struct dma *dma, void *memory, uint64_t length, uint32_t prot, uint64_t *iova)
{
	int err;

	pthread_mutex_lock(&dma->lock);
	err = map(dma, memory, length, prot, iova);
	pthread_mutex_unlock(&dma->lock);
	return err;
}

static bool waits_within(const struct dma *dma, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < dma->count; i++) {
		if (dma->waiting[i] >= first && dma->waiting[i] <= last)
			return true;
	}
	return false;
}

static int tell(struct dma *dma, uint64_t first, uint64_t last)
{
	int err;

	if (first > last || !waits_within(dma, first, last))
		return 0;
	err = dma->backend->unmap(dma->ctx, first, last);
	dma->unmaps += !err;
	return err;
}

/*
 * One call for each stretch between what is still mapped, however many slots were unmapped in it: what lies between
 * those was never mapped.
 */
static int tell_all(struct dma *dma, uint64_t first, uint64_t last)
{
	struct iomt_pt_run run;
	int err = 0;

	while (!err && !iomt_pt_next(&dma->mirror, first, last, &run)) {
		if (run.iova > first)
			err = tell(dma, first, run.iova - 1);
		if (run.last == last)
			return err;
		first = run.last + 1;
	}
	return err ? err : tell(dma, first, last);
}

static int sync_waiting(struct dma *dma)
{
	uint64_t first = UINT64_MAX, last = 0;
	int err;

	for (unsigned i = 0; i < dma->count; i++) {
		uint64_t end = 0;

		iova_slot(&dma->iova, dma->waiting[i], &end);
		first = dma->waiting[i] < first ? dma->waiting[i] : first;
		last = end > last ? end : last;
	}
	err = dma->count ? tell_all(dma, first, last) : 0;
	while (!err && dma->count) /* only now may somebody else get these addresses */
		iova_give(&dma->iova, dma->waiting[--dma->count]);
	return err;
}

int dma_sync(struct dma *dma)
{
	int err;

	pthread_mutex_lock(&dma->lock);
	err = sync_waiting(dma);
	pthread_mutex_unlock(&dma->lock);
	return err;
}

/* A gather is of no use: no cache stands before the mirror, and its tables stay for the next map. */
static int unmap(struct dma *dma, uint64_t iova)
{
	uint64_t last, unmapped;
	int err = iova_slot(&dma->iova, iova, &last);

	if (!err && dma->count == DMA_WAITING)
		err = sync_waiting(dma);
	if (!err)
		err = iomt_pt_unmap(&dma->mirror, iova, last - iova + 1, &unmapped, NULL);
	if (!err && !unmapped)
		err = IOMT_ENOENT; /* it waits already */
	if (!err)
		dma->waiting[dma->count++] = iova;
	return err;
}

int dma_unmap(struct dma *dma, uint64_t iova)
{
	int err;

	pthread_mutex_lock(&dma->lock);
	err = unmap(dma, iova);
	pthread_mutex_unlock(&dma->lock);
	return err;
}

void *dma_at(const struct dma *dma, uint64_t iova, uint64_t length, uint32_t prot)
{
	struct iomt_pt_leaf leaf;
	char *memory = NULL;

	for (uint64_t done = 0; done < length;) {
		uint64_t size;

		if (iomt_pt_translate(&dma->mirror, iova + done, &leaf) ||
		    (leaf.prot & prot) != prot)
			return NULL;
		if (!done)
			memory = (char *)(uintptr_t)leaf.oa;
		else if (leaf.oa != (uintptr_t)memory + done)
			return NULL;
		size = 1ULL << leaf.size_lg2;
		done += size - ((iova + done) & (size - 1));
	}
	return memory;
}

/* A slot holds one mapping, from its first address on. */
static uint64_t mapped(const struct dma *dma, uint64_t iova, uint64_t last)
{
	struct iomt_pt_run run;
	uint64_t length = 0;

	while (!iomt_pt_next(&dma->mirror, iova + length, last, &run)) {
		length = run.last - iova + 1;
		if (run.last == last)
			break;
	}
	return length;
}

int dma_dirty(struct dma *dma, uint64_t iova, uint64_t *bitmap)
{
	uint64_t last, length;
	int err;

	pthread_mutex_lock(&dma->lock);
	err = iova_slot(&dma->iova, iova, &last);
	if (!err) {
		length = mapped(dma, iova, last);
		err = length ? dma->backend->dirty(dma->ctx, iova, length, bitmap) : IOMT_ENOENT;
	}
	pthread_mutex_unlock(&dma->lock);
	return err;
}
