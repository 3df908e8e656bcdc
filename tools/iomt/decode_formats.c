/* SPDX-License-Identifier: MIT */
#include "decode.h"

/* By page tables, then by the vendors' structures. */
#define FORMATS(each)                                                                              \
	each(amdv1) each(x86_64) each(vtd_fs) each(vtd_ss) each(arm_s1_4k) each(arm_s1_16k) each(  \
		arm_s1_64k) each(arm_s1_4k_lpa2) each(arm_s1_16k_lpa2) each(arm_s2_4k)             \
		each(arm_s2_16k) each(arm_s2_64k) each(arm_s2_4k_lpa2) each(arm_s2_16k_lpa2) each( \
			riscv_s1) each(riscv_s2) each(amd_dte) each(amd_gcr3) each(amd_cmd)        \
			each(amd_event) each(amd_ppr) each(vtd_root) each(vtd_root_scalable) each( \
				vtd_context) each(vtd_context_scalable) each(vtd_pasid_dir)        \
				each(vtd_pasid) each(vtd_qi) each(vtd_qi_wide) each(               \
					vtd_fault) each(vtd_prq) each(smmu_l1std) each(smmu_ste)   \
					each(smmu_l1cd) each(smmu_cd) each(smmu_cmd) each(         \
						smmu_event) each(smmu_pri) each(riscv_ddt)         \
						each(riscv_dc) each(riscv_dc_ext) each(riscv_pdt)  \
							each(riscv_pc) each(riscv_msi)             \
								each(riscv_cmd) each(riscv_fault)  \
									each(riscv_prq)

#define DECLARE(name) extern const struct decode_format decode_##name;
#define NAME(name)    &decode_##name,

FORMATS(DECLARE)

const struct decode_format *const decode_formats[] = {FORMATS(NAME) NULL};
