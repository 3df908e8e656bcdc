/* SPDX-License-Identifier: MIT */
/*
 * Images of a machine's memory: raw files, ELF cores, and makedumpfile's flattened ones. Nothing is
 * loaded: what a walk asks for is read then, and holes of sparse files are read as the zeros that they are.
 * Files are read, not mapped: one that somebody cuts off meanwhile is an error, no SIGBUS.
 */
#ifndef IOMT_TOOL_IMAGE_H
#define IOMT_TOOL_IMAGE_H

#include "pieces.h"
#include "tool.h"
#include <iomt/walk.h>

#define IMAGE_FILES 8

/* What is to be read, and how. */
struct image_file_cfg {
	const char *path;
	uint64_t base; /* of a raw image: the guest address of its first byte */
	bool raw;      /* whatever the file begins with */
};

struct image_cfg {
	struct image_file_cfg files[IMAGE_FILES]; /* where they overlap, the first has it */
	unsigned count;
	bool truncated; /* what is missing at their ends is not there, and no error */
};

/* A word that was read, while somebody listens. */
struct image_word {
	uint64_t address, value;
};

struct image_file {
	const char *path;
	int fd;
	int error; /* errno of a read that failed; EIO: the file has become shorter */
	uint64_t size;
	uint64_t *tags; /* of blocks that are remembered: their number + 1 */
	unsigned char *blocks;
	struct pieces flat; /* of a flattened file: where bytes of the core are. Else none */
	uint64_t core_size; /* bytes of the core; of others the file's */
	struct pieces map;  /* guest addresses to offsets in the core */
};

struct image {
	struct tool *tool;
	struct iomt_guest_mem mem;
	uint64_t reads;
	uint64_t missing; /* words that were asked for and are in no file */
	uint64_t first_missing;
	struct image_file files[IMAGE_FILES];
	unsigned count;

	/* where words go that are read; NULL: nobody listens */
	struct image_word *words;
	size_t words_room, words_count;
};

/*
 * Opens the files and finds out what they are. False, and tool_fail has said why; then too the image is
 * to be closed.
 */
bool image_open(struct tool *tool, struct image *image, const struct image_cfg *cfg);
void image_close(struct image *image);

/* An entry of a table is not there. */
void image_miss(struct image *image, uint64_t address);

/* Whether reading files failed, which the tables would take for missing memory; tool_fail has said so. */
bool image_failed(struct tool *tool, const struct image *image);

/* Bytes of the core itself. False: they are beyond its end, or the file cannot be read. */
bool image_core_read(struct image_file *file, uint64_t offset, void *bytes, size_t count);

/* The kinds of files. False, and tool_fail has said why. */
bool image_index_flat(struct tool *tool, struct image_file *file, bool truncated);
bool image_map_elf(struct tool *tool, struct image_file *file, bool truncated);

#endif
