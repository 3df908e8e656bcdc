/* SPDX-License-Identifier: MIT */
/*
 * Traces of events as files, text or binary; docs/iotlb-model.md describes both. Readers stop at the
 * first thing that is wrong, and say where it is and why.
 */
#ifndef SIMULATE_TRACE_H
#define SIMULATE_TRACE_H

#include <iomt/model.h>
#include <stdio.h>

/* What a text file begins with, and a binary one. */
#define TRACE_HEAD  "iomt-trace 1"
#define TRACE_MAGIC "IOMTTRC\1"

#define TRACE_LINE 1024 /* characters of a line at most */

struct trace_reader {
	FILE *file;
	bool binary;
	uint64_t number;  /* of the line, from 1, or of the record, from 0 */
	char reason[160]; /* after an error: "line 3: ..." or "record 7: ..." */
	char line[TRACE_LINE + 1];
};

/* Takes the file, not to close it, and finds out what it is. False: see reason. */
bool trace_begin(struct trace_reader *reader, FILE *file);

/* 1: *event is the next one; 0: there are no more; -1: see reason. */
int trace_next(struct trace_reader *reader, struct iomt_event *event);

/* The begin of a file, and an event; false where the file cannot be written. */
bool trace_write_head(FILE *file, bool binary);
bool trace_write(FILE *file, bool binary, const struct iomt_event *event);

/*
 * Linux's tracepoints iommu:map, iommu:unmap and dma:dma_map_* as trace-cmd or tracefs print them.
 * A line of another event is skipped; one of these that is not as it should be ends the import.
 */
struct import {
	/* to be set by the caller */
	uint64_t page_sizes; /* bit k: tables have leaves of 2^k bytes */
	uint32_t batch;	     /* unmaps for one invalidation of all; 0: each its own, leaves only */
	bool (*event)(void *ctx, const struct iomt_event *event); /* false: stop */
	void *ctx;

	/* results */
	uint64_t lines, skipped, events;
	uint64_t unknown; /* accesses to what was mapped before the trace began: taken as 4K */
	char reason[160];

	/* private */
	void *ranges; /* a tree of what is mapped */
	uint64_t begin_ps;
	uint32_t waiting;
};

/* False: see reason, or the callback stopped it and there is none. */
bool import_linux(struct import *import, FILE *file);

#endif
