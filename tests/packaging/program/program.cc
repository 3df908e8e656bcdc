/* SPDX-License-Identifier: MIT */
/* The same in C++. */
#include <iomt/hosted.h>
#include <iomt/iomt.h>

int main()
{
	iomt_pt_cfg cfg = {};
	iomt_pt pt;
	uint64_t oa = 0;
	int err;

	cfg.size = sizeof(cfg);
	cfg.format = &iomt_amdv1;
	cfg.mem = &iomt_mem_heap;
	cfg.iova_bits = 48;
	err = iomt_pt_init(&pt, &cfg);
	if (!err)
		err = iomt_pt_map(&pt, 0x1000, 0x5000, 0x1000, IOMT_READ, nullptr);
	if (!err)
		err = iomt_pt_oa(&pt, 0x1234, &oa);
	return err || oa != 0x5234 || iomt_pt_formats()[0] != &iomt_amdv1;
}
