/* SPDX-License-Identifier: MIT */
/* Every format, in a file of its own so that only those who ask for all link all. */
#include <iomt/formats.h>

static const struct iomt_pt_format *const formats[] = {
	&iomt_amdv1,	       &iomt_x86_64,	 &iomt_vtd_ss,	       &iomt_arm_s1_4k,
	&iomt_arm_s1_16k,      &iomt_arm_s1_64k, &iomt_arm_s1_4k_lpa2, &iomt_arm_s1_16k_lpa2,
	&iomt_arm_s2_4k,       &iomt_arm_s2_16k, &iomt_arm_s2_64k,     &iomt_arm_s2_4k_lpa2,
	&iomt_arm_s2_16k_lpa2, &iomt_riscv_s1,	 &iomt_riscv_s2,       NULL,
};

const struct iomt_pt_format *const *iomt_pt_formats(void)
{
	return formats;
}
