/* SPDX-License-Identifier: MIT */
/*
 * From device tables down, of every architecture, with two stages where there are two. 0x40603456 is
 * 0x50456 by stage 1, 0x70456 by stage 2, 0x71456 by both; stage 1 is at 0x30000, stage 2 at 0x20000.
 * The words are those that tests/walk/device_*.c derive from the specifications.
 */
#include "run.h"
#include <cjson/cJSON.h>

struct word {
	uint64_t address, value;
};

struct machine {
	struct blob blob;
	const char *line;
};

#define V  1ULL
#define RW 3ULL

static struct blob image_of(const struct word *words)
{
	struct blob blob = blob_make("", 0);

	blob_cut(&blob, 0x40000);
	for (; words->address; words++)
		blob_write(&blob, words->address, &words->value, 8);
	return blob;
}

/* D51397, 9.2, 9.4 to 9.6: bus 1, function 0x10; PASID 3 is nested, PASID 2 a first stage. */
static const struct word vtd[] = {
	{0x12010, 0x13001},
	{0x13200, 0x14009},
	{0x13208, 2},
	{0x14000, 0x15001},
	{0x15080, 1 << 6 | 1},
	{0x15088, 6},
	{0x15090, 0x30000},
	{0x150c0, 0x20000 | 3 << 6 | 1 << 2 | 1},
	{0x150c8, 6},
	{0x150d0, 0x30000},
	{0x20008, 0x21000 | RW},
	{0x21018, 0x22000 | RW},
	{0x22018, 0x70000 | RW},
	{0x20000, 0x23000 | RW},
	{0x23000, 0x24000 | RW},
	{0x24180, 0x30000 | RW},
	{0x24188, 0x31000 | RW},
	{0x24190, 0x32000 | RW},
	{0x24198, 0x33000 | RW},
	{0x24280, 0x71000 | RW},
	{0x30000, 0x31027},
	{0x31008, 0x32027},
	{0x32018, 0x33027},
	{0x33018, 0x50067},
	{0},
};

/* IHI 0070, 5.2, 5.4: stream 5 has both stages, 4 the second. */
#define STE2 (25ULL << 32 | 1ULL << 38 | 5ULL << 48 | 1ULL << 51 | 1ULL << 58 | 7)
#define CD0  (16ULL | 1 << 30 | 1ULL << 31 | 5ULL << 32 | 1ULL << 41 | 3ULL << 45 | 9ULL << 48)
static const struct word smmu[] = {
	{0x10100, V | 6 << 1}, {0x10110, STE2},
	{0x10118, 0x20000},    {0x10140, V | 7 << 1 | 0x34000 | 2ULL << 59},
	{0x10148, 2},	       {0x10150, STE2},
	{0x10158, 0x20000},    {0x14000, CD0},
	{0x14008, 0x30000},    {0x14018, 0xff},
	{0x241a0, 0x144ff},    {0x20008, 0x21003},
	{0x21018, 0x22003},    {0x22018, 0x704ff},
	{0x20000, 0x23003},    {0x23000, 0x24003},
	{0x24180, 0x304ff},    {0x24188, 0x314ff},
	{0x24190, 0x324ff},    {0x24198, 0x334ff},
	{0x24280, 0x714ff},    {0x30000, 0x31003},
	{0x31008, 0x32003},    {0x32018, 0x33003},
	{0x33018, 0x50c43},    {0},
};

/* RISC-V IOMMU, "Device-context": contexts of 64 bytes at 0x12000; device 5 has both stages, by Sv48 and Sv48x4. */
#define ATP(a)	((uint64_t)9 << 60 | (a) >> 12)
#define PTR(a)	((a) >> 2 | 1)
#define LEAF(a) ((a) >> 2 | 0xdf)
static const struct word riscv[] = {
	{0x12140, V},
	{0x12148, ATP(0x20000ULL) | 7ULL << 44},
	{0x12150, 9 << 12},
	{0x12158, ATP(0x30000ULL)},
	{0x20000, PTR(0x28000)},
	{0x28000, PTR(0x24000)},
	{0x24000, PTR(0x25000)},
	{0x28008, PTR(0x26000)},
	{0x26018, PTR(0x27000)},
	{0x27018, LEAF(0x70000)},
	{0x25180, LEAF(0x30000)},
	{0x25188, LEAF(0x31000)},
	{0x25190, LEAF(0x32000)},
	{0x25198, LEAF(0x33000)},
	{0x25280, LEAF(0x71000)},
	{0x30000, PTR(0x31000)},
	{0x31008, PTR(0x32000)},
	{0x32018, PTR(0x33000)},
	{0x33018, LEAF(0x50000)},
	{0},
};

static cJSON *json_of(const char *line, const char *image, int code)
{
	struct ran ran = run_line(line, image);
	cJSON *document = cJSON_ParseWithOpts(ran.out, NULL, true);

	CHECK_MSG(ran.code == code && document, "%s: %d: %s%s", line, ran.code, ran.out, ran.err);
	run_end(&ran);
	return document;
}

static const char *text(const cJSON *object, const char *key)
{
	const char *found = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

	CHECK_MSG(found, "there is no text %s", key);
	return found;
}

static int length(const cJSON *object, const char *key)
{
	return cJSON_GetArraySize(cJSON_GetObjectItem(object, key));
}

static void check_translation(const char *device, const struct blob *blob, const char *output,
			      int steps, int second_steps)
{
	char line[256];
	cJSON *document, *one;

	snprintf(line, sizeof(line), "translate --json --image %%s %s 0x40603456", device);
	document = json_of(line, blob->path, 0);
	one = cJSON_GetArrayItem(cJSON_GetObjectItem(document, "translations"), 0);
	CHECK_MSG(!strcmp(text(one, "output"), output), "%s: %s", device, text(one, "output"));
	CHECK_EQ(length(one, "path"), steps);
	CHECK_EQ(length(one, "stage_2_path"), second_steps);
	cJSON_Delete(document);
}

/* One page is mapped, and that is all that a dump, a validation and a diff find. */
static void check_tables(const char *device, const struct blob *blob, const char *first,
			 const char *output)
{
	cJSON *document, *one;
	char line[256];

	snprintf(line, sizeof(line), "dump --json --image %%s %s --first 0x40000000", device);
	document = json_of(line, blob->path, 0);
	one = cJSON_GetArrayItem(cJSON_GetObjectItem(document, "ranges"), 0);
	CHECK_EQ(length(document, "ranges"), 1);
	CHECK(!strcmp(text(one, "first"), first) && !strcmp(text(one, "output"), output));
	cJSON_Delete(document);
	snprintf(line, sizeof(line), "validate --json --image %%s %s", device);
	cJSON_Delete(json_of(line, blob->path, 0));
	snprintf(line, sizeof(line), "diff --json --image %%s %s --with", device);
	cJSON_Delete(json_of(line, blob->path, 0));
}

static void check_stages(const char *device, const struct blob *blob, int first_steps,
			 int second_steps)
{
	char second[128];

	check_translation(device, blob, "0x71456", first_steps, second_steps);
	check_tables(device, blob, "0x40603000", "0x50000");
	snprintf(second, sizeof(second), "%s --stage 2", device);
	check_translation(second, blob, "0x70456", second_steps, 0);
	check_tables(second, blob, "0x40603000", "0x70000");
}

static void of_vtd(void)
{
	struct blob blob = image_of(vtd);

	check_stages("--unit vtd --device-table 0x12400 --rid 01:02.0 --pasid 3", &blob, 4, 3);
	check_translation("--unit vtd --device-table 0x12400 --rid 0x110 --pasid 2", &blob,
			  "0x50456", 4, 0);
	run_refused("dump --image %s --unit vtd --device-table 0x12400 --rid 0x110 --stage 2",
		    blob.path, "--stage: stage 2 does not translate for this device");
	{
		struct ran ran = run_line("translate --image %s --unit vtd --device-table 0x12400 "
					  "--rid 0x110 --pasid 4 0",
					  blob.path);

		CHECK_EQ(ran.code, 1); /* 7.1.3: SPT.2, the PASID's entry is not present */
		CHECK(strstr(ran.out, "fault reason 0x59"));
		run_end(&ran);
	}
	/* PASID 5: passed on */
	blob_write(&blob, 0x15140, &(uint64_t){4 << 6 | 1 << 2 | 1}, 8);
	run_refused("translate --image %s --unit vtd --device-table 0x12400 --rid 0x110 --pasid 5 "
		    "--stage 1 0x5000",
		    blob.path, "--stage: stage 1 does not translate for this device");
	run_refused(
		"diff --image %s --unit vtd --device-table 0x12400 --rid 0x110 --pasid 5 --with",
		blob.path, "has no page tables");
	blob_drop(&blob);
}

/* EPD0 and EPD1: stage 1 is there, and has no tables (IHI 0070, 5.4). */
static void of_smmu_without_halves(void)
{
	static const char *const lines[] = {
		"translate --image %s --unit smmu --device-table 0x10000 --device-table-cfg 4 "
		"--rid 3 "
		"--stage 1 0x5000",
		"translate --image %s --unit smmu --device-table 0x10000 --device-table-cfg 4 "
		"--rid 3 "
		"0x5000",
	};
	struct blob blob = image_of(smmu);

	blob_write(&blob, 0x100c0, &(uint64_t){V | 5 << 1 | 0x14000 | 2ULL << 59}, 8);
	blob_write(&blob, 0x100c8, &(uint64_t){2}, 8);
	blob_write(&blob, 0x14000, &(uint64_t){CD0 | 1 << 14}, 8);
	for (unsigned i = 0; i < 2; i++) {
		struct ran ran = run_line(lines[i], blob.path);

		CHECK_MSG(ran.code == 1 && strstr(ran.out, "F_TRANSLATION (0x10)"), "%d: %s%s",
			  ran.code, ran.out, ran.err);
		run_end(&ran);
	}
	blob_drop(&blob);
}

static void of_smmu(void)
{
	struct blob blob = image_of(smmu);

	check_stages("--unit smmu --device-table 0x10000 --device-table-cfg 4 --rid 5", &blob, 4,
		     3);
	check_translation("--unit smmu --device-table 0x10000 --device-table-cfg 4 --rid 4", &blob,
			  "0x70456", 3, 0);
	{
		struct ran ran = run_line("dump --image %s --unit smmu --device-table 0x10000 "
					  "--device-table-cfg 4 --rid 6",
					  blob.path);

		CHECK_EQ(ran.code, 1);
		CHECK(strstr(ran.out, "C_BAD_STE (0x04)"));
		run_end(&ran);
	}
	blob_drop(&blob);
}

static void of_riscv(void)
{
	struct blob blob = image_of(riscv);

	/* ddtp: one level, PPN */
	check_stages("--unit riscv --device-table 0x4802 --rid 5", &blob, 4, 4);
	{
		struct ran ran = run_line(
			"dump --image %s --unit riscv --device-table 0x4802 --rid 6", blob.path);

		CHECK_EQ(ran.code, 1);
		CHECK(strstr(ran.out, "cause 258, DDT entry not valid"));
		run_end(&ran);
	}
	blob_drop(&blob);
}

/* AMD V1, six levels (48882, 2.2.3): all 128 slots lead to one table, each slot of which is in a leaf of 2^52 bytes. */
static void all_addresses(void)
{
	struct blob blob = blob_make("", 0);
	uint64_t table = 3ULL << 61 | 0x20000 | 5 << 9 | 1;
	uint64_t leaf = 3ULL << 61 | 0x7fffffffff000 | 7 << 9 | 1;
	struct ran ran;

	blob_cut(&blob, 0x40000);
	for (unsigned i = 0; i < 512; i++) {
		if (i < 128)
			blob_write(&blob, 0x10000 + 8 * i, &table, 8);
		blob_write(&blob, 0x20000 + 8 * i, &leaf, 8);
	}
	ran = run_line("dump --image %s --format amdv1 --root 0x10000 --levels 6", blob.path);
	CHECK_MSG(!ran.code && strstr(ran.out, "\ncount:            4096\nmapped:           16E\n"),
		  "%s", ran.err);
	run_end(&ran);
	ran = run_line("dump --json --image %s --format amdv1 --root 0x10000 --levels 6",
		       blob.path);
	CHECK_MSG(!ran.code && strstr(ran.out, "\"mapped\": 18446744073709551616,"), "%s", ran.err);
	run_end(&ran);
	blob_drop(&blob);
}

TEST_SUITE(tool_units, TEST(all_addresses), TEST(of_vtd), TEST(of_smmu),
	   TEST(of_smmu_without_halves), TEST(of_riscv));
