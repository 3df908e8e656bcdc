/* SPDX-License-Identifier: MIT */
/*
 * The hardware formats, and their own entry points.
 *
 * Each format is one object, to be named in struct iomt_pt_cfg. A program links the formats that it
 * names and no others. A caller that knows its format at compile time may use the format's own
 * functions (iomt_amdv1_map, ...) in place of the general ones: they do the same without an
 * indirect call, and must only be given tables of their format.
 */
#ifndef IOMT_FORMATS_H
#define IOMT_FORMATS_H

#include <iomt/cursor.h>
#include <iomt/pt.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Declares a format, iomt_<name>, and its own functions. Each does what the general one of the same ending
 * does, with the same errors: iomt_<name>_map what iomt_pt_map does, iomt_<name>_cursor_map what
 * iomt_pt_cursor_map does.
 */
/* clang-format off */
#define IOMT_PT_DECLARE_FORMAT(name)                                                               \
	extern const struct iomt_pt_format iomt_##name;                                            \
	int iomt_##name##_map(struct iomt_pt *pt, uint64_t iova, uint64_t oa, uint64_t length,     \
			      uint32_t prot, struct iomt_gather *gather);                          \
	int iomt_##name##_map_sg(struct iomt_pt *pt, uint64_t iova, const struct iomt_seg *segs,   \
				 size_t count, uint32_t prot, struct iomt_gather *gather);         \
	int iomt_##name##_unmap(struct iomt_pt *pt, uint64_t iova, uint64_t length,                \
				uint64_t *unmapped, struct iomt_gather *gather);                   \
	int iomt_##name##_protect(struct iomt_pt *pt, uint64_t iova, uint64_t length,              \
				  uint32_t prot, struct iomt_gather *gather);                      \
	int iomt_##name##_translate(const struct iomt_pt *pt, uint64_t iova,                       \
				    struct iomt_pt_leaf *leaf);                                    \
	int iomt_##name##_oa(const struct iomt_pt *pt, uint64_t iova, uint64_t *oa);               \
	size_t iomt_##name##_translate_many(const struct iomt_pt *pt, const uint64_t *iovas,       \
					    size_t count, struct iomt_pt_leaf *leaves);            \
	int iomt_##name##_dirty(struct iomt_pt *pt, uint64_t iova, uint64_t length,                \
				uint64_t page_size, uint64_t *bitmap, uint32_t flags,              \
				struct iomt_gather *gather);                                       \
	int iomt_##name##_cursor_map(struct iomt_pt_cursor *cursor, uint64_t iova, uint64_t oa,    \
				     uint64_t length, uint32_t prot, struct iomt_gather *gather);  \
	int iomt_##name##_cursor_unmap(struct iomt_pt_cursor *cursor, uint64_t iova,               \
				       uint64_t length, uint64_t *unmapped,                        \
				       struct iomt_gather *gather);                                \
	int iomt_##name##_cursor_translate(struct iomt_pt_cursor *cursor, uint64_t iova,           \
					   struct iomt_pt_leaf *leaf)
/* clang-format on */

/* AMD host tables (48882, "I/O Page Tables"): power-of-two leaves from 4K, one to six levels. */
IOMT_PT_DECLARE_FORMAT(amdv1);

/* x86-64 tables, four or five levels: AMD V2 guest tables, VT-d first stage, CPUs. 4K, 2M, 1G. */
IOMT_PT_DECLARE_FORMAT(x86_64);

/* VT-d second stage (D51397), three to five levels. 4K, 2M, 1G. */
IOMT_PT_DECLARE_FORMAT(vtd_ss);

/*
 * Arm VMSAv8-64 (DDI 0487, chapter D8), stage 1 and stage 2. A granule is a format of its own; so
 * is the layout with FEAT_LPA2 (TCR.DS = 1) for 4K and 16K. The 64K formats take 52-bit output
 * (LPA) by iomt_pt_cfg.oa_bits = 52.
 */
IOMT_PT_DECLARE_FORMAT(arm_s1_4k);
IOMT_PT_DECLARE_FORMAT(arm_s1_16k);
IOMT_PT_DECLARE_FORMAT(arm_s1_64k);
IOMT_PT_DECLARE_FORMAT(arm_s1_4k_lpa2);
IOMT_PT_DECLARE_FORMAT(arm_s1_16k_lpa2);
IOMT_PT_DECLARE_FORMAT(arm_s2_4k);
IOMT_PT_DECLARE_FORMAT(arm_s2_16k);
IOMT_PT_DECLARE_FORMAT(arm_s2_64k);
IOMT_PT_DECLARE_FORMAT(arm_s2_4k_lpa2);
IOMT_PT_DECLARE_FORMAT(arm_s2_16k_lpa2);

/*
 * RISC-V (privileged architecture, RISC-V IOMMU), three to five levels: first stage (Sv39, Sv48,
 * Sv57) and second stage (G-stage: Sv39x4, Sv48x4, Sv57x4, with a top table of 16 KiB). 4K, 2M, 1G,
 * 512G, 256T, as far as the levels go, and 64K where iomt_pt_cfg.page_sizes names it: hardware
 * needs Svnapot for that. Entries are little-endian. With IOMT_PT_PBMT (Svpbmt) UNCACHED is NC and
 * DEVICE is IO; WRITE_BACK is what the physical memory attributes say. Hardware that does not set A
 * and D (Svadu, SADE, GADE) finds them set; where it does, IOMT_PT_DIRTY tracks writes.
 */
IOMT_PT_DECLARE_FORMAT(riscv_s1);
IOMT_PT_DECLARE_FORMAT(riscv_s2);

/* A format's name: "amdv1", "arm_s1_64k". */
const char *iomt_pt_format_name(const struct iomt_pt_format *format);

/* All formats, ending with NULL, for tools and tests. Whoever calls it links them all. */
const struct iomt_pt_format *const *iomt_pt_formats(void);

#ifdef __cplusplus
}
#endif
#endif
