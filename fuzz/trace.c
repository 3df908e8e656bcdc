/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a trace, or after a byte 'L' as Linux's lines. Readers end with the last event or with
 * a reason; events that were read can be written, and are the same when they are read again.
 */
#include "trace.h"
#include "target.h"
#include "test.h"
#include <stdlib.h>

/* What one run of the parsers made. */
struct written {
	FILE *file[2]; /* text, binary */
	uint64_t events;
};

static FILE *open_bytes(const uint8_t *data, size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "rb");

	CHECK(file);
	return file;
}

static bool write_both(void *ctx, const struct iomt_event *event)
{
	struct written *written = ctx;

	for (unsigned binary = 0; binary < 2; binary++)
		CHECK(trace_write(written->file[binary], binary, event));
	written->events++;
	return true;
}

static bool same(const struct iomt_event *a, const struct iomt_event *b)
{
	return a->time_ps == b->time_ps && a->address == b->address && a->bytes == b->bytes &&
	       a->pasid == b->pasid && a->rid == b->rid && a->domain == b->domain &&
	       a->unit == b->unit && a->op == b->op && a->leaf_lg2 == b->leaf_lg2 &&
	       a->flags == b->flags;
}

static void read_trace(FILE *file, struct written *written)
{
	struct trace_reader reader;
	struct iomt_event event;
	int got = -1;

	if (trace_begin(&reader, file)) {
		while ((got = trace_next(&reader, &event)) == 1)
			write_both(written, &event);
	}
	CHECK(got == 0 || reader.reason[0]);
}

static void import(FILE *file, struct written *written)
{
	struct import import = {.page_sizes = 1ULL << 12 | 1ULL << 21,
				.batch = 3,
				.event = write_both,
				.ctx = written};
	bool good = import_linux(&import, file);

	CHECK(good == !import.reason[0]);
	CHECK_EQ(import.events, written->events);
}

/* Both files say the same, as often as it was written. */
static void read_again(struct written *written, uint8_t *const *bytes, const size_t *sizes)
{
	struct trace_reader readers[2];
	struct iomt_event events[2];

	for (unsigned binary = 0; binary < 2; binary++)
		CHECK(trace_begin(&readers[binary], open_bytes(bytes[binary], sizes[binary])));
	for (uint64_t i = 0; i <= written->events; i++) {
		int wanted = i < written->events;

		for (unsigned binary = 0; binary < 2; binary++)
			CHECK_MSG(trace_next(&readers[binary], &events[binary]) == wanted, "%s",
				  readers[binary].reason);
		CHECK(!wanted || same(&events[0], &events[1]));
	}
	for (unsigned binary = 0; binary < 2; binary++) {
		fclose(readers[binary].file);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool lines = size && data[0] == 'L';
	struct written written = {.events = 0};
	char *bytes[2];
	size_t sizes[2];
	FILE *file;

	data += lines;
	size -= lines;
	if (!size) /* which fmemopen refuses */
		return 0;
	for (unsigned binary = 0; binary < 2; binary++) {
		written.file[binary] = open_memstream(&bytes[binary], &sizes[binary]);
		CHECK(written.file[binary]);
		CHECK(trace_write_head(written.file[binary], binary));
	}
	file = open_bytes(data, size);
	if (lines)
		import(file, &written);
	else
		read_trace(file, &written);
	fclose(file);
	for (unsigned binary = 0; binary < 2; binary++)
		fclose(written.file[binary]);
	read_again(&written, (uint8_t *const[]){(uint8_t *)bytes[0], (uint8_t *)bytes[1]}, sizes);
	free(bytes[0]);
	free(bytes[1]);
	return 0;
}
