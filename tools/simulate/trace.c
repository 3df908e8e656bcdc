/* SPDX-License-Identifier: MIT */
#include "trace.h"
#include "line.h"
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 10

/* A record of a binary trace, little-endian. */
struct record {
	uint64_t time_ps, address, bytes;
	uint32_t pasid;
	uint16_t rid, domain;
	uint8_t unit, op, leaf_lg2, flags;
	uint32_t zero;
};

_Static_assert(sizeof(struct record) == 40, "records have 40 bytes");

static const char *const ops[] = {"access", "map", "unmap", "invalidate"};

static const struct {
	const char *name;
	uint8_t flag;
	uint8_t op;
} flags[] = {
	{"write", IOMT_EVENT_WRITE, IOMT_EVENT_ACCESS},
	{"leaf-only", IOMT_EVENT_LEAF_ONLY, IOMT_EVENT_INVALIDATE},
	{"any-pasid", IOMT_EVENT_ANY_PASID, IOMT_EVENT_INVALIDATE},
	{"any-domain", IOMT_EVENT_ANY_DOMAIN, IOMT_EVENT_INVALIDATE},
	{"any-device", IOMT_EVENT_ANY_DEVICE, IOMT_EVENT_INVALIDATE},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

__attribute__((format(printf, 2, 3))) static int complain(struct trace_reader *reader,
							  const char *format, ...)
{
	int used = snprintf(reader->reason, sizeof(reader->reason), "%s %" PRIu64 ": ",
			    reader->binary ? "record" : "line", reader->number);
	va_list args;

	va_start(args, format);
	vsnprintf(reader->reason + used, sizeof(reader->reason) - (size_t)used, format, args);
	va_end(args);
	return -1;
}

/* 1: reader->line is the next line; 0: there is none; -1. */
static int next_line(struct trace_reader *reader)
{
	const char *reason = NULL;
	int got = line_next(reader->file, reader->line, sizeof(reader->line), &reason);

	reader->number += got != 0;
	reader->line[strcspn(reader->line, "\r")] = 0;
	return got < 0 ? complain(reader, "%s", reason) : got;
}

bool trace_begin(struct trace_reader *reader, FILE *file)
{
	char magic[sizeof(TRACE_MAGIC) - 1];
	int first = getc(file), got;

	*reader = (struct trace_reader){.file = file};
	if (first != EOF)
		ungetc(first, file);
	if (first == TRACE_MAGIC[0]) {
		reader->binary = true;
		if (fread(magic, sizeof(magic), 1, file) == 1 &&
		    !memcmp(magic, TRACE_MAGIC, sizeof(magic)))
			return true;
		snprintf(reader->reason, sizeof(reader->reason), "it is no trace of version 1");
		return false;
	}
	got = next_line(reader);
	if (got > 0 && strcmp(reader->line, TRACE_HEAD) != 0)
		got = complain(reader, "it is not \"%s\"", TRACE_HEAD);
	if (!got)
		snprintf(reader->reason, sizeof(reader->reason), "it is empty");
	return got > 0;
}

static uint8_t allowed_flags(uint8_t op)
{
	uint8_t allowed = 0;

	for (size_t i = 0; i < COUNT(flags); i++)
		allowed |= flags[i].op == op ? flags[i].flag : 0;
	return allowed;
}

/* What holds for events of both kinds of files. */
static int check(struct trace_reader *reader, const struct iomt_event *event)
{
	if (event->op >= COUNT(ops))
		return complain(reader, "%u is no operation", event->op);
	if (event->flags & ~allowed_flags(event->op))
		return complain(reader, "flags 0x%x are not those of %s", event->flags,
				ops[event->op]);
	if (!event->bytes)
		return complain(reader, "bytes is 0");
	if (event->address + (event->bytes - 1) < event->address)
		return complain(reader, "0x%" PRIx64 " and %" PRIu64 " bytes wrap", event->address,
				event->bytes);
	if (event->pasid != IOMT_NO_PASID && event->pasid > 0xfffff)
		return complain(reader, "pasid 0x%x has more than 20 bits", event->pasid);
	if (event->leaf_lg2 > 63)
		return complain(reader, "leaf is %u, more than 63", event->leaf_lg2);
	return 1;
}

static int next_record(struct trace_reader *reader, struct iomt_event *event)
{
	struct record record;
	size_t got = fread(&record, 1, sizeof(record), reader->file);

	if (ferror(reader->file))
		return complain(reader, "%s", strerror(errno));
	if (!got)
		return 0;
	if (got < sizeof(record))
		return complain(reader, "the file ends after %zu of its 40 bytes", got);
	if (record.zero)
		return complain(reader, "its last 4 bytes are not 0");
	*event = (struct iomt_event){
		.time_ps = le64toh(record.time_ps),
		.address = le64toh(record.address),
		.bytes = le64toh(record.bytes),
		.pasid = le32toh(record.pasid),
		.rid = le16toh(record.rid),
		.domain = le16toh(record.domain),
		.unit = record.unit,
		.op = record.op,
		.leaf_lg2 = record.leaf_lg2,
		.flags = record.flags,
	};
	if (check(reader, event) < 0)
		return -1;
	reader->number++;
	return 1;
}

/* A number up to "most", in decimal or, after 0x, in hexadecimal. */
static bool number(struct trace_reader *reader, const char *name, const char *text, uint64_t most,
		   uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	errno = 0;
	*value = strtoull(text, &end, hex ? 16 : 10);
	if (*end || text[0] < '0' || text[0] > '9' || (hex && !text[2])) {
		complain(reader, "%s is no number: %.40s", name, text);
		return false;
	}
	if (errno || *value > most) {
		complain(reader, "%s is more than 0x%" PRIx64 ": %.40s", name, most, text);
		return false;
	}
	return true;
}

static bool read_op(struct trace_reader *reader, const char *text, struct iomt_event *event)
{
	for (uint8_t op = 0; op < COUNT(ops); op++) {
		if (!strcmp(text, ops[op])) {
			event->op = op;
			return true;
		}
	}
	complain(reader, "there is no operation %.40s", text);
	return false;
}

static bool read_flag(struct trace_reader *reader, const char *text, size_t length,
		      struct iomt_event *event)
{
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (strlen(flags[i].name) == length && !memcmp(text, flags[i].name, length)) {
			event->flags |= flags[i].flag;
			return true;
		}
	}
	complain(reader, "there is no flag %.*s", (int)(length < 40 ? length : 40), text);
	return false;
}

/* "-", or names with commas between. */
static bool read_flags(struct trace_reader *reader, const char *text, struct iomt_event *event)
{
	if (!strcmp(text, "-"))
		return true;
	for (;;) {
		size_t length = strcspn(text, ",");

		if (!read_flag(reader, text, length, event))
			return false;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

static int read_fields(struct trace_reader *reader, char *const *fields, struct iomt_event *event)
{
	static const struct {
		const char *name;
		uint64_t most;
	} numbers[] = {{"time", UINT64_MAX},  {"unit", 0xff},	  {"rid", 0xffff},
		       {"domain", 0xffff},    {"pasid", 0xfffff}, {"address", UINT64_MAX},
		       {"bytes", UINT64_MAX}, {"leaf", 63}};
	uint64_t values[COUNT(numbers)];

	*event = (struct iomt_event){.time_ps = 0};
	if (!read_op(reader, fields[0], event))
		return -1;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		values[i] = IOMT_NO_PASID;
		if (i == 4 && !strcmp(fields[5], "-"))
			continue;
		if (!number(reader, numbers[i].name, fields[i + 1], numbers[i].most, &values[i]))
			return -1;
	}
	event->time_ps = values[0];
	event->unit = (uint8_t)values[1];
	event->rid = (uint16_t)values[2];
	event->domain = (uint16_t)values[3];
	event->pasid = (uint32_t)values[4];
	event->address = values[5];
	event->bytes = values[6];
	event->leaf_lg2 = (uint8_t)values[7];
	return read_flags(reader, fields[9], event) ? check(reader, event) : -1;
}

int trace_next(struct trace_reader *reader, struct iomt_event *event)
{
	char *fields[FIELDS + 1], *at;
	size_t count;
	int got;

	if (reader->binary)
		return next_record(reader, event);
	do {
		got = next_line(reader);
		if (got <= 0)
			return got;
		count = 0;
		for (char *field = strtok_r(reader->line, " \t", &at); field && count <= FIELDS;
		     field = strtok_r(NULL, " \t", &at))
			fields[count++] = field;
	} while (!count || fields[0][0] == '#');
	if (count != FIELDS)
		return complain(reader, "it has %s than %d fields",
				count < FIELDS ? "fewer" : "more", FIELDS);
	return read_fields(reader, fields, event);
}

bool trace_write_head(FILE *file, bool binary)
{
	if (binary)
		return fwrite(TRACE_MAGIC, sizeof(TRACE_MAGIC) - 1, 1, file) == 1;
	return fputs(TRACE_HEAD
		     "\n# operation time unit rid domain pasid address bytes leaf flags\n",
		     file) >= 0;
}

static bool write_record(FILE *file, const struct iomt_event *event)
{
	struct record record = {
		.time_ps = htole64(event->time_ps),
		.address = htole64(event->address),
		.bytes = htole64(event->bytes),
		.pasid = htole32(event->pasid),
		.rid = htole16(event->rid),
		.domain = htole16(event->domain),
		.unit = event->unit,
		.op = event->op,
		.leaf_lg2 = event->leaf_lg2,
		.flags = event->flags,
	};

	return fwrite(&record, sizeof(record), 1, file) == 1;
}

bool trace_write(FILE *file, bool binary, const struct iomt_event *event)
{
	const char *between = "";

	if (binary)
		return write_record(file, event);
	fprintf(file, "%s %" PRIu64 " %u 0x%x %u ", ops[event->op], event->time_ps, event->unit,
		event->rid, event->domain);
	if (event->pasid == IOMT_NO_PASID)
		fputc('-', file);
	else
		fprintf(file, "%" PRIu32, event->pasid);
	fprintf(file, " 0x%" PRIx64 " %" PRIu64 " %u %s", event->address, event->bytes,
		event->leaf_lg2, event->flags ? "" : "-");
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (event->flags & flags[i].flag) {
			fprintf(file, "%s%s", between, flags[i].name);
			between = ",";
		}
	}
	return fputc('\n', file) != EOF;
}
