/* SPDX-License-Identifier: MIT */
/* A user's first program: a page is mapped and found. */
#include <iomt/hosted.h>
#include <iomt/iomt.h>

int main(void)
{
	struct iomt_pt_cfg cfg = {
		.size = sizeof(cfg), .format = &iomt_amdv1, .mem = &iomt_mem_heap, .iova_bits = 48};
	struct iomt_pt pt;
	uint64_t oa = 0;
	int err = iomt_pt_init(&pt, &cfg);

	if (!err)
		err = iomt_pt_map(&pt, 0x1000, 0x5000, 0x1000, IOMT_READ, NULL);
	if (!err)
		err = iomt_pt_oa(&pt, 0x1234, &oa);
	return err || oa != 0x5234 || iomt_pt_formats()[0] != &iomt_amdv1;
}
