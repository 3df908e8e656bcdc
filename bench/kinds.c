/* SPDX-License-Identifier: MIT */
#include "bench.h"

#define TARGET(format)                                                                            \
	{                                                                                         \
		.name = "iomt", .open = bench_open, .close = bench_close,                         \
		.map = iomt_##format##_map, .unmap = iomt_##format##_unmap,                       \
		.map_sg = iomt_##format##_map_sg, .cursor_map = iomt_##format##_cursor_map,       \
		.cursor_unmap = iomt_##format##_cursor_unmap, .oa = iomt_##format##_oa,           \
		.translate = iomt_##format##_translate,                                           \
		.translate_many = iomt_##format##_translate_many, .dirty = iomt_##format##_dirty, \
	}

#ifdef BENCH_LINUX
#define LINUX &linux_target
#else
#define LINUX NULL
#endif

/* clang-format off */
const struct kind kinds[] = {
	{"amdv1", &iomt_amdv1, TARGET(amdv1), LINUX, 48, 12, 21, 0, 6, false, true, 0, 0},
	{"x86_64", &iomt_x86_64, TARGET(x86_64), LINUX, 48, 12, 21, 0, 6, false, true, 0, 0},
	{"x86_64-5", &iomt_x86_64, TARGET(x86_64), LINUX, 57, 12, 21, 0, 6, false, true, 0, 0},
	{"vtd_ss", &iomt_vtd_ss, TARGET(vtd_ss), NULL, 48, 12, 21, 0, 9, false, true, 0, 0},
	{"arm_s1_4k", &iomt_arm_s1_4k, TARGET(arm_s1_4k), LINUX, 48, 12, 21, 16, 7, true, true, 0, 0},
	{"arm_s1_16k", &iomt_arm_s1_16k, TARGET(arm_s1_16k), LINUX, 48, 14, 25, 21, 7, true, false, 0, 0},
	{"arm_s1_64k", &iomt_arm_s1_64k, TARGET(arm_s1_64k), LINUX, 48, 16, 29, 21, 7, true, true, 0, 0},
	{"arm_s2_4k", &iomt_arm_s2_4k, TARGET(arm_s2_4k), LINUX, 48, 12, 21, 16, 7, false, true, 0, 0},
	{"arm_s2_16k", &iomt_arm_s2_16k, TARGET(arm_s2_16k), LINUX, 48, 14, 25, 21, 7, false, false, 0, 0},
	{"arm_s2_64k", &iomt_arm_s2_64k, TARGET(arm_s2_64k), LINUX, 48, 16, 29, 21, 7, false, false, 0, 0},
	{"arm_s1_4k_lpa2", &iomt_arm_s1_4k_lpa2, TARGET(arm_s1_4k_lpa2), NULL, 52, 12, 21, 16, 7, true, false, 0, 0},
	{"riscv_s1", &iomt_riscv_s1, TARGET(riscv_s1), NULL, 47, 12, 21, 16, 7, false, true, 2, 0x8040211000},
	{"riscv_s2", &iomt_riscv_s2, TARGET(riscv_s2), NULL, 50, 12, 21, 16, 7, false, false, 2, 0x8040211000},
};
/* clang-format on */
const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);
