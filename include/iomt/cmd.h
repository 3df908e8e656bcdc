/* SPDX-License-Identifier: MIT */
/*
 * Commands of IOMMUs: what the headers of the vendors share.
 *
 * A command is an entry of a queue that hardware reads, of 128 bits for all of them. Calls that
 * encode put commands into an array of the caller's, to be copied into the queue in that order, and
 * return how many entries they wrote; IOMT_ENOSPC, with nothing written, where the array is too
 * small. Calls that decode say what a command invalidates, for emulators; they accept any bytes, and
 * refuse with IOMT_EINVAL, nothing written, what the specification calls reserved or illegal.
 *
 * Everything here is pure computation: nothing touches hardware, waits or is locked, and all of
 * it may be called from any thread.
 *
 * A driver's invalidation, for AMD (the other vendors' have the same shape):
 *
 *	struct iomt_plan_policy policy = iomt_plan_covers(2);
 *	struct iomt_cmd cmds[2 + 1];
 *	int count = iomt_amd_gather(&target, &gather, &policy, cmds, 2);
 *
 *	count += iomt_amd_wait(IOMT_AMD_WAIT_STORE, done_phys, ++done, &cmds[count], 1);
 *	queue(cmds, count);
 *
 * Where devices cache translations themselves (PCIe ATS), the order is: IOTLB, wait, device TLBs,
 * wait; otherwise a device may ask again and be given what the IOTLB still holds.
 */
#ifndef IOMT_CMD_H
#define IOMT_CMD_H

#include <iomt/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One entry. word[0] holds bits 63:0 of the specification's figures. Hardware reads memory as
 * little-endian: a big-endian processor swaps each word on the way.
 */
struct iomt_cmd {
	uint64_t word[2]; /* bits 63:0, and 127:64 */
};

/* What a decoded command does. */
enum iomt_inv_kind {
	IOMT_INV_IOTLB,	     /* drops translations */
	IOMT_INV_DEVICE_TLB, /* makes a device drop translations (PCIe ATS) */
	IOMT_INV_DEVICE,     /* drops what is cached of DTE, context entry, STE, device context */
	IOMT_INV_PROCESS,    /* drops what is cached of PASID entry, CD, process context */
	IOMT_INV_WAIT,	     /* completes when the commands before it have */
};

/* iomt_inv.flags: what limits the command (the field of the same name), and how it is meant */
#define IOMT_INV_BY_DOMAIN  0x0001u /* domain */
#define IOMT_INV_BY_PROCESS 0x0002u /* process */
#define IOMT_INV_BY_DEVICE  0x0004u /* device to device_last */
#define IOMT_INV_BY_ADDRESS 0x0008u /* first and last; without it they are 0 and 2^64 - 1 */
#define IOMT_INV_STAGE_1    0x0010u /* first-stage, guest, VMA: alone where STAGE_2 is not set */
#define IOMT_INV_STAGE_2    0x0020u /* second-stage, host, IPA, GVMA */
#define IOMT_INV_LEAVES	    0x0040u /* what is cached of tables may stay */
#define IOMT_INV_GLOBAL	    0x0080u /* global mappings too, though limited by process */
#define IOMT_INV_EL2	    0x0100u /* SMMUv3: of the hypervisor's own streams */
#define IOMT_INV_STORE	    0x0200u /* wait: stores data at address */
#define IOMT_INV_INTERRUPT  0x0400u /* wait: raises an interrupt */
#define IOMT_INV_EVENT	    0x0800u /* wait: sends an event (SMMUv3 SEV) */
#define IOMT_INV_FENCE	    0x1000u /* wait: later commands do not begin before */
#define IOMT_INV_READS	    0x2000u /* IOTLB, wait: reads that were translated are done */
#define IOMT_INV_WRITES	    0x4000u /* and writes */
#define IOMT_INV_DRAIN	    0x8000u /* wait: page requests are drained */

/*
 * With STAGE_2 by address (VT-d): translations of the domain that a first stage took part in, alone
 * or nested, all go, whatever their address.
 */
#define IOMT_INV_ALL_STAGE_1 0x10000u

/*
 * A decoded command. An emulator drops every entry that overlaps [first, last]. Hardware may keep
 * those that lie in it in part (AMD, VT-d), and those of other levels than that hinted at.
 */
struct iomt_inv {
	enum iomt_inv_kind kind; /* what it is about */
	uint32_t flags;		 /* IOMT_INV_* */
	uint32_t domain;	 /* domain id, VMID, GSCID */
	uint32_t process;	 /* PASID, ASID, SSID, PSCID */
	uint32_t device;	 /* RID, StreamID, device_id; RISC-V ATS: segment << 16 | RID */
	uint32_t device_last;	 /* of a range of devices, inclusive; else the same as device */
	uint64_t first;		 /* bytes */
	uint64_t last;		 /* inclusive */
	uint64_t address;	 /* wait: physical address of the store */
	uint64_t data;		 /* and what is stored */
	uint8_t granule_lg2;	 /* SMMUv3: log2 of the granule hinted at, or 0 */
	int8_t level;		 /* SMMUv3: the level of all leaves (0 holds granules), or -1 */
};

#ifdef __cplusplus
}
#endif
#endif
