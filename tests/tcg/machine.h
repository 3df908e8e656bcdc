/* SPDX-License-Identifier: MIT */
/*
 * A small machine in QEMU whose RAM is shared with the test, and a stub of ours that runs on it and
 * does what its mailbox says. The MMU emulation of QEMU is thus a witness of the tables that the
 * library builds in that RAM.
 */
#ifndef TESTS_TCG_MACHINE_H
#define TESTS_TCG_MACHINE_H

#include "pool.h"
#include <stdbool.h>

struct machine_kind {
	const char *suite;
	const char *qemu; /* the program */
	const char *cpu;
	const char *features;	 /* of the CPU: ",name=on,..." or "" */
	const char *const *args; /* further ones, ending with NULL */
	const char *stub;	 /* path of the raw binary */
	uint64_t ram_base;
	uint64_t ram_bytes;
	uint64_t stub_offset; /* in RAM */
	uint64_t mailbox_offset;
	uint64_t tables_offset;
	uint64_t tables_bytes;
};

/* As the stubs know it: offsets are constants there. */
struct mailbox {
	uint64_t ready;	  /* 0x00: the stub runs */
	uint64_t request; /* 0x08: the host adds one when a request is written */
	uint64_t answer;  /* 0x10: what request was, when it is done */
	uint64_t count;	  /* 0x18: of trials, up to MAILBOX_TRIALS */
	uint64_t regs[28];
	struct trial {
		uint64_t op;
		uint64_t address;
		uint64_t value; /* to store; then what was found */
		uint64_t fault;
	} trials[];
};

#define MAILBOX_TRIALS 1024

struct machine {
	const struct machine_kind *kind;
	char *ram;
	struct mailbox *mailbox;
	struct pool pool; /* for tables, in the machine's RAM */
	unsigned qemu;	  /* major version */
	int pid;
	int fd;
	unsigned tests;	  /* that have used it, for the users to count */
	uint64_t checked; /* translations */
	char note[96];	  /* what is being tried, for messages */
};

/*
 * The machine, running, with no table allocated: one per process, and another is ended for it.
 * NULL, and a message that begins with "SKIPPED:", where QEMU or the stub is missing. A machine
 * that does not come up fails the test.
 */
struct machine *machine_get(const struct machine_kind *kind);

/* Lets the stub forget all translations, and then do the mailbox's trials. Count is 0 then. */
void machine_run(struct machine *machine);

/* The 64-bit word at a physical address in RAM. */
uint64_t *machine_word(struct machine *machine, uint64_t phys);

#endif
