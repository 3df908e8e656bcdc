/* SPDX-License-Identifier: MIT */
/*
 * Flattened dumps (makedumpfile -F): a dump as a list of writes, for a pipe that cannot seek. A block of
 * 4096 bytes with the signature, then records of offset, size and data, all big-endian; both are -1 at
 * the end. Later records overwrite earlier ones. What is in them is a core, read through this index.
 */
#include "image.h"
#include <endian.h>
#include <inttypes.h>

#define FIRST_RECORD 4096u
#define END	     UINT64_MAX

struct head {
	char signature[16];
	uint64_t type, version; /* both 1 */
};

struct record {
	uint64_t offset, size;
};

/* Where a scan of the records is. */
struct scan {
	struct tool *tool;
	struct image_file *file;
	bool truncated; /* that is no error */
	uint64_t at;	/* the next record */
	uint64_t end;	/* of the core, as far as it is known */
	struct pieces pieces;
};

enum step { STEP_BAD, STEP_MORE, STEP_END };

static enum step cut_off(const struct scan *scan)
{
	if (scan->truncated)
		return STEP_END;
	tool_fail(scan->tool, scan->file->path,
		  "it is truncated: it ends within the record at byte 0x%" PRIx64
		  "; --truncated takes what is there",
		  scan->at);
	return STEP_BAD;
}

static enum step add_record(struct scan *scan, uint64_t offset, uint64_t size)
{
	uint64_t data = scan->at + sizeof(struct record), room = scan->file->size - data;
	uint64_t there = size < room ? size : room;

	if (there && !pieces_add(&scan->pieces, offset, offset + (there - 1), data)) {
		tool_no_memory(scan->tool);
		return STEP_BAD;
	}
	if (there && scan->end < offset + there)
		scan->end = offset + there;
	if (there < size)
		return cut_off(scan);
	scan->at = data + size;
	return STEP_MORE;
}

static enum step take_record(struct scan *scan)
{
	struct record record;
	uint64_t offset, size;

	if (!image_core_read(scan->file, scan->at, &record, sizeof(record)))
		return scan->file->error ? STEP_BAD : cut_off(scan);
	offset = be64toh(record.offset);
	size = be64toh(record.size);
	if (offset == END && size == END)
		return STEP_END;
	if (size && size <= INT64_MAX && offset <= INT64_MAX - size)
		return add_record(scan, offset, size);
	tool_fail(scan->tool, scan->file->path,
		  "the record at byte 0x%" PRIx64 " cannot be: 0x%" PRIx64 " bytes at 0x%" PRIx64,
		  scan->at, size, offset);
	return STEP_BAD;
}

static bool is_known(struct tool *tool, struct image_file *file)
{
	struct head head;

	if (image_core_read(file, 0, &head, sizeof(head)) && be64toh(head.type) == 1 &&
	    be64toh(head.version) == 1)
		return true;
	tool_fail(tool, file->path, "it begins as makedumpfile's, but is of no version known here");
	return false;
}

bool image_index_flat(struct tool *tool, struct image_file *file, bool truncated)
{
	struct scan scan = {.tool = tool, .file = file, .truncated = truncated, .at = FIRST_RECORD};
	enum step step = STEP_MORE;

	if (!is_known(tool, file))
		return false;
	while (step == STEP_MORE) {
		tool_progress(tool, "indexing", scan.at, file->size);
		step = take_record(&scan);
	}
	file->flat = scan.pieces; /* from here on the core is what they make of the file */
	file->core_size = scan.end;
	if (step == STEP_END && !scan.pieces.count)
		tool_fail(tool, file->path, "there is nothing in it");
	else if (step == STEP_END && !pieces_settle(&file->flat, true))
		tool_no_memory(tool);
	else
		return step == STEP_END;
	return false;
}
