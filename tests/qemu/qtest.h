/* SPDX-License-Identifier: MIT */
/*
 * A QEMU that a test drives over the qtest protocol: register accesses as lines of text, each
 * answered by one line. Nothing here waits for ever: an answer that does not come fails the test.
 */
#ifndef TESTS_QEMU_QTEST_H
#define TESTS_QEMU_QTEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Files handed to QEMU, for its command line. */
#define QTEST_RAM_PATH	    "/proc/self/fd/4"
#define QTEST_FIRMWARE_PATH "/proc/self/fd/5"

struct qtest {
	pid_t pid;  /* 0 when none runs */
	int socket; /* the protocol */
	int log;    /* what QEMU printed */
	size_t held;
	char text[256]; /* received, not read yet */
	unsigned posted;
};

/*
 * The version of an installed QEMU ("7.2.22"), or NULL when the program is not there, which is
 * said loudly: the build reports such tests as skipped.
 */
const char *qtest_version(const char *program);

/* A file in memory, of zeros, that can be handed to QEMU. */
int qtest_file(const char *name, uint64_t bytes);

/* Starts a QEMU, with these files to be found under the paths above. Ends one left running. */
void qtest_start(struct qtest *qtest, const char *const argv[], int ram, int firmware);

/* Ends it. Safe to call twice. */
void qtest_stop(struct qtest *qtest);

uint32_t qtest_readl(struct qtest *qtest, uint64_t addr);
uint64_t qtest_readq(struct qtest *qtest, uint64_t addr);
void qtest_writel(struct qtest *qtest, uint64_t addr, uint32_t value);
void qtest_writeq(struct qtest *qtest, uint64_t addr, uint64_t value);

/* Sends a write and does not wait: what comes next waits for it. */
void qtest_post_writeq(struct qtest *qtest, uint64_t addr, uint64_t value);

uint32_t qtest_inl(struct qtest *qtest, uint16_t port);
void qtest_outl(struct qtest *qtest, uint16_t port, uint32_t value);

#endif
