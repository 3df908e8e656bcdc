/* SPDX-License-Identifier: MIT */
/*
 * Spaces of PASIDs in the place of plain ids: what references, sets and the quarantine cost beside.
 */
#include "ids.h"
#include <stdlib.h>

#define MOST  0xfffffu
#define BATCH 64u /* freed by one token; what the invalidation takes is not counted */

static void *open_space(unsigned bits, uint32_t flags, uint32_t quarantine)
{
	struct iomt_pasid_cfg cfg = {.size = sizeof(cfg),
				     .mem = &iomt_mem_heap,
				     .bits = bits,
				     .flags = flags,
				     .quarantine = quarantine};
	struct iomt_pasid_space *space = aligned_alloc(128, (sizeof(*space) + 127) & ~(size_t)127);

	if (!space || !iomt_pasid_init(space, &cfg))
		return space;
	free(space);
	return NULL;
}

static void *open_serial(unsigned bits)
{
	return open_space(bits, IOMT_PASID_SERIAL, 0);
}

static void *open_shared(unsigned bits)
{
	return open_space(bits, 0, 0);
}

static void *open_serial_late(unsigned bits)
{
	return open_space(bits, IOMT_PASID_SERIAL, UINT32_MAX);
}

static void *open_shared_late(unsigned bits)
{
	return open_space(bits, 0, UINT32_MAX);
}

static void close_space(void *space)
{
	iomt_pasid_destroy(space);
	free(space);
}

static int take_next(struct iomt_pasid_space *space, uint32_t *last, uint32_t *id)
{
	int err = iomt_pasid_alloc_next(space, NULL, 0, MOST, last);

	*id = *last;
	return err;
}

static void put_late(struct iomt_pasid_space *space, uint32_t id)
{
	iomt_pasid_put(space, id);
	if (iomt_pasid_quarantined(space) >= BATCH)
		iomt_pasid_quarantine_done(space, iomt_pasid_quarantine_token(space));
}

IDS_LOOPS(space, iomt_pasid_alloc(ids, NULL, 0, MOST, &id), iomt_pasid_put(ids, id))
IDS_LOOPS(space_next, take_next(ids, last, &id), iomt_pasid_put(ids, id))
IDS_LOOPS(late, iomt_pasid_alloc(ids, NULL, 0, MOST, &id), put_late(ids, id))
IDS_LOOPS(late_next, take_next(ids, last, &id), put_late(ids, id))

const struct allocator spaces_serial = {
	{.name = "space"}, false, open_serial, close_space, IDS_MEMBERS(space)};
const struct allocator spaces_shared = {
	{.name = "space, threads"}, true, open_shared, close_space, IDS_MEMBERS(space)};
const struct allocator spaces_shared_next = {
	{.name = "space, threads, next"}, true, open_shared, close_space, IDS_MEMBERS(space_next)};
const struct allocator spaces_serial_late = {
	{.name = "space, quarantine"}, false, open_serial_late, close_space, IDS_MEMBERS(late)};
const struct allocator spaces_shared_late = {{.name = "space, quarantine, threads, next"},
					     true,
					     open_shared_late,
					     close_space,
					     IDS_MEMBERS(late_next)};
