/* SPDX-License-Identifier: MIT */
/* Seeds of tool: each command and each kind of image, on a table that maps two pages. */
#include "seed.h"
#include "tool_input.h"
#include <elf.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES 0x3000u

struct seed {
	unsigned char bytes[0x8000];
	size_t size;
};

static void put(struct seed *seed, const void *bytes, size_t count)
{
	memcpy(seed->bytes + seed->size, bytes, count);
	seed->size += count;
}

/* A line; words that are not in the list are numbers. */
static void put_line(struct seed *seed, const char *line)
{
	char text[512], *rest = strcpy(text, line), *word;

	seed->size = 1;
	seed->bytes[0] = 0;
	while ((word = strsep(&rest, " "))) {
		unsigned char which = 0;
		uint64_t number;

		while (which < TOOL_COUNT && strcmp(line_words[which], word) != 0)
			which++;
		seed->bytes[0]++;
		if (which < TOOL_COUNT) {
			put(seed, &which, 1);
			continue;
		}
		for (which = 0; strcmp(line_words[which], TOOL_NUMBER) != 0; which++)
			;
		number = htole64(strtoull(word, NULL, 0));
		put(seed, &which, 1);
		put(seed, &number, 8);
	}
}

/* 48882, 2.2.2 and 2.2.3: a device-table entry in the last table, and three levels from 0 on. */
static void make_tables(uint64_t *words, uint64_t base)
{
	memset(words, 0, TABLES);
	words[0] = 3ULL << 61 | (base + 0x1000) | 2 << 9 | 1;
	words[512] = 3ULL << 61 | (base + 0x2000) | 1 << 9 | 1;
	words[1025] = 3ULL << 61 | 0xabc000 | 1;
	words[1026] = 3ULL << 61 | 0xabd000 | 1;
	words[1028] = 3ULL << 61 | base | 3 << 9 | 3;
	words[1029] = 5;
}

static void write_raw(const char *what, const char *line)
{
	struct seed seed = {.size = 0};
	uint64_t words[TABLES / 8];

	make_tables(words, 0);
	put_line(&seed, line);
	put(&seed, words, sizeof(words));
	seed_write("tool", what, seed.bytes, seed.size);
}

/* What a command reads from standard input. */
static void write_text(const char *what, const char *line, const char *text)
{
	struct seed seed = {.size = 0};

	put_line(&seed, line);
	put(&seed, text, strlen(text));
	seed_write("tool", what, seed.bytes, seed.size);
}

struct head {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
};

static void put_core(struct seed *seed)
{
	struct head head = {
		.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_CORE,
			   .e_machine = EM_X86_64,
			   .e_version = EV_CURRENT,
			   .e_phoff = sizeof(Elf64_Ehdr),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 1},
		.segment = {PT_LOAD, 0, sizeof(head), 0, 0x10000, TABLES, TABLES + 0x1000, 0}};
	uint64_t words[TABLES / 8];

	make_tables(words, 0x10000);
	put(seed, &head, sizeof(head));
	put(seed, words, sizeof(words));
}

static void write_core(const char *what, bool flat, const char *line)
{
	static const char signature[32] = "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1";
	static const char padding[4096 - sizeof(signature)];
	uint64_t record[] = {0, htobe64(sizeof(struct head) + TABLES)}, end[] = {~0ULL, ~0ULL};
	struct seed seed = {.size = 0};

	put_line(&seed, line);
	if (flat) {
		put(&seed, signature, sizeof(signature));
		put(&seed, padding, sizeof(padding));
		put(&seed, record, sizeof(record));
	}
	put_core(&seed);
	if (flat)
		put(&seed, end, sizeof(end));
	seed_write("tool", what, seed.bytes, seed.size);
}

static void write_texts(void)
{
	write_text("plan", "plan --explain %",
		   "units: {u: {is: amd-gio, pasid_bits: 4}}\ndevices:\n"
		   "  a: {unit: u, rid: 01:00.0, pasid_bits: 4, has: [ats, pri], trusted: true}\n"
		   "  b: {unit: u, rid: [2, 3], group: g, needs: [dirty], tenant: red}\n"
		   "domains:\n  one: {devices: [a, b], page_sizes: [4K, 2M]}\n"
		   "  two: {kind: sva, devices: a, pasid: any}\n");
	write_text("plan-others", "plan --json %",
		   "{units: {u: {is: smmu, stage2: none, can: coherent, vmid_bits: 0}, v: {is: "
		   "vtd-scalable}},\n"
		   "devices: {a: {unit: u, rid: 70000, regions: [{first: 0, last: 0xfff, kind: "
		   "msi}]}, b: {unit: v, rid: 1}},\n"
		   "domains: {one: {devices: [a, b], iova_bits: 39}, two: {devices: b, kind: "
		   "identity}}}\n");
	write_text("convert", "simulate convert --binary %",
		   "iomt-trace 1\naccess 61680 0 0x100 1 - 0x1000 1500 12 write\n");
	write_text("import", "simulate import %",
		   "1.0: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x0 size=4096\n");
	write_text("settings", "simulate settings --json iotlb0.ways=3", "");
}

void seed_tool(void)
{
	write_texts();
	write_raw("help", "--help");
	write_raw("formats", "formats --json");
	write_raw("dump", "dump --image % --format amdv1 --root 0 --levels 3");
	write_raw("dump-json", "dump --json --image % --format amdv1 --root 0 --levels 3");
	write_raw("translate",
		  "translate --image % --format amdv1 --root 0 --levels 3 0x1000 0x5000");
	write_raw("validate", "validate --image % --format amdv1 --root 0 --levels 3");
	write_raw("diff", "diff --image % --format amdv1 --root 0 --levels 3 --with --root 0x1000");
	write_raw("device", "translate --image % --unit amd --device-table 0x2000 --rid 1 0x1000");
	write_raw(
		"smmu",
		"dump --json --image % --unit smmu --device-table 0 --device-table-cfg 5 --rid 1");
	write_raw("vtd", "validate --image % --unit vtd --device-table 0x400 --rid 0 --pasid 1");
	write_raw("riscv", "dump --image % --unit riscv --device-table 3 --rid 0");
	write_raw("x86",
		  "validate --image % --format x86_64 --root 0 --levels 4 --walk nx,wp,smep,pan");
	write_raw("arm", "dump --image % --format arm_s1_4k --root 0 --iova-bits 39 --mair 0xff04");
	write_raw("decode", "decode riscv_cmd 0x402 0x1001");
	write_raw("decode-list", "decode --list --json");
	write_raw("decode-entry", "decode --json --all x86_64 --level 1 0x402000e3");
	write_text("decode-words", "decode riscv_cmd -", "0x7f1000:\t0x402\t0x1001\n");
	write_text("decode-bytes", "decode --json --bytes riscv_cmd -",
		   "00000000  02 04 00 00 00 00 00 00  01 10 00 00 00 00 00 00  "
		   "|........|\n00000010\n");
	write_core("elf", false, "dump --image % --format amdv1 --root 0x10000 --levels 3");
	write_core("flat", true, "dump --image % --format amdv1 --root 0x10000 --levels 3");
	write_core("truncated", true,
		   "diff --truncated --image % --format amdv1 --root 0x10000 --levels 3 --with "
		   "--image "
		   "% --base 0");
}
