/* SPDX-License-Identifier: MIT */
/* Traces: what is written is read again; what is wrong is named with its place; Linux's lines. */
#include "random.h"
#include "test.h"
#include "trace.h"

#define HEAD TRACE_HEAD "\n"

static FILE *open_bytes(const void *bytes, size_t size)
{
	FILE *file = tmpfile();

	CHECK(file);
	CHECK(fwrite(bytes, 1, size, file) == size);
	rewind(file);
	return file;
}

static struct iomt_event any_event(struct random *random)
{
	static const uint8_t flags[] = {IOMT_EVENT_WRITE, 0, 0,
					IOMT_EVENT_LEAF_ONLY | IOMT_EVENT_ANY_PASID |
						IOMT_EVENT_ANY_DOMAIN | IOMT_EVENT_ANY_DEVICE};
	struct iomt_event event = {
		.time_ps = random_next(random),
		.address = random_next(random) >> random_below(random, 64),
		.pasid = random_below(random, 2) ? IOMT_NO_PASID
						 : (uint32_t)random_below(random, 0x100000),
		.rid = (uint16_t)random_next(random),
		.domain = (uint16_t)random_next(random),
		.unit = (uint8_t)random_next(random),
		.op = (uint8_t)random_below(random, 4),
		.leaf_lg2 = (uint8_t)random_below(random, 64),
	};

	event.bytes = 1 + random_next(random) % (UINT64_MAX - event.address);
	event.flags = flags[event.op] & (uint8_t)random_next(random);
	return event;
}

static void expect_same(const struct iomt_event *a, const struct iomt_event *b)
{
	CHECK_EQ(a->time_ps, b->time_ps);
	CHECK_EQ(a->address, b->address);
	CHECK_EQ(a->bytes, b->bytes);
	CHECK_EQ(a->pasid, b->pasid);
	CHECK_EQ(a->rid, b->rid);
	CHECK_EQ(a->domain, b->domain);
	CHECK_EQ(a->unit, b->unit);
	CHECK_EQ(a->op, b->op);
	CHECK_EQ(a->leaf_lg2, b->leaf_lg2);
	CHECK_EQ(a->flags, b->flags);
}

static void round_trip(void)
{
	for (unsigned binary = 0; binary < 2; binary++) {
		struct random random;
		struct trace_reader reader;
		struct iomt_event event, read;
		FILE *file = tmpfile();

		CHECK(file);
		random_init(&random, 5);
		CHECK(trace_write_head(file, binary));
		for (unsigned i = 0; i < 5000; i++) {
			event = any_event(&random);
			CHECK(trace_write(file, binary, &event));
		}
		rewind(file);
		random_init(&random, 5);
		CHECK(trace_begin(&reader, file));
		CHECK(reader.binary == binary);
		for (unsigned i = 0; i < 5000; i++) {
			event = any_event(&random);
			CHECK_MSG(trace_next(&reader, &read) == 1, "%s", reader.reason);
			expect_same(&read, &event);
		}
		CHECK_INT(trace_next(&reader, &read), 0);
		fclose(file);
	}
}

/* A file as somebody writes it by hand. */
static void by_hand(void)
{
	static const char text[] = HEAD "# nothing\n\n"
					"  access\t5 1 0x1ff 7 - 0xffffffffffffffff 1 21 write\r\n"
					"invalidate 0 0 0 7 1048575 0 18446744073709551615 0 "
					"any-device,leaf-only\n"
					"map 0 0 0 7 - 0xfffffffffffff000 4096 0 -";
	const struct iomt_event wanted[] = {
		{5, UINT64_MAX, 1, IOMT_NO_PASID, 0x1ff, 7, 1, IOMT_EVENT_ACCESS, 21,
		 IOMT_EVENT_WRITE},
		{0, 0, UINT64_MAX, 0xfffff, 0, 7, 0, IOMT_EVENT_INVALIDATE, 0,
		 IOMT_EVENT_LEAF_ONLY | IOMT_EVENT_ANY_DEVICE},
		{0, UINT64_MAX - 0xfff, 0x1000, IOMT_NO_PASID, 0, 7, 0, IOMT_EVENT_MAP, 0, 0},
	};
	FILE *file = open_bytes(text, sizeof(text) - 1);
	struct trace_reader reader;
	struct iomt_event event;

	CHECK(trace_begin(&reader, file));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		CHECK_MSG(trace_next(&reader, &event) == 1, "%s", reader.reason);
		expect_same(&event, &wanted[i]);
	}
	CHECK_INT(trace_next(&reader, &event), 0);
	fclose(file);
}

/* The bytes of a record, little-endian, worked out by hand. */
static void binary_record(void)
{
	static const uint8_t bytes[] = {'I',  'O',  'M',  'T',	'T',  'R',  'C',  1,	/* magic */
					1,    0,    0,	  0,	0,    0,    0,	  0x80, /* time */
					0,    0x10, 0,	  0,	0,    0,    0,	  0, /* address */
					0,    2,    0,	  0,	0,    0,    0,	  0, /* bytes */
					0xff, 0xff, 0xff, 0xff, 0x34, 0x12, 0x78, 0x56,
					9,    3,    21,	  6,	0,    0,    0,	  0};
	const struct iomt_event wanted = {
		0x8000000000000001,    0x1000, 0x200, IOMT_NO_PASID, 0x1234, 0x5678, 9,
		IOMT_EVENT_INVALIDATE, 21,     6};
	FILE *file = open_bytes(bytes, sizeof(bytes));
	uint8_t written[sizeof(bytes)];
	struct trace_reader reader;
	struct iomt_event event;

	CHECK(trace_begin(&reader, file));
	CHECK_INT(trace_next(&reader, &event), 1);
	expect_same(&event, &wanted);
	CHECK_INT(trace_next(&reader, &event), 0);
	rewind(file);
	CHECK(trace_write_head(file, true) && trace_write(file, true, &wanted));
	rewind(file);
	CHECK_EQ(fread(written, 1, sizeof(written), file), sizeof(written));
	CHECK(!memcmp(written, bytes, sizeof(bytes)));
	fclose(file);
}

/* Reads to the end or the first error; what it says of that. */
static const char *complaint(const void *bytes, size_t size)
{
	static struct trace_reader reader;
	FILE *file = open_bytes(bytes, size);
	struct iomt_event event;
	int got;

	if (trace_begin(&reader, file)) {
		do
			got = trace_next(&reader, &event);
		while (got == 1);
		if (!got)
			reader.reason[0] = 0;
	}
	fclose(file);
	return reader.reason;
}

static void bad_text(void)
{
	static const char *const bad[][2] = {
		{"", "it is empty"},
		{"iomt-trace 2\n", "line 1: it is not \"iomt-trace 1\""},
		{"\n" HEAD, "line 1: it is not \"iomt-trace 1\""},
		{HEAD "\naccess 0 0 0 0 - 0 1 12\n", "line 3: it has fewer than 10 fields"},
		{HEAD "access 0 0 0 0 - 0 1 12 - -\n", "line 2: it has more than 10 fields"},
		{HEAD "read 0 0 0 0 - 0 1 12 -\n", "line 2: there is no operation read"},
		{HEAD "access x 0 0 0 - 0 1 12 -\n", "line 2: time is no number: x"},
		{HEAD "access -1 0 0 0 - 0 1 12 -\n", "line 2: time is no number: -1"},
		{HEAD "access 0x 0 0 0 - 0 1 12 -\n", "line 2: time is no number: 0x"},
		{HEAD "access 18446744073709551616 0 0 0 - 0 1 12 -\n",
		 "line 2: time is more than 0xffffffffffffffff: 18446744073709551616"},
		{HEAD "access 0 256 0 0 - 0 1 12 -\n", "line 2: unit is more than 0xff: 256"},
		{HEAD "access 0 0 0x10000 0 - 0 1 12 -\n",
		 "line 2: rid is more than 0xffff: 0x10000"},
		{HEAD "access 0 0 0 65536 - 0 1 12 -\n",
		 "line 2: domain is more than 0xffff: 65536"},
		{HEAD "access 0 0 0 0 0x100000 0 1 12 -\n",
		 "line 2: pasid is more than 0xfffff: 0x100000"},
		{HEAD "access 0 0 0 0 - 1k 1 12 -\n", "line 2: address is no number: 1k"},
		{HEAD "access 0 0 0 0 - 0 0 12 -\n", "line 2: bytes is 0"},
		{HEAD "access 0 0 0 0 - 0xffffffffffffffff 2 12 -\n",
		 "line 2: 0xffffffffffffffff and 2 bytes wrap"},
		{HEAD "access 0 0 0 0 - 0 1 64 -\n", "line 2: leaf is more than 0x3f: 64"},
		{HEAD "access 0 0 0 0 - 0 1 12 writ\n", "line 2: there is no flag writ"},
		{HEAD "access 0 0 0 0 - 0 1 12 write,\n", "line 2: there is no flag "},
		{HEAD "access 0 0 0 0 - 0 1 12 leaf-only\n",
		 "line 2: flags 0x2 are not those of access"},
		{HEAD "map 0 0 0 0 - 0 1 12 write\n", "line 2: flags 0x1 are not those of map"},
		{HEAD "map 0 0 0 0 - 0 1 12 -\n\n# x\nmap\n",
		 "line 5: it has fewer than 10 fields"},
		{"IOMT", "it is no trace of version 1"},
		{"IOMTTRC\2", "it is no trace of version 1"},
		{HEAD "map 0 0 0 0 - 0 1 12 -\n", ""},
	};
	static char longest[2000] = HEAD;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_STR(complaint(bad[i][0], strlen(bad[i][0])), bad[i][1]);
	CHECK_STR(complaint(HEAD "map\0 0 0 0 0 - 0 1 12 -\n", sizeof(HEAD) + 23),
		  "line 2: it has a zero byte");
	memset(longest + sizeof(HEAD) - 1, '#', sizeof(longest) - sizeof(HEAD));
	CHECK_STR(complaint(longest, sizeof(longest) - 1), "line 2: it is too long");
}

static void bad_binary(void)
{
	static const struct {
		size_t size; /* of all after the magic */
		uint8_t at, value;
		const char *reason;
	} bad[] = {
		{79, 0, 0, "record 1: the file ends after 39 of its 40 bytes"},
		{80, 33, 4, "record 0: 4 is no operation"},
		{80, 35, 2, "record 0: flags 0x2 are not those of access"},
		{80, 16, 0, "record 0: bytes is 0"},
		{80, 26, 0x10, "record 0: pasid 0x100001 has more than 20 bits"},
		{80, 34, 64, "record 0: leaf is 64, more than 63"},
		{80, 39, 1, "record 0: its last 4 bytes are not 0"},
		{80, 34, 13, ""},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t bytes[88] = TRACE_MAGIC;

		for (size_t record = 8; record < 88; record += 40) {
			bytes[record + 16] = 1; /* bytes */
			bytes[record + 24] = 1; /* pasid */
			bytes[record + 34] = 12;
		}
		if (bad[i].at)
			bytes[8 + bad[i].at] = bad[i].value;
		CHECK_STR(complaint(bytes, 8 + bad[i].size), bad[i].reason);
	}
}

struct taken {
	struct iomt_event events[16];
	size_t count;
};

static bool take(void *ctx, const struct iomt_event *event)
{
	struct taken *taken = ctx;

	CHECK(taken->count < 16);
	taken->events[taken->count++] = *event;
	return true;
}

/* Imports lines up to a NULL. */
static struct import import_lines(const char *const *lines, uint32_t batch, struct taken *taken)
{
	struct import import = {.page_sizes = 1ULL << 12 | 1ULL << 21 | 1ULL << 30,
				.batch = batch,
				.event = take,
				.ctx = taken};
	FILE *file = tmpfile();
	bool good;

	CHECK(file);
	for (; *lines; lines++)
		fputs(*lines, file);
	rewind(file);
	taken->count = 0;
	good = import_linux(&import, file);
	CHECK(good == !import.reason[0]);
	fclose(file);
	return import;
}

#define TASK "  irq/33-nic-200     [001] d..1.   "
#define MAP(time, iova, end, paddr, size) \
	TASK time ": map: IOMMU: iova=" iova " - " end " paddr=" paddr " size=" size "\n"
#define UNMAP(time, iova, end, size, unmapped)                                                    \
	TASK time ": unmap: IOMMU: iova=" iova " - " end " size=" size " unmapped_size=" unmapped \
		  "\n"
#define DMA(time, event, device, direction, address, size)                                    \
	TASK time ": " event ": " device " dir=" direction " dma_addr=" address " size=" size \
		  " phys_addr=123456040 attrs=SKIP_CPU_SYNC\n"

/* A packet that comes, as tracefs prints it. */
static void linux_packet(void)
{
	static const char *const lines[] = {
		"# tracer: nop\n",
		"#\n",
		MAP("12.000001", "0x00000000fffff000", "0x0000000100000000", "0x0000000123456000",
		    "4096"),
		DMA("12.000002", "dma_map_page", "0000:3b:01.2", "FROM_DEVICE", "fffff040", "1536"),
		"  <idle>-0   [000] d.h1.   12.000002: irq_handler_entry: irq=33 name=nic\n",
		UNMAP("12.0000035", "0x00000000fffff000", "0x0000000100000000", "4096", "4096"),
		NULL,
	};
	const struct iomt_event wanted[] = {
		{0, 0xfffff000, 4096, IOMT_NO_PASID, 0, 1, 0, IOMT_EVENT_MAP, 0, 0},
		{1000000, 0xfffff040, 1536, IOMT_NO_PASID, 0x3b << 8 | 1 << 3 | 2, 1, 0,
		 IOMT_EVENT_ACCESS, 12, IOMT_EVENT_WRITE},
		{2500000, 0xfffff000, 4096, IOMT_NO_PASID, 0, 1, 0, IOMT_EVENT_UNMAP, 0, 0},
		{2500000, 0xfffff000, 4096, IOMT_NO_PASID, 0, 1, 0, IOMT_EVENT_INVALIDATE, 0,
		 IOMT_EVENT_LEAF_ONLY | IOMT_EVENT_ANY_DEVICE},
	};
	struct taken taken;
	struct import import = import_lines(lines, 0, &taken);

	CHECK_STR(import.reason, "");
	CHECK_EQ(taken.count, 4);
	for (size_t i = 0; i < 4; i++)
		expect_same(&taken.events[i], &wanted[i]);
	CHECK_EQ(import.lines, 6);
	CHECK_EQ(import.skipped, 3);
	CHECK_EQ(import.unknown, 0);
}

/* The leaf around an address: whole inside what is mapped, and aligned on both sides. */
static void linux_leaves(void)
{
	static const char *const lines[] = {
		MAP("1.0", "0x3ff000", "0x800000", "0x7ff000", "4198400"),
		DMA("1.1", "dma_map_page", "a", "TO_DEVICE", "3ff000", "8"),
		DMA("1.2", "dma_map_phys", "a", "TO_DEVICE", "400000", "8"),
		UNMAP("1.3", "0x700000", "0x701000", "4096", "4096"),
		DMA("1.4", "dma_map_page", "a", "TO_DEVICE", "5fffff", "1"),
		DMA("1.5", "dma_map_page", "a", "TO_DEVICE", "600000", "1"),
		DMA("1.6", "dma_map_resource", "a", "TO_DEVICE", "700000", "1"), /* not mapped */
		DMA("1.6", "dma_map_page", "a", "TO_DEVICE", "701000", "1"),
		MAP("1.7", "0x800000", "0xa00000", "0x1000000", "2097152"),
		MAP("1.8", "0xa00000", "0xc00000", "0x1201000", "2097152"),
		DMA("1.9", "dma_map_page", "a", "TO_DEVICE", "812345", "1"),
		DMA("2.0", "dma_map_page", "a", "TO_DEVICE", "a12345", "1"),
		NULL,
	};
	static const uint8_t wanted[] = {12, 21, 21, 12, 12, 12, 21, 12};
	struct taken taken;
	struct import import = import_lines(lines, 0, &taken);
	size_t accesses = 0;

	CHECK_STR(import.reason, "");
	CHECK_EQ(import.unknown, 1);
	for (size_t i = 0; i < taken.count; i++) {
		if (taken.events[i].op == IOMT_EVENT_ACCESS)
			CHECK_EQ(taken.events[i].leaf_lg2, wanted[accesses++]);
	}
	CHECK_EQ(accesses, 8);
}

/* As trace-cmd pads names; two pieces of a scatter list. */
static void linux_sg(void)
{
	static const char *const lines[] = {
		"     fio-77    [002]    99.5: dma_map_sg:           0000:01:00.0 dir=TO_DEVICE "
		"nents=2/2 ents=2/2 dma_addrs={0x1000,0xfffffffffffff000} sizes={0x80,0x1000} "
		"phys_addrs={0x0,0x0} attrs=\n",
		NULL,
	};
	struct taken taken;
	struct import import = import_lines(lines, 0, &taken);

	CHECK_STR(import.reason, "");
	CHECK_EQ(taken.count, 2);
	CHECK_EQ(taken.events[0].rid, 0x100);
	CHECK_EQ(taken.events[0].bytes, 0x80);
	CHECK_EQ(taken.events[0].flags, 0);
	CHECK_EQ(taken.events[1].address, 0xfffffffffffff000);
	CHECK_EQ(taken.events[1].bytes, 0x1000);
	CHECK_EQ(import.unknown, 2);
}

static void linux_deferred(void)
{
	static const char *const lines[] = {
		UNMAP("1.0", "0x1000", "0x2000", "4096", "4096"),
		UNMAP("1.1", "0x2000", "0x3000", "4096", "0"),
		UNMAP("1.2", "0x3000", "0x4000", "4096", "4096"),
		UNMAP("1.3", "0x4000", "0x5000", "4096", "2097152"),
		NULL,
	};
	struct taken taken;
	struct import import = import_lines(lines, 2, &taken);

	CHECK_STR(import.reason, "");
	CHECK_EQ(taken.count, 4);
	CHECK_EQ(taken.events[1].op, IOMT_EVENT_UNMAP);
	CHECK_EQ(taken.events[2].op, IOMT_EVENT_INVALIDATE);
	CHECK_EQ(taken.events[2].bytes, UINT64_MAX);
	CHECK_EQ(taken.events[3].bytes, 2097152);
}

static void bad_linux(void)
{
	static const char *const bad[][2] = {
		{"\nx: map: IOMMU: iova=0x1000 - 0x2000 paddr=0 size=4096\n",
		 "line 2: there is no time before the event"},
		{"1.0: map: IOMMU: iova=0x1000 - 0x2000 paddr=0\n", "line 1: there is no size="},
		{"1.0: map: IOMMU: iova=0x1000 - 0x2000 size=4096\n", "line 1: there is no paddr="},
		{"1.0: map: IOMMU: iova=oops - 0x2000 size=4096\n",
		 "line 1: no number follows iova="},
		{"1.0: map: IOMMU: iova=0x1000 size=4096\n", "line 1: no end follows iova"},
		{"1.0: map: IOMMU: iova=0x1000 - 0x3000 paddr=0 size=4096\n",
		 "line 1: it ends at 0x3000, but 0x1000 + 4096 is not that"},
		{"1.0: map: IOMMU: iova=0x1000 - 0x1000 paddr=0 size=0\n",
		 "line 1: a size of 0 at 0x1000"},
		{"1.0: unmap: IOMMU: iova=0x1000 - 0x2000 size=4096\n",
		 "line 1: there is no unmapped_size="},
		{"1.0: unmap: IOMMU: iova=0x1000 - 0x2000 size=4096 "
		 "unmapped_size=18446744073709551615\n",
		 "line 1: an unmapped_size of 18446744073709551615 at 0x1000"},
		{"1.0: dma_map_page: x dir=TO_DEVICE dma_addr=ffffffffffffffff size=2\n",
		 "line 1: a size of 2 at 0xffffffffffffffff"},
		{"1.0: dma_map_page: x dir=TO_DEVICE size=2\n", "line 1: there is no dma_addr="},
		{"1.0: dma_map_sg: x dma_addrs={} sizes={}\n",
		 "line 1: no number follows dma_addrs={"},
		{"1.0: dma_map_sg: x dma_addrs={0x1,0x2} sizes={0x1}\n",
		 "line 1: dma_addrs and sizes are not lists of equal length"},
		{"1.0: dma_map_sg: x dma_addrs={0x1,q} sizes={0x1,0x2}\n",
		 "line 1: dma_addrs has something that is no number"},
		{"1.0: dma_map_sg: x dma_addrs={0x1,0x2} sizes={0x1,}\n",
		 "line 1: sizes has something that is no number"},
	};
	struct taken taken;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const lines[] = {bad[i][0], NULL};
		struct import import = import_lines(lines, 0, &taken);

		CHECK_STR(import.reason, bad[i][1]);
	}
}

TEST_SUITE(model_trace, TEST(round_trip), TEST(by_hand), TEST(binary_record), TEST(bad_text),
	   TEST(bad_binary), TEST(linux_packet), TEST(linux_leaves), TEST(linux_sg),
	   TEST(linux_deferred), TEST(bad_linux));
