/* SPDX-License-Identifier: MIT */
/* Entries, commands and records whose bits were worked out by hand from the specifications. */
#include "explained.h"

#define WORDS(...)                     \
	(const uint64_t[DECODE_WORDS]) \
	{                              \
		__VA_ARGS__            \
	}
#define NO_LEVEL DECODE_NO_LEVEL

/* 48882, 2.2.3: PR 0, D 6, NextLevel 11:9, address 51:12, U 59, FC 60, IR 61, IW 62. */
static void amdv1(void)
{
	struct explained e = explain("amdv1", NO_LEVEL, WORDS(0x70abcdef01234041));

	FIELD_IS(&e, "PR", 1);
	FIELD_IS(&e, "D", 1);
	FIELD_IS(&e, "NextLevel", 0);
	FIELD_IS(&e, "PageAddress", 0xbcdef01234000);
	FIELD_IS(&e, "reserved", 0xa); /* 58:52 */
	CHECK_EQ(reserved(&e), 1);
	/* ones in 18:12 below a zero: 2^20 bytes, a leaf of level 1 of ours nowhere */
	e = explain("amdv1", 0, WORDS(0x600000000007fe01));
	FIELD_SAYS(&e, "PageAddress", "the page, 1M at 0x0");
	NONE_RESERVED(&e);
	e = explain("amdv1", 1, WORDS(0x600000000007fe01));
	CHECK_EQ(reserved(&e), 1);
	e = explain("amdv1", NO_LEVEL, WORDS(0x6ffffffffffffe01));
	FIELD_SAYS(&e, "PageAddress", "the page, of a size that is too large to be told");
	/* a table of AMD's level 2 below level 3; level 1 has none */
	e = explain("amdv1", 2, WORDS(0x6000000012345401));
	FIELD_IS(&e, "NextTableAddress", 0x12345000);
	NONE_RESERVED(&e);
	NO_FIELD(&e, "FC");
	e = explain("amdv1", 1, WORDS(0x6000000012345401));
	CHECK_EQ(reserved(&e), 1);
	e = explain("amdv1", 1, WORDS(0xfffffffffffffffe));
	FIELD_IS(&e, "ignored", 0x7fffffffffffffff);
	NONE_RESERVED(&e);
}

/* SDM 3A, tables 4-15 to 4-20; D51397, 9.8: EA is bit 10. */
static void x86_64(void)
{
	struct explained e = explain("x86_64", 0, WORDS(0xd234567890abcfe7));

	FIELD_IS(&e, "PAT", 1);
	FIELD_IS(&e, "G", 1);
	FIELD_IS(&e, "address", 0x4567890abc000);
	FIELD_IS(&e, "PK", 10);
	FIELD_IS(&e, "XD", 1);
	NONE_RESERVED(&e);
	e = explain("x86_64", 1, WORDS(0x00000000402010e3)); /* PAT 12, A, D, PS; 13 is below */
	FIELD_IS(&e, "address", 0x40200000);
	FIELD_IS(&e, "PAT", 1);
	NONE_RESERVED(&e);
	e = explain("x86_64", 1, WORDS(0x00000000402020e3));
	CHECK_EQ(reserved(&e), 1);
	e = explain("x86_64", 2, WORDS(0x00000000402000e3)); /* bit 21 of a page of 1G */
	CHECK_EQ(reserved(&e), 1);
	e = explain("x86_64", 1, WORDS(0x0000000040202063));
	FIELD_IS(&e, "address", 0x40202000);
	FIELD_SAYS(&e, "PS", "a table");
	e = explain("x86_64", 3, WORDS(0x00000000402020e3)); /* PS of a PML4E */
	CHECK_EQ(reserved(&e), 1);
	e = explain("vtd_fs", 0, WORDS(0x0000000012345463));
	FIELD_IS(&e, "EA", 1);
	NO_FIELD(&e, "PK");
}

/* D51397, 9.9: R 0, W 1, EMT 5:3, IPAT 6, PS 7, A 8, D 9, SNP 11. */
static void vtd_ss(void)
{
	struct explained e = explain("vtd_ss", 0, WORDS(0x0000000012345b73));

	FIELD_IS(&e, "R", 1);
	FIELD_IS(&e, "W", 1);
	FIELD_IS(&e, "EMT", 6);
	FIELD_IS(&e, "IPAT", 1);
	FIELD_IS(&e, "A", 1);
	FIELD_IS(&e, "D", 1);
	FIELD_IS(&e, "SNP", 1);
	FIELD_IS(&e, "ADDR", 0x12345000);
	NONE_RESERVED(&e);
	e = explain("vtd_ss", 1, WORDS(0x0000000012345803)); /* 11 in a table */
	CHECK_EQ(reserved(&e), 1);
	e = explain("vtd_ss", 1, WORDS(0x0000000012345083)); /* 2M at 0x345000 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("vtd_ss", 4, WORDS(0xfffffffffffffffc)); /* allows nothing */
	NONE_RESERVED(&e);
	e = explain("vtd_ss", 4, WORDS(0x0000000012345083));
	CHECK_EQ(reserved(&e), 1);
}

/* DDI 0487, D8.3.1: block 1, page and table 3; nT 16; Contiguous 52; PXN 53, UXN 54; OA by granule. */
static void arm(void)
{
	struct explained e = explain("arm_s1_4k", 0, WORDS(0x00780123456789c7));

	FIELD_SAYS(&e, "type", "a page");
	FIELD_IS(&e, "AttrIndx", 1);
	FIELD_IS(&e, "AP[2:1]", 3);
	FIELD_IS(&e, "SH", 1);
	FIELD_IS(&e, "nG", 1);
	FIELD_IS(&e, "OA", 0x12345678000);
	FIELD_IS(&e, "DBM", 1);
	FIELD_IS(&e, "Contiguous", 1);
	FIELD_IS(&e, "PXN", 1);
	FIELD_IS(&e, "UXN", 1);
	CHECK_EQ(reserved(&e), 1);				/* SH 1 */
	e = explain("arm_s1_4k", 0, WORDS(0x0000000012345701)); /* a block of the last level */
	CHECK_EQ(reserved(&e), 1);
	e = explain("arm_s1_4k", 3, WORDS(0x0000000012345701)); /* of level 0, without LPA2 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("arm_s1_4k_lpa2", 3, WORDS(0x0000008000000601)); /* 512G; OA[51:50] = 2 */
	FIELD_IS(&e, "OA", 0x0008008000000000);
	NO_FIELD(&e, "SH");
	NONE_RESERVED(&e);
	e = explain("arm_s1_4k", 1, WORDS(0x0000000040210701)); /* 2M, nT */
	FIELD_IS(&e, "OA", 0x40200000);
	FIELD_IS(&e, "nT", 1);
	NONE_RESERVED(&e);
	e = explain("arm_s1_4k", 1, WORDS(0x0000000040301701)); /* bits 20 and 12 */
	CHECK_EQ(reserved(&e), 2);
	e = explain("arm_s1_64k", 0, WORDS(0x000012345678f703)); /* OA[51:48] in 15:12 */
	FIELD_IS(&e, "OA", 0x000f123456780000);
	e = explain("arm_s1_16k", 1, WORDS(0x6000000012344003)); /* APTable 3 */
	FIELD_SAYS(&e, "APTable", "no users and no writes below");
	FIELD_IS(&e, "OA", 0x12344000);
	e = explain("arm_s2_4k", 0, WORDS(0x00400000123457ff));
	FIELD_SAYS(&e, "MemAttr", "write-back");
	FIELD_SAYS(&e, "S2AP", "read, write");
	FIELD_SAYS(&e, "XN", "no execution");
	FIELD_SAYS(&e, "SH", "inner shareable");
}

/* Privileged Architecture, Sv39: PPN 53:10, RSW 9:8; Svnapot: N 63, PPN[3:0] 1000; Svpbmt 62:61. */
static void riscv(void)
{
	struct explained e = explain("riscv_s1", 0, WORDS(0xa0000000048d20df)); /* N, NC, 64K */

	FIELD_SAYS(&e, "XWR", "a page: read, write, execute");
	FIELD_SAYS(&e, "PPN[3:0]", "a page of 64K, in sixteen entries");
	FIELD_IS(&e, "PPN", 0x12340000);
	FIELD_SAYS(&e, "PBMT", "non-cacheable");
	NONE_RESERVED(&e);
	e = explain("riscv_s1", 0, WORDS(0x80000000048d10df)); /* PPN[3:0] 0100 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("riscv_s1", 1, WORDS(0x00000000048d04df)); /* a page of 2M, PPN[8:0] not 0 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("riscv_s1", 1, WORDS(0x00000000048800cb)); /* 0x12200000 */
	FIELD_IS(&e, "PPN", 0x12200000);
	NONE_RESERVED(&e);
	e = explain("riscv_s1", 2, WORDS(0x00000000048d0001));
	FIELD_IS(&e, "PPN", 0x12340000);
	FIELD_SAYS(&e, "XWR", "a table");
	e = explain("riscv_s1", 2, WORDS(0x00000000048d0091)); /* U and D of a table */
	CHECK_EQ(reserved(&e), 2);
	e = explain("riscv_s1", 0, WORDS(0x00000000048d0001)); /* no table below level 0 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("riscv_s2", 0, WORDS(0x00000000048d0005)); /* W without R */
	CHECK_EQ(reserved(&e), 1);
	FIELD_SAYS(&e, "U", "every access faults: they count as a user's");
}

/* 48882, 2.2.2.1: the GCR3 root in 60:58, 95:80, 127:107; Mode 7 and HAD 2 mean nothing. */
static void amd_dte(void)
{
	struct explained e =
		explain("amd_dte", NO_LEVEL,
			WORDS(0x76c0000000001603, 0xabcde800e0200005, 0x0040000000000000, 0));

	FIELD_IS(&e, "Mode", 3);
	FIELD_IS(&e, "HostPageTableRoot", 0x1000);
	FIELD_IS(&e, "GLX", 2);
	FIELD_IS(&e, "GIoV", 1);
	FIELD_IS(&e, "GCR3TableRoot", 0x000abcdef0105000);
	FIELD_IS(&e, "DomainID", 5);
	FIELD_SAYS(&e, "GuestPagingMode", "guest tables of five levels");
	NONE_RESERVED(&e);
	e = explain("amd_dte", NO_LEVEL, WORDS(0xe000000000000f7f, 0x0000040000000000, 0, 0));
	CHECK_EQ(reserved(&e), 5); /* 6:2, HAD 2, Mode 7, 63, 106 */
	NO_FIELD(&e, "GCR3TableRoot");
	e = explain("amd_dte", NO_LEVEL, WORDS(0x0000000012345003, 0, 0x8000000123456713, 0));
	NO_FIELD(&e, "HostPageTableRoot");
	FIELD_SAYS(&e, "IntTabLen", "512 entries of the interrupt table");
	FIELD_IS(&e, "InterruptTableRoot", 0x123456700);
	FIELD_IS(&e, "Lint1Pass", 1);
	e = explain("amd_dte", NO_LEVEL, WORDS(~1ULL, ~0ULL, 0, 0)); /* V 0 */
	NONE_RESERVED(&e);
}

/* 48882, 2.4.3, 2.4.4, 2.4.7, 2.5.3. PASID 0xabcde, which stands in another way in each. */
static void amd_queues(void)
{
	struct explained e = explain("amd_cmd", NO_LEVEL, WORDS(0x30001234000abcde, 0x7fff1007));

	FIELD_IS(&e, "PASID", 0xabcde);
	FIELD_IS(&e, "DomainID", 0x1234);
	FIELD_IS(&e, "PDE", 1);
	FIELD_SAYS(&e, "Address", "the pages, 16K at 0x7fff0000"); /* a zero in bit 13 */
	NONE_RESERVED(&e);
	e = explain("amd_cmd", NO_LEVEL, WORDS(0x4ade567820bc00fb, 0x00007fff00000004));
	FIELD_IS(&e, "PASID", 0xabcde);
	FIELD_IS(&e, "QueueID", 0x5678);
	FIELD_IS(&e, "Maxpend", 0x20);
	FIELD_SAYS(&e, "DeviceID", "00:1f.3");
	FIELD_IS(&e, "Address", 0x7fff00000000);
	NONE_RESERVED(&e);
	e = explain("amd_cmd", NO_LEVEL, WORDS(0x700abcde000000fb, 0x0000f12300000004));
	CHECK_STR(e.layout->title, "COMPLETE_PPR_REQUEST");
	FIELD_IS(&e, "PASID", 0xabcde);
	FIELD_IS(&e, "PRGIndex", 0x123);
	FIELD_SAYS(&e, "ResponseCode", "failure");
	e = explain("amd_cmd", NO_LEVEL, WORDS(0xf000000000000000, 0));
	CHECK_EQ(reserved(&e), 1);
	e = explain("amd_event", NO_LEVEL, WORDS(0x2031bcde000a00fb, 0x123456789));
	FIELD_IS(&e, "PASID", 0xabcde);
	FIELD_IS(&e, "GN", 1);
	FIELD_IS(&e, "PR", 1);
	FIELD_IS(&e, "RW", 1);
	FIELD_IS(&e, "Address", 0x123456789);
	NONE_RESERVED(&e);
	e = explain("amd_event", NO_LEVEL, WORDS(0x20301234000000fb, 0));
	FIELD_IS(&e, "DomainID", 0x1234);
	NO_FIELD(&e, "PASID");
	e = explain("amd_ppr", NO_LEVEL, WORDS(0x1124292abcde00fb, 0x5000));
	FIELD_IS(&e, "PPRTag", 0x12a);
	FIELD_IS(&e, "PASID", 0xabcde);
	FIELD_IS(&e, "Address", 0x5000);
}

/* D51397, 9.3, 9.4, 9.6. */
static void vtd_entries(void)
{
	struct explained e = explain("vtd_context", NO_LEVEL, WORDS(0x12345007, 0x00123402));

	FIELD_IS(&e, "FPD", 1);
	FIELD_SAYS(&e, "TT", "by the second stage; the device may ask for translations");
	FIELD_IS(&e, "SSPTPTR", 0x12345000);
	FIELD_IS(&e, "DID", 0x1234);
	FIELD_SAYS(&e, "AW", "48 bits, four levels");
	NONE_RESERVED(&e);
	e = explain("vtd_context", NO_LEVEL, WORDS(0x1234500d, 0x80)); /* TT 3, AW 0, 71 */
	CHECK_EQ(reserved(&e), 3);
	e = explain("vtd_context_scalable", NO_LEVEL, WORDS(0x12345e1d, 0x1abcde, 0, 0));
	FIELD_SAYS(&e, "PDTS", "16384 entries of the PASID directory");
	FIELD_IS(&e, "RID_PASID", 0xabcde);
	FIELD_IS(&e, "RID_PRIV", 1);
	NONE_RESERVED(&e);
	/* nested, AW 2, SSADE; DID 7, PWSNP; FSPM 1, SRE */
	e = explain("vtd_pasid", NO_LEVEL, WORDS(0x123452c9, 0x800007, 0x67890005));
	FIELD_SAYS(&e, "PGTT", "first stage on second stage");
	FIELD_IS(&e, "AW", 2);
	FIELD_IS(&e, "SSADE", 1);
	FIELD_IS(&e, "SSPTPTR", 0x12345000);
	FIELD_IS(&e, "DID", 7);
	FIELD_IS(&e, "PWSNP", 1);
	FIELD_SAYS(&e, "FSPM", "five levels");
	FIELD_IS(&e, "FSPTPTR", 0x67890000);
	NONE_RESERVED(&e);
	e = explain("vtd_pasid", NO_LEVEL, WORDS(0x12345141, 0x10000, 0x67890005, 0, 0, 0, 0, 1));
	CHECK_EQ(reserved(&e), 3); /* PGTT 5, bits 80, 448; AW is ignored */
}

/* D51397, 6.5.2, 11.4.14, 7.4.1. */
static void vtd_queues(void)
{
	struct explained e = explain("vtd_qi", NO_LEVEL, WORDS(0x123400f2, 0x7fff00049));

	FIELD_SAYS(&e, "G", "pages of the domain");
	FIELD_IS(&e, "DW", 1);
	FIELD_IS(&e, "DR", 1);
	FIELD_IS(&e, "DID", 0x1234);
	FIELD_SAYS(&e, "AM", "512 pages of 4K");
	FIELD_IS(&e, "IH", 1);
	FIELD_IS(&e, "ADDR", 0x7fff00000);
	NONE_RESERVED(&e);
	e = explain("vtd_qi_wide", NO_LEVEL, WORDS(0x00000000123400f2, 0x7fff00049, 0, 1));
	CHECK_EQ(reserved(&e), 1);
	/* PFSID 0xabc5: 5 in 15:12, 0xabc in 63:52; MIP 3, SID 00:1f.3; S, 2^21 bytes */
	e = explain("vtd_qi", NO_LEVEL, WORDS(0xabc000fb00035003, 0x7ffeff001));
	FIELD_IS(&e, "PFSID", 0xabc5);
	FIELD_IS(&e, "MIP", 3);
	FIELD_SAYS(&e, "SID", "00:1f.3");
	FIELD_SAYS(&e, "ADDR", "the pages, 2M at 0x7ffe00000");
	NONE_RESERVED(&e);
	e = explain("vtd_qi", NO_LEVEL, WORDS(0x0000002a00000035, 0x12345678));
	CHECK_STR(e.layout->title, "invalidation wait");
	FIELD_IS(&e, "data", 0x2a);
	FIELD_IS(&e, "address", 0x12345678);
	e = explain("vtd_qi", NO_LEVEL, WORDS(0x0000000000000205, 0)); /* type 0x15 */
	CHECK_EQ(reserved(&e), 1);
	/* F, T1, PV 0xabcde, FR 0x71, PP, EXE; SID 00:1f.3 */
	e = explain("vtd_fault", NO_LEVEL, WORDS(0x7fff12345000, 0xcabcde71c00000fb));
	FIELD_SAYS(&e, "T2,T1", "a read");
	FIELD_SAYS(&e, "FR", "a first-stage entry is not present");
	FIELD_IS(&e, "PV", 0xabcde);
	FIELD_IS(&e, "EXE", 1);
	FIELD_IS(&e, "FI", 0x7fff12345000);
	NONE_RESERVED(&e);
	e = explain("vtd_prq", NO_LEVEL, WORDS(0x003abcde00fb0101, 0x591d, 0, 0));
	FIELD_IS(&e, "PASID", 0xabcde);
	FIELD_IS(&e, "PRGI", 0x123);
	FIELD_IS(&e, "RD", 1);
	FIELD_IS(&e, "LPIG", 1);
	FIELD_IS(&e, "PMR", 1);
	NONE_RESERVED(&e);
}

/* IHI 0070, 5.1 to 5.4. */
static void smmu(void)
{
	/* both stages: S1Fmt 2, S1CDMax 10; S1DSS 2, EATS 1, SHCFG 1; VMID 7, T0SZ 24, SL0 1, 16K, S2R */
	struct explained e = explain("smmu_ste", NO_LEVEL,
				     WORDS(0x500000001234002f, 0x00001000100000d6,
					   0x040db55800000007, 0x45678000));

	FIELD_SAYS(&e, "Config", "stage 1 on stage 2");
	FIELD_SAYS(&e, "S1Fmt", "two levels, tables of 64K");
	FIELD_SAYS(&e, "S1CDMax", "1024 context descriptors");
	FIELD_IS(&e, "S1ContextPtr", 0x12340000);
	FIELD_IS(&e, "S1DSS", 2);
	FIELD_IS(&e, "EATS", 1);
	FIELD_IS(&e, "SHCFG", 1);
	FIELD_IS(&e, "S2VMID", 7);
	FIELD_SAYS(&e, "S2T0SZ", "40 bits of input");
	FIELD_IS(&e, "S2SL0", 1);
	FIELD_SAYS(&e, "S2TG", "16K");
	FIELD_SAYS(&e, "S2PS", "48 bits");
	FIELD_IS(&e, "S2AA64", 1);
	FIELD_IS(&e, "S2R", 1);
	FIELD_IS(&e, "S2TTB", 0x45678000);
	NONE_RESERVED(&e);
	/* bypass: what the stages have is ignored; SHCFG 1 */
	e = explain("smmu_ste", NO_LEVEL,
		    WORDS(0xf80ffffffffffff9, 0x00001000000000ff, ~0ULL << 32, ~0ULL));
	NO_FIELD(&e, "S2TTB");
	NO_FIELD(&e, "S1CDMax");
	NONE_RESERVED(&e);
	e = explain("smmu_ste", NO_LEVEL, WORDS(0x0700000000000003)); /* Config 1 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("smmu_ste", NO_LEVEL, WORDS(0x0700000000000009)); /* bypass, bits 58:56 */
	CHECK_EQ(reserved(&e), 1);
	/* TTB0 of 48 bits, 4K; TTB1 off; IPS 48 bits; R, A; ASID 0x1234 */
	e = explain("smmu_cd", NO_LEVEL,
		    WORDS(0x12346205c0003510, 0x12345002, 0x0400000000000000, 0x04ff44));
	FIELD_SAYS(&e, "T0SZ", "48 bits of input, of TTB0");
	FIELD_SAYS(&e, "TG0", "4K");
	FIELD_IS(&e, "EPD1", 1);
	NO_FIELD(&e, "T1SZ");
	NO_FIELD(&e, "TTB1");
	FIELD_IS(&e, "IPS", 5);
	FIELD_IS(&e, "ASID", 0x1234);
	FIELD_IS(&e, "TTB0", 0x12345000);
	FIELD_IS(&e, "HAD0", 1);
	FIELD_IS(&e, "DS", 1);
	FIELD_IS(&e, "MAIR", 0x04ff44);
	NONE_RESERVED(&e);
	e = explain("smmu_l1std", NO_LEVEL, WORDS(0x0000000012345009));
	FIELD_SAYS(&e, "Span", "a table of 256 entries");
	FIELD_IS(&e, "L2Ptr", 0x12345000);
	e = explain("smmu_l1cd", NO_LEVEL, WORDS(0x0000000012345003));
	FIELD_IS(&e, "L2Ptr", 0x12345000);
	CHECK_EQ(reserved(&e), 1);
}

/* IHI 0070, chapter 4; 7.3; 8.2. */
static void smmu_queues(void)
{
	struct explained e =
		explain("smmu_cmd", NO_LEVEL, WORDS(0x1234000700903012, 0x7fff0000701));

	CHECK_STR(e.layout->title, "CMD_TLBI_NH_VA");
	FIELD_IS(&e, "NUM", 3);
	FIELD_SAYS(&e, "SCALE", "512 granules");
	FIELD_IS(&e, "VMID", 7);
	FIELD_IS(&e, "ASID", 0x1234);
	FIELD_IS(&e, "Leaf", 1);
	FIELD_SAYS(&e, "TTL", "Arm's level 3");
	FIELD_SAYS(&e, "TG", "4K");
	FIELD_IS(&e, "Address", 0x7fff0000000);
	NONE_RESERVED(&e);
	e = explain("smmu_cmd", NO_LEVEL, WORDS(0x1234000700003012, 0x7fff0000001)); /* NUM, TG 0 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("smmu_cmd", NO_LEVEL,
		    WORDS(0x1234000700000011, 1)); /* an address is not for it */
	CHECK_EQ(reserved(&e), 1);
	e = explain("smmu_cmd", NO_LEVEL, WORDS(0x0000002a0fc01046, 0x12345678));
	FIELD_IS(&e, "CS", 1);
	FIELD_IS(&e, "MSH", 3);
	FIELD_IS(&e, "MSIAttr", 15);
	FIELD_IS(&e, "MSIData", 0x2a);
	FIELD_IS(&e, "MSIAddress", 0x12345678);
	NONE_RESERVED(&e);
	e = explain("smmu_cmd", NO_LEVEL, WORDS(0x000000fbabcde840, 0x7ffe00009));
	FIELD_IS(&e, "SubstreamID", 0xabcde);
	FIELD_IS(&e, "StreamID", 0xfb);
	FIELD_SAYS(&e, "Size", "512 pages of 4K; with 52 everything");
	FIELD_IS(&e, "Address", 0x7ffe00000);
	NONE_RESERVED(&e);
	e = explain("smmu_cmd", NO_LEVEL, WORDS(0x14, 0)); /* opcode 0x14 */
	CHECK_EQ(reserved(&e), 1);
	e = explain("smmu_event", NO_LEVEL,
		    WORDS(0x000000fbabcde813, 0x0000118a80001234, 0x7fff12345678, 0x45678000));
	CHECK_STR(e.layout->title, "F_PERMISSION");
	FIELD_IS(&e, "STAG", 0x1234);
	FIELD_IS(&e, "Stall", 1);
	FIELD_IS(&e, "RnW", 1);
	FIELD_IS(&e, "PnU", 1);
	FIELD_IS(&e, "InD", 0);
	FIELD_IS(&e, "S2", 1);
	FIELD_SAYS(&e, "CLASS", "for a stage 1 table");
	FIELD_IS(&e, "TTRnW", 1);
	FIELD_IS(&e, "InputAddr", 0x7fff12345678);
	FIELD_IS(&e, "IPA", 0x45678000);
	NONE_RESERVED(&e);
	e = explain("smmu_event", NO_LEVEL, WORDS(0x000000fb00000003, 0x10005, 0, 0x12345678));
	FIELD_IS(&e, "Reason", 5);
	FIELD_IS(&e, "GPCF", 1);
	FIELD_IS(&e, "FetchAddr", 0x12345678);
	NONE_RESERVED(&e);
	e = explain("smmu_pri", NO_LEVEL, WORDS(0xf00abcde000000fb, 0x5123));
	FIELD_IS(&e, "SubstreamID", 0xabcde);
	FIELD_IS(&e, "Last", 1);
	FIELD_IS(&e, "W", 1);
	FIELD_IS(&e, "X", 0);
	FIELD_IS(&e, "PRGIndex", 0x123);
	FIELD_IS(&e, "PageAddr", 0x5000);
	NONE_RESERVED(&e);
}

/* RISC-V IOMMU: "Device-context fields", "Process-context fields", "Command-Queue", "Fault/Event-Queue". */
static void riscv_iommu(void)
{
	struct explained e = explain("riscv_dc_ext", NO_LEVEL,
				     WORDS(0x123, 0x8123400000012344, 0xabcde000,
					   0x2000000000045678, 0x1000000000056789, 0xff, 0x28000));

	FIELD_IS(&e, "tc.EN_ATS", 1);
	FIELD_IS(&e, "tc.SADE", 1);
	FIELD_IS(&e, "iohgatp.PPN", 0x12344000);
	FIELD_IS(&e, "iohgatp.GSCID", 0x1234);
	FIELD_SAYS(&e, "iohgatp.MODE", "Sv39x4");
	FIELD_IS(&e, "ta.PSCID", 0xabcde);
	FIELD_SAYS(&e, "fsc.MODE", "PD17: two levels");
	FIELD_IS(&e, "fsc.PPN", 0x45678000);
	FIELD_IS(&e, "msiptp.PPN", 0x56789000);
	FIELD_IS(&e, "msi_addr_mask", 0xff000);
	FIELD_IS(&e, "msi_addr_pattern", 0x28000000);
	NONE_RESERVED(&e);
	e = explain("riscv_dc", NO_LEVEL,
		    WORDS(0x1001, 0, 1, 0x2000000000045678)); /* 12; ta 0; iosatp 2 */
	CHECK_EQ(reserved(&e), 3);
	e = explain("riscv_pc", NO_LEVEL, WORDS(0xabcde003, 0xa000000000045678));
	FIELD_IS(&e, "ta.ENS", 1);
	FIELD_SAYS(&e, "fsc.MODE", "Sv57");
	NONE_RESERVED(&e);
	e = explain("riscv_msi", NO_LEVEL, WORDS(0x048d1407, ~0ULL));
	FIELD_IS(&e, "PPN", 0x12345000);
	NONE_RESERVED(&e);
	e = explain("riscv_cmd", NO_LEVEL, WORDS(0x01234003abcde401, 0x1fffbfe00));
	CHECK_STR(e.layout->title, "IOTINVAL.VMA");
	FIELD_IS(&e, "PSCID", 0xabcde);
	FIELD_IS(&e, "GSCID", 0x1234);
	FIELD_SAYS(&e, "ADDR", "the pages, 2M at 0x7ffe00000");
	NONE_RESERVED(&e);
	e = explain("riscv_cmd", NO_LEVEL, WORDS(0x0000fb01abcde084, 0x00fb112300000000));
	CHECK_STR(e.layout->title, "ATS.PRGR");
	FIELD_IS(&e, "PID", 0xabcde);
	FIELD_SAYS(&e, "RID", "00:1f.3");
	FIELD_IS(&e, "PRGI", 0x123);
	FIELD_SAYS(&e, "response", "invalid request");
	FIELD_SAYS(&e, "destination", "00:1f.3");
	NONE_RESERVED(&e);
	e = explain("riscv_fault", NO_LEVEL,
		    WORDS(0x0000fb09abcde015, 0, 0x7fff12345678, 0x45678003));
	FIELD_SAYS(&e, "CAUSE", "read guest page fault");
	FIELD_SAYS(&e, "TTYP", "untranslated: a read");
	FIELD_IS(&e, "PID", 0xabcde);
	FIELD_IS(&e, "DID", 0xfb);
	FIELD_IS(&e, "iotval", 0x7fff12345678);
	FIELD_IS(&e, "iotval2[0]", 1);
	FIELD_IS(&e, "iotval2[1]", 1);
	FIELD_IS(&e, "iotval2", 0x45678000);
	NONE_RESERVED(&e);
	e = explain("riscv_prq", NO_LEVEL, WORDS(0x0000fb01abcde000, 0x591d));
	FIELD_IS(&e, "PRGI", 0x123);
	FIELD_IS(&e, "R", 1);
	FIELD_IS(&e, "L", 1);
	FIELD_IS(&e, "address", 0x5000);
	NONE_RESERVED(&e);
}

TEST_SUITE(decode_literals, TEST(amdv1), TEST(x86_64), TEST(vtd_ss), TEST(arm), TEST(riscv),
	   TEST(amd_dte), TEST(amd_queues), TEST(vtd_entries), TEST(vtd_queues), TEST(smmu),
	   TEST(smmu_queues), TEST(riscv_iommu));
