/* SPDX-License-Identifier: MIT */
/*
 * Images of all kinds, each with the same table in it; and such as are cut off at every length, or damaged.
 * ELF: System V ABI, "Program Header". Flattened dumps: makedumpfile's file format, -F.
 */
#include "run.h"
#include <elf.h>
#include <endian.h>

#define RANGE "            0x1000              0x2fff            0xabc000     4K  rw-"
#define DUMP  "dump -q --image %s " TABLE_LINE

static void check_dump(const char *line, struct blob *blob)
{
	struct ran ran = run_line(line, blob->path);

	CHECK_MSG(!ran.code && !*ran.err, "%s: %d: %s", line, ran.code, ran.err);
	CHECK_MSG(strstr(ran.out, RANGE "\ncount:            1\n"), "%s: %s", line, ran.out);
	run_end(&ran);
}

static void raw(void)
{
	static uint64_t words[(TABLE_BASE + TABLE_BYTES) / 8];
	struct blob blob;

	make_table(words + TABLE_BASE / 8);
	blob = blob_make(words, sizeof(words));
	check_dump(DUMP, &blob);
	blob_drop(&blob);
	blob = blob_make(words + TABLE_BASE / 8, TABLE_BYTES);
	check_dump("dump -q --image %s --base 0x10000 " TABLE_LINE, &blob);
	check_dump("dump -q --image %s --base 64K " TABLE_LINE, &blob);
	run_refused(DUMP, blob.path, "--root: there is no memory at 0x10000 in the image");
	run_refused("dump --image %s --base 0xfffffffffffff000 " TABLE_LINE, blob.path,
		    "goes beyond 2^64");
	blob_drop(&blob);
	/* with --base a file is raw whatever it begins with, and wherever */
	blob = blob_make("\177ELF?", 5);
	blob_write(&blob, 5, words + TABLE_BASE / 8, TABLE_BYTES);
	check_dump("dump -q --image %s --base 0xfffb " TABLE_LINE, &blob);
	blob_drop(&blob);
}

/* A terabyte, of which three pages are stored. */
static void sparse(void)
{
	uint64_t words[TABLE_BYTES / 8];
	struct blob blob = blob_make("", 0);

	make_table(words);
	blob_cut(&blob, 1ULL << 40);
	blob_write(&blob, TABLE_BASE, words, sizeof(words));
	check_dump(DUMP, &blob);
	/* tables that are multiples of 2 MiB apart share a place in what is remembered of the file */
	words[0] = 3ULL << 61 | 0x80010000 | 2 << 9 | 1;
	words[512] = 3ULL << 61 | 0x410000 | 1 << 9 | 1;
	blob_write(&blob, 0x210000, words, 0x1000);
	blob_write(&blob, 0x80010000, words + 512, 0x1000);
	blob_write(&blob, 0x410000, words + 1024, 0x1000);
	check_dump("dump -q --image %s --format amdv1 --root 0x210000 --levels 3", &blob);
	blob_drop(&blob);
}

/* The same memory in two files: the second begins in the middle of a word. */
static void two_files(void)
{
	uint64_t words[TABLE_BYTES / 8];
	struct blob low, high;
	struct ran ran;
	char line[256];

	make_table(words);
	low = blob_make(words, 0x2000);
	high = blob_make(words + 0x400, 0x1000);
	snprintf(line, sizeof(line),
		 "dump -q --image %s --base 0x10000 --image %s --base 0x12000 %s", low.path,
		 high.path, TABLE_LINE);
	check_dump(line, &low);
	/* without the second the last table is missing, and that is said */
	ran = run_line("dump -q --image %s --base 0x10000 " TABLE_LINE, low.path);
	CHECK_EQ(ran.code, 1);
	CHECK_MSG(strstr(ran.out, "missing entries:  512\nfirst missing:    0x12000\n"
				  "complete:         no\n"),
		  "%s", ran.out);
	run_end(&ran);
	ran = run_line("diff -q --image %s --base 0x10000 " TABLE_LINE " --with", low.path);
	CHECK_EQ(ran.code, 1);
	CHECK(strstr(ran.out, "differences:      none\nmissing entries:  512\n"));
	run_end(&ran);
	blob_drop(&low);
	blob_drop(&high);
}

struct core {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	char odd[5]; /* so that words of the image are not aligned in the file */
	unsigned char table[TABLE_BYTES];
} __attribute__((packed));

#define TABLE_AT offsetof(struct core, table)

/*
 * Two segments part the table in the middle of a word of its second page; what comes first in memory is last
 * in the file. A third one is of notes.
 */
static void make_core(struct core *core)
{
	uint64_t words[TABLE_BYTES / 8];

	make_table(words);
	*core = (struct core){
		.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_CORE,
			   .e_machine = EM_X86_64,
			   .e_version = EV_CURRENT,
			   .e_phoff = sizeof(Elf64_Ehdr),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 3},
		.segments = {{PT_NOTE, 0, 0, 0, 0, 0, 0, 0},
			     {PT_LOAD, 0, TABLE_AT, 0, TABLE_BASE + 0x1004, 0x1ffc, 0x1ffc, 0},
			     {PT_LOAD, 0, TABLE_AT + 0x1ffc, 0, TABLE_BASE, 0x1004, 0x1004, 0}}};
	memcpy(core->table, (char *)words + 0x1004, 0x1ffc);
	memcpy(core->table + 0x1ffc, words, 0x1004);
}

static void elf(void)
{
	struct core core;
	struct blob blob;

	make_core(&core);
	blob = blob_make(&core, sizeof(core));
	check_dump(DUMP, &blob);
	blob_drop(&blob);
}

/* Where segments overlap, the first counts; stored bytes count more than zeros that are meant. */
static void elf_overlaps(void)
{
	struct core core;
	struct blob blob;

	make_core(&core);
	core.segments[0] = (Elf64_Phdr){PT_LOAD, 0, TABLE_AT, 0, TABLE_BASE, 0, 0x100000, 0};
	blob = blob_make(&core, sizeof(core));
	check_dump(DUMP, &blob);
	core.segments[0] =
		(Elf64_Phdr){PT_LOAD, 0, TABLE_AT + 0x800, 0, TABLE_BASE, 0x800, 0x800, 0};
	blob_write(&blob, 0, &core, sizeof(core)); /* zeros, where the top's first entries were */
	run_refused("dump --image %s --format amdv1 --root 0x14000 --levels 3", blob.path,
		    "there is no memory at 0x14000");
	{
		struct ran ran = run_line(DUMP, blob.path);

		CHECK(!ran.code && strstr(ran.out, "\ncount:            0\n"));
		run_end(&ran);
	}
	blob_drop(&blob);
}

static void elf_zeros(void)
{
	struct core core;
	struct blob blob;
	struct ran ran;

	make_core(&core);
	core.segments[1].p_memsz += 0x1000;
	blob = blob_make(&core, sizeof(core));
	ran = run_line("dump -q --image %s --format amdv1 --root 0x13000 --levels 3", blob.path);
	CHECK(!ran.code && strstr(ran.out, "count:            0\n"));
	run_end(&ran);
	blob_drop(&blob);
}

static void elf_of_32_bits(void)
{
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segment;
		unsigned char table[TABLE_BYTES];
	} __attribute__((packed))
	core = {.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_CORE,
			   .e_machine = EM_386,
			   .e_version = EV_CURRENT,
			   .e_phoff = sizeof(Elf32_Ehdr),
			   .e_ehsize = sizeof(Elf32_Ehdr),
			   .e_phentsize = sizeof(Elf32_Phdr),
			   .e_phnum = 1},
		.segment = {.p_type = PT_LOAD,
			    .p_offset = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
			    .p_paddr = TABLE_BASE,
			    .p_filesz = TABLE_BYTES,
			    .p_memsz = TABLE_BYTES}};
	uint64_t words[TABLE_BYTES / 8];
	struct blob blob;

	make_table(words);
	memcpy(core.table, words, sizeof(words));
	blob = blob_make(&core, sizeof(core));
	check_dump(DUMP, &blob);
	blob_drop(&blob);
}

/* Every length: headers, program headers, segments. --truncated takes those that have a table at all. */
static void elf_truncated(void)
{
	static const uint64_t lengths[] = {1,	3,   15,     16,     63,
					   64,	65,  119,    120,    231,
					   232, 240, 0x10ec, 0x20ec, sizeof(struct core) - 1};
	struct core core;

	make_core(&core);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct blob blob = blob_make(&core, (size_t)lengths[i]);

		run_refused(DUMP, blob.path, "");
		if (lengths[i] >= 240)
			run_refused(DUMP, blob.path, "it is truncated: segment ");
		blob_drop(&blob);
	}
	core.segments[0] =
		(Elf64_Phdr){PT_LOAD, 0, sizeof(core) - 1, 0, 0x80000, 0x1000, 0x1000, 0};
	{
		struct blob blob = blob_make(&core, sizeof(core));

		run_refused(DUMP, blob.path,
			    "it is truncated: segment 0 has 0x1000 bytes from byte 0x");
		check_dump("dump -q --truncated --image %s " TABLE_LINE, &blob);
		blob_drop(&blob);
	}
}

static void refused_core(const struct core *core, const char *why)
{
	struct blob blob = blob_make(core, sizeof(*core));

	run_refused(DUMP, blob.path, why);
	blob_drop(&blob);
}

static void elf_hostile(void)
{
	struct core good, bad;

	make_core(&good);
	bad = good;
	bad.header.e_type = ET_EXEC;
	refused_core(&bad, "it is ELF, but no core");
	bad = good;
	bad.header.e_ident[EI_DATA] = ELFDATA2MSB;
	refused_core(&bad, "big-endian");
	bad = good;
	bad.header.e_ident[EI_CLASS] = 7;
	refused_core(&bad, "has no header");
	bad = good;
	bad.header.e_phoff = UINT64_MAX - 8;
	refused_core(&bad, "program headers");
	bad = good;
	bad.header.e_phnum = 0;
	refused_core(&bad, "there is no memory in it");
	bad = good;
	bad.header.e_phnum = 0xffff; /* PN_XNUM: the number is in a section that is not there */
	refused_core(&bad, "program headers");
	bad = good;
	bad.segments[1].p_filesz = UINT64_MAX;
	refused_core(&bad, "segment 1 cannot be");
	bad = good;
	bad.segments[1].p_memsz = UINT64_MAX;
	refused_core(&bad, "segment 1 cannot be");
	bad = good;
	bad.segments[2].p_offset = UINT64_MAX - 3;
	refused_core(&bad, "bytes from byte 0xfffffffffffffffc on, and the core ends at 0x");
	bad = good;
	bad.segments[1].p_paddr = bad.segments[2].p_paddr = 0;
	refused_core(&bad, "of a process");
	bad = good;
	bad.segments[1].p_type = bad.segments[2].p_type = PT_NOTE;
	refused_core(&bad, "there is no memory in it");
}

/* Their number is in a section that is in the file, but too far behind: not all of them would be seen. */
static void elf_count_far(void)
{
	struct core core;
	struct blob blob;

	make_core(&core);
	core.header.e_phnum = PN_XNUM;
	core.header.e_shoff = 6 << 20;
	core.header.e_shentsize = sizeof(Elf64_Shdr);
	core.header.e_shnum = 1;
	blob = blob_make(&core, sizeof(core));
	blob_cut(&blob, 8 << 20);
	run_refused(DUMP, blob.path, "its program headers, or their count, are not within");
	blob_drop(&blob);
}

struct flat {
	char signature[16];
	uint64_t type, version;
	char padding[4096 - 32];
};

static void put_record(struct blob *blob, uint64_t *at, int64_t offset, const void *bytes,
		       int64_t count)
{
	uint64_t record[] = {htobe64((uint64_t)offset), htobe64((uint64_t)count)};

	blob_write(blob, *at, record, sizeof(record));
	*at += sizeof(record);
	if (bytes) {
		blob_write(blob, *at, bytes, (size_t)count);
		*at += (uint64_t)count;
	}
}

static struct blob begin_flat(uint64_t *at)
{
	struct flat flat = {"makedumpfile", htobe64(1), htobe64(1), ""};

	*at = sizeof(flat);
	return blob_make(&flat, sizeof(flat));
}

/* Out of order, and with a header first that a later record replaces, as makedumpfile writes it. */
static struct blob make_flat(uint64_t *at)
{
	struct core core;
	struct blob blob = begin_flat(at);

	make_core(&core);
	put_record(&blob, at, (int64_t)TABLE_AT + 0x1800, core.table + 0x1800, 0x1800);
	put_record(&blob, at, 0, "\177ELF, but not yet a core that could be read as one", 50);
	put_record(&blob, at, 0, &core, (int64_t)TABLE_AT + 0x1803);
	put_record(&blob, at, (int64_t)TABLE_AT + 0x1001, core.table + 0x1001, 1);
	return blob;
}

static void flattened(void)
{
	uint64_t at;
	struct blob blob = make_flat(&at);

	put_record(&blob, &at, -1, NULL, -1);
	check_dump(DUMP, &blob);
	blob_drop(&blob);
}

static void flattened_truncated(void)
{
	uint64_t end;
	struct blob blob = make_flat(&end);

	run_refused(DUMP, blob.path, "it is truncated: it ends within the record at byte 0x");
	check_dump("dump -q --truncated --image %s " TABLE_LINE, &blob);
	for (uint64_t length = end; length > 0; length -= length > 37 ? 37 : length) {
		blob_cut(&blob, length);
		run_refused(DUMP, blob.path, length >= 32 ? "truncated" : "");
	}
	blob_drop(&blob);
}

static void flattened_hostile(void)
{
	static const struct {
		int64_t offset, size;
		const char *why;
	} bad[] = {
		{0, 0, "cannot be"},	     {0, -5, "cannot be"},
		{-1, 4, "cannot be"},	     {INT64_MAX, 4, "cannot be"},
		{0, INT64_MAX, "truncated"}, {-1, -1, "there is nothing in it"},
	};
	uint64_t at;
	struct blob blob;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		blob = begin_flat(&at);
		put_record(&blob, &at, bad[i].offset, NULL, bad[i].size);
		run_refused(DUMP, blob.path, bad[i].why);
		blob_drop(&blob);
	}
	blob = begin_flat(&at);
	put_record(&blob, &at, 0, "KDUMP   ", 8);
	put_record(&blob, &at, -1, NULL, -1);
	run_refused(DUMP, blob.path, "a compressed kdump; take the dump as ELF");
	blob_write(&blob, 4096 + 16, "whatever", 8);
	run_refused(DUMP, blob.path, "no ELF core is in it");
	blob_write(&blob, 24, "\2", 1);
	run_refused(DUMP, blob.path, "of no version known here");
	blob_drop(&blob);
}

static void strangers(void)
{
	static const struct {
		const char *begin, *why;
	} files[] = {
		{"KDUMP   rest of it", "a compressed kdump"},
		{"DISKDUMP rest of it", "a compressed diskdump"},
		{"PAGEDU64 rest", "a Windows crash dump"},
		{"QEVM and so on", "a stream of QEMU's migration"},
		{"\x1f\x8b rest", "compressed by gzip"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct blob blob = blob_make(files[i].begin, strlen(files[i].begin));

		run_refused(DUMP, blob.path, files[i].why);
		blob_drop(&blob);
	}
	run_refused(DUMP, "/", "it is no file");
	run_refused(DUMP, "/dev/null", "it is no file");
	run_refused(DUMP, "/nowhere/at/all", "No such file or directory");
	run_refused(DUMP, "/proc/self/status", "it is empty");
	run_refused(DUMP, "", "No such file or directory");
}

TEST_SUITE(tool_images, TEST(raw), TEST(sparse), TEST(two_files), TEST(elf), TEST(elf_overlaps),
	   TEST(elf_zeros), TEST(elf_of_32_bits), TEST(elf_truncated), TEST(elf_hostile),
	   TEST(elf_count_far), TEST(flattened), TEST(flattened_truncated), TEST(flattened_hostile),
	   TEST(strangers));
