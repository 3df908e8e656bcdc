/* SPDX-License-Identifier: MIT */
/*
 * Commands as hardware reads them, from the figures of the specifications: a list of fields for
 * each, by the positions of their bits. Shares nothing with the library but struct iomt_cmd and the
 * names of its flags for what the hardware can do.
 */
#ifndef TESTS_MODEL_COMMANDS_H
#define TESTS_MODEL_COMMANDS_H

#include <iomt/iomt.h>

enum vendor {
	VENDOR_AMD,
	VENDOR_VTD,
	VENDOR_SMMU,
	VENDOR_RISCV,
	VENDORS,
};

/* What commands are read by: flags as of the vendor's decoder, and VT-d's MAMV. */
struct reader {
	enum vendor vendor;
	uint32_t flags;
	uint8_t mamv;
};

enum effect {
	EFFECT_NONE, /* illegal, or about something else */
	EFFECT_TRANSLATIONS,
	EFFECT_DEVICE_TRANSLATIONS,
	EFFECT_DEVICE_ENTRIES,
	EFFECT_PROCESS_ENTRIES,
	EFFECT_BARRIER,
};

#define ANY (-1)

/* What a command does. A tag that is ANY limits nothing. */
struct meaning {
	enum effect effect;
	int64_t domain;
	int64_t process;
	int64_t device;
	int64_t device_last;
	bool by_address;
	bool point; /* one address, and all on the way to it */
	uint64_t first;
	uint64_t last;
	bool tables; /* tables too */
	bool stage_1;
	bool stage_2;
	bool all_stage_1; /* whatever the address, which is of stage 2 */
	bool global;	  /* global mappings, though process is not ANY */
	bool el2;
	int granule_lg2; /* hints, 0 and -1 without */
	int level;
	bool store, interrupt, event, fence, reads, writes, drain;
	uint64_t address;
	uint64_t data;
};

/* Reads the entry at cmd (two of wide VT-d queues). */
void meaning_of(const struct reader *reader, const struct iomt_cmd *cmd, struct meaning *meaning);

/* The library reads the same, or refuses the same and writes nothing; the test fails otherwise. */
void check_decoder(const struct reader *reader, const struct iomt_cmd *cmd);

#endif
