/* SPDX-License-Identifier: MIT */
/*
 * Lines of Linux's trace, as include/trace/events/iommu.h and dma.h print them:
 *
 *	... 12.345678: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096
 *	... 12.345679: unmap: IOMMU: iova=0x1000 - 0x2000 size=4096 unmapped_size=4096
 *	... 12.345679: dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=5000 ...
 *	... 12.345679: dma_map_sg: 0000:01:00.0 dir=... dma_addrs={0x1000,0x3000} sizes={0x80,0x80} ...
 *
 * The DMA itself leaves no trace: each buffer is taken to be accessed once, when it is mapped.
 */
#include "line.h"
#include "trace.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 65536 /* characters of a line */

/* What is mapped, with inclusive last addresses. No two in the tree overlap. */
struct range {
	uint64_t first, last;
	uint64_t paddr;
};

/* Ranges that overlap count as equal: so the tree finds what meets a range. */
static int compare(const void *a, const void *b)
{
	const struct range *one = a, *two = b;

	return one->last < two->first ? -1 : one->first > two->last;
}

__attribute__((format(printf, 2, 3))) static bool complain(struct import *import,
							   const char *format, ...)
{
	int used = snprintf(import->reason, sizeof(import->reason), "line %" PRIu64 ": ",
			    import->lines);
	va_list args;

	va_start(args, format);
	vsnprintf(import->reason + used, sizeof(import->reason) - (size_t)used, format, args);
	va_end(args);
	return false;
}

static bool insert(struct import *import, uint64_t first, uint64_t last, uint64_t paddr)
{
	struct range *range = malloc(sizeof(*range));

	if (range) {
		*range = (struct range){first, last, paddr};
		if (tsearch(range, &import->ranges, compare))
			return true;
		free(range);
	}
	return complain(import, "no memory");
}

/* What remains of a range on either side stays mapped. */
static bool erase(struct import *import, uint64_t first, uint64_t last)
{
	struct range hole = {first, last, 0}, **found;

	while ((found = tfind(&hole, &import->ranges, compare))) {
		struct range *range = *found, was = *range;
		bool good = true;

		tdelete(range, &import->ranges, compare);
		free(range);
		if (was.first < first)
			good = insert(import, was.first, first - 1, was.paddr);
		if (good && was.last > last)
			good = insert(import, last + 1, was.last,
				      was.paddr + (last + 1 - was.first));
		if (!good)
			return false;
	}
	return true;
}

/* The largest leaf around an address that lies inside its range and is aligned on both sides. */
static uint8_t leaf_at(struct import *import, uint64_t address)
{
	struct range here = {address, address, 0};
	struct range **found = tfind(&here, &import->ranges, compare);

	if (!found) {
		import->unknown++;
		return 12;
	}
	for (unsigned lg2 = 63; lg2 > 12; lg2--) {
		uint64_t mask = (1ULL << lg2) - 1;

		if (import->page_sizes >> lg2 & 1 && (address & ~mask) >= (*found)->first &&
		    (address | mask) <= (*found)->last &&
		    !(((*found)->first ^ (*found)->paddr) & mask))
			return (uint8_t)lg2;
	}
	return 12;
}

static bool emit(struct import *import, const struct iomt_event *event)
{
	import->events++;
	return import->event(import->ctx, event);
}

/* The number after " key=", in base 10 or 16; where it ends goes to *end unless that is NULL. */
static bool value_of(struct import *import, const char *text, const char *key, int base,
		     uint64_t *value, const char **end)
{
	const char *at = strstr(text, key);
	char *after;

	if (!at)
		return complain(import, "there is no%s", key);
	at += strlen(key);
	errno = 0;
	*value = strtoull(at, &after, base);
	if (after == at || errno || !isxdigit((unsigned char)*at))
		return complain(import, "no number follows%s", key);
	if (end)
		*end = after;
	return true;
}

/* "iova=FIRST - END" and size, which must agree. */
static bool range_of(struct import *import, const char *text, uint64_t *iova, uint64_t *size)
{
	const char *after;
	uint64_t end;
	char *stop;

	if (!value_of(import, text, " iova=", 16, iova, &after) ||
	    !value_of(import, text, " size=", 10, size, NULL))
		return false;
	if (strncmp(after, " - ", 3) != 0)
		return complain(import, "no end follows iova");
	end = strtoull(after + 3, &stop, 16);
	if (end != *iova + *size)
		return complain(import,
				"it ends at 0x%" PRIx64 ", but 0x%" PRIx64 " + %" PRIu64
				" is not that",
				end, *iova, *size);
	if (!*size || *iova + (*size - 1) < *iova)
		return complain(import, "a size of %" PRIu64 " at 0x%" PRIx64, *size, *iova);
	return true;
}

static bool take_map(struct import *import, const char *text, struct iomt_event *event)
{
	uint64_t paddr;

	if (!range_of(import, text, &event->address, &event->bytes) ||
	    !value_of(import, text, " paddr=", 16, &paddr, NULL) ||
	    !erase(import, event->address, event->address + (event->bytes - 1)) ||
	    !insert(import, event->address, event->address + (event->bytes - 1), paddr))
		return false;
	event->op = IOMT_EVENT_MAP;
	return emit(import, event);
}

static bool take_unmap(struct import *import, const char *text, struct iomt_event *event)
{
	uint64_t unmapped;

	if (!range_of(import, text, &event->address, &event->bytes) ||
	    !value_of(import, text, " unmapped_size=", 10, &unmapped, NULL))
		return false;
	if (!unmapped)
		return true;
	if (unmapped > event->bytes)
		event->bytes = unmapped; /* a large leaf went as a whole */
	if (event->address + (event->bytes - 1) < event->address)
		return complain(import, "an unmapped_size of %" PRIu64 " at 0x%" PRIx64, unmapped,
				event->address);
	event->op = IOMT_EVENT_UNMAP;
	if (!erase(import, event->address, event->address + (event->bytes - 1)) ||
	    !emit(import, event))
		return false;
	event->op = IOMT_EVENT_INVALIDATE;
	event->flags = IOMT_EVENT_LEAF_ONLY | IOMT_EVENT_ANY_DEVICE;
	if (import->batch) {
		if (++import->waiting < import->batch)
			return true;
		import->waiting = 0;
		event->address = 0;
		event->bytes = UINT64_MAX;
		event->flags = IOMT_EVENT_ANY_PASID | IOMT_EVENT_ANY_DEVICE;
	}
	return emit(import, event);
}

/* "0000:01:00.0": bus, device and function. Other devices have none: 0. */
static uint16_t rid_of(const char *text)
{
	unsigned segment, bus, device, function;
	int end = 0;

	if (sscanf(text, " %8x:%2x:%2x.%1x%n", &segment, &bus, &device, &function, &end) != 4 ||
	    (text[end] && text[end] != ' '))
		return 0;
	return (uint16_t)(bus << 8 | (device & 31) << 3 | (function & 7));
}

static bool take_access(struct import *import, const char *text, struct iomt_event *event,
			uint64_t address, uint64_t bytes)
{
	if (!bytes || address + (bytes - 1) < address)
		return complain(import, "a size of %" PRIu64 " at 0x%" PRIx64, bytes, address);
	event->op = IOMT_EVENT_ACCESS;
	event->address = address;
	event->bytes = bytes;
	event->rid = rid_of(text);
	event->flags = strstr(text, " dir=TO_DEVICE") ? 0 : IOMT_EVENT_WRITE;
	event->leaf_lg2 = leaf_at(import, address);
	return emit(import, event);
}

static bool take_dma(struct import *import, const char *text, struct iomt_event *event)
{
	uint64_t address = 0, bytes = 0;

	return value_of(import, text, " dma_addr=", 16, &address, NULL) &&
	       value_of(import, text, " size=", 10, &bytes, NULL) &&
	       take_access(import, text, event, address, bytes);
}

/* Two lists side by side: {0x1000,0x3000} {0x80,0x80}. */
static bool take_sg(struct import *import, const char *text, struct iomt_event *event)
{
	const char *addresses, *sizes;
	uint64_t address, bytes;

	if (!value_of(import, text, " dma_addrs={", 16, &address, &addresses) ||
	    !value_of(import, text, " sizes={", 16, &bytes, &sizes))
		return false;
	for (;;) {
		char *end;

		if (!take_access(import, text, event, address, bytes))
			return false;
		if (*addresses == '}' && *sizes == '}')
			return true;
		if (*addresses != ',' || *sizes != ',')
			return complain(import,
					"dma_addrs and sizes are not lists of equal length");
		address = strtoull(addresses + 1, &end, 16);
		if (end == addresses + 1)
			return complain(import, "dma_addrs has something that is no number");
		addresses = end;
		bytes = strtoull(sizes + 1, &end, 16);
		if (end == sizes + 1)
			return complain(import, "sizes has something that is no number");
		sizes = end;
	}
}

/* Seconds and a fraction, right before "at". */
static bool time_of(struct import *import, const char *line, const char *at, uint64_t *ps)
{
	const char *begin = at;
	uint64_t seconds, scale = 1000000000000;
	char *end;

	while (begin > line && (isdigit((unsigned char)begin[-1]) || begin[-1] == '.'))
		begin--;
	seconds = strtoull(begin, &end, 10);
	if (end == begin || *end != '.' || seconds > 10000000)
		return complain(import, "there is no time before the event");
	*ps = seconds * scale;
	for (end++; end < at && isdigit((unsigned char)*end) && scale > 1; end++) {
		scale /= 10;
		*ps += (uint64_t)(*end - '0') * scale;
	}
	return true;
}

static const struct {
	const char *name; /* as it stands in the line, after the time */
	bool (*take)(struct import *import, const char *text, struct iomt_event *event);
} takers[] = {
	{": map:", take_map},
	{": unmap:", take_unmap},
	{": dma_map_page:", take_dma},
	{": dma_map_phys:", take_dma},
	{": dma_map_resource:", take_dma},
	{": dma_map_sg:", take_sg},
};

static bool take_line(struct import *import, const char *line)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		const char *at = strstr(line, takers[i].name);
		struct iomt_event event = {.pasid = IOMT_NO_PASID, .domain = 1};

		if (!at)
			continue;
		if (!time_of(import, line, at, &event.time_ps))
			return false;
		if (!import->events)
			import->begin_ps = event.time_ps;
		event.time_ps -=
			event.time_ps < import->begin_ps ? event.time_ps : import->begin_ps;
		return takers[i].take(import, at + strlen(takers[i].name), &event);
	}
	import->skipped++;
	return true;
}

bool import_linux(struct import *import, FILE *file)
{
	char *line = malloc(LONGEST + 1);
	const char *reason;
	bool good;
	int got;

	import->lines = import->skipped = import->events = import->unknown = 0;
	import->waiting = 0;
	import->reason[0] = 0;
	import->ranges = NULL;
	good = line || complain(import, "no memory");
	while (good && (got = line_next(file, line, LONGEST + 1, &reason))) {
		import->lines++;
		good = got > 0 ? take_line(import, line) : complain(import, "%s", reason);
	}
	free(line);
	tdestroy(import->ranges, free);
	import->ranges = NULL;
	return good;
}
