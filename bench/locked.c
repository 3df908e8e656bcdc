/* SPDX-License-Identifier: MIT */
#include "locked.h"
#include <pthread.h>
#include <stdlib.h>

struct locked {
	struct iomt_pt *pt;
	pthread_mutex_t mutex;
};

static struct locked *locked_of(const struct iomt_pt *pt)
{
	return (struct locked *)(uintptr_t)pt;
}

static struct iomt_pt *locked_open(const struct kind *kind, uint32_t flags)
{
	struct locked *locked = aligned_alloc(128, 128); /* no line is anybody else's */

	if (!locked)
		return NULL;
	*locked = (struct locked){bench_open(kind, flags), PTHREAD_MUTEX_INITIALIZER};
	if (locked->pt)
		return (struct iomt_pt *)(void *)locked;
	free(locked);
	return NULL;
}

static void locked_close(struct iomt_pt *pt)
{
	bench_close(locked_of(pt)->pt);
	free(pt);
}

static int locked_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length,
		      uint32_t prot, struct iomt_gather *gather)
{
	struct locked *locked = locked_of(pt);
	int err;

	pthread_mutex_lock(&locked->mutex);
	err = iomt_pt_map(locked->pt, iova, oa, length, prot, gather);
	pthread_mutex_unlock(&locked->mutex);
	return err;
}

static int locked_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length, uint64_t *unmapped,
			struct iomt_gather *gather)
{
	struct locked *locked = locked_of(pt);
	int err;

	pthread_mutex_lock(&locked->mutex);
	err = iomt_pt_unmap(locked->pt, iova, length, unmapped, gather);
	pthread_mutex_unlock(&locked->mutex);
	return err;
}

static int locked_oa(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa)
{
	struct locked *locked = locked_of(pt);
	int err;

	pthread_mutex_lock(&locked->mutex);
	err = iomt_pt_oa(locked->pt, iova, oa);
	pthread_mutex_unlock(&locked->mutex);
	return err;
}

const struct target locked_target = {
	.name = "iomt, one mutex",
	.open = locked_open,
	.close = locked_close,
	.map = locked_map,
	.unmap = locked_unmap,
	.oa = locked_oa,
};
