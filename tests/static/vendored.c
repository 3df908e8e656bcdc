/* SPDX-License-Identifier: MIT */
/* A project that has copied the two files: a page is mapped, found and taken back, with no memory but its own. */
#include <iomt/iomt.h>

static _Alignas(4096) unsigned char pages[8][4096];
static unsigned used;

static void *take(void *ctx, size_t bytes)
{
	(void)ctx;
	return bytes == sizeof(pages[0]) && used < 8 ? pages[used++] : NULL;
}

static void give_back(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
}

int main(void)
{
	const struct iomt_mem mem = {.size = sizeof(mem), .alloc = take, .free = give_back};
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_amdv1, .mem = &mem, .iova_bits = 48};
	struct iomt_gather gather;
	struct iomt_pt pt;
	uint64_t oa = 0;

	iomt_gather_init(&gather);
	if (iomt_pt_init(&pt, &cfg) || iomt_pt_map(&pt, 0x1000, 0x5000, 0x1000, IOMT_READ, NULL) ||
	    iomt_pt_oa(&pt, 0x1234, &oa) || oa != 0x5234)
		return 1;
	if (iomt_pt_unmap(&pt, 0x1000, 0x1000, NULL, &gather) || gather.first != 0x1000 ||
	    gather.last != 0x1fff)
		return 2;
	iomt_gather_release(&gather);
	return iomt_pt_oa(&pt, 0x1234, &oa) == IOMT_ENOENT ? 0 : 3;
}
