/* SPDX-License-Identifier: MIT */
/*
 * The fault codes that walks can end in, by architecture: what the library reports is in its list, and a
 * suite of literal tables raises each of them.
 *
 * A suite's last test plays its cases again, and asks codes_check; so it holds in a runner that gives each
 * test a process, too.
 */
#ifndef TESTS_WALK_CODES_H
#define TESTS_WALK_CODES_H

#include <iomt/walk.h>
#include <stddef.h>

#define CODES_MOST 64u

struct codes {
	const char *name;
	size_t count;
	struct {
		uint32_t code;
		const char *text;
	} list[CODES_MOST];
};

/* Which of a list were raised. */
struct codes_seen {
	const struct codes *codes;
	bool seen[CODES_MOST];
};

/* AMD: the event's code << 8, and with it each flag that an event had, as its bit's number. */
extern const struct codes codes_amd;
/* VT-d: fault reasons. */
extern const struct codes codes_vtd;
extern const struct codes codes_vtd_scalable;
/* SMMUv3: event << 8; of those that walks raise also CLASS << 4 | S2. */
extern const struct codes codes_smmu;
/* Arm: FST. x86: the error code; 0x100 where the fault is another. RISC-V: causes. */
extern const struct codes codes_arm;
extern const struct codes codes_x86;
extern const struct codes codes_riscv;
extern const struct codes codes_riscv_device;

bool codes_has(const struct codes *codes, uint32_t code);

/* One that the library reported. It fails where the list has no such code. */
void codes_saw(struct codes_seen *seen, uint32_t code);

/* The same of the words of AMD's event, and of SMMUv3's record. */
void codes_saw_amd(struct codes_seen *seen, uint64_t word);
void codes_saw_smmu(struct codes_seen *seen, const uint64_t *record);

/* Calls "each" with every fault of a walk that a report could tell from another. */
void codes_all_faults(void (*each)(const struct iomt_walk_fault *fault));

/* Fails by name for what was not raised; prints how many were, and IOMT_TEST_CODES=1 which. */
void codes_check(const struct codes_seen *seen);

#endif
