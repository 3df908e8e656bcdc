/* SPDX-License-Identifier: MIT */
/* Runs of the command in this process, and images for them. */
#ifndef TESTS_TOOL_RUN_H
#define TESTS_TOOL_RUN_H

#include "test.h"
#include "tool.h"

#define RUN_WORDS 48

/* What a run said. */
struct ran {
	int code;
	char *out, *err;
};

/*
 * Runs "iomt" with the words of a line, which are parted by one space each; "%s" in it is the path of the
 * image. run_end frees what it said.
 */
struct ran run_line(const char *line, const char *image);
void run_end(struct ran *ran);

/* The same of a line that is to be refused: one line of error, which holds "why", and code 2. */
void run_refused(const char *line, const char *image, const char *why);

/* A file that has no name but this path, from bytes. image_drop closes it. */
struct blob {
	int fd;
	char path[32];
};

struct blob blob_make(const void *bytes, size_t count);
void blob_write(struct blob *blob, uint64_t at, const void *bytes, size_t count);
void blob_cut(struct blob *blob, uint64_t bytes);
void blob_drop(struct blob *blob);

/*
 * A small AMD V1 table at guest address 0x10000 (48882, 2.2.3): three levels, 0x1000 and 0x2000 mapped to
 * 0xabc000 and 0xabd000, RW; tables at 0x10000, 0x11000, 0x12000. Bytes from guest address 0x10000 on.
 */
#define TABLE_BASE  0x10000ULL
#define TABLE_BYTES 0x3000ULL
#define TABLE_LINE  "--format amdv1 --root 0x10000 --levels 3"
void make_table(uint64_t *words);

#endif
