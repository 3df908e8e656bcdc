/* SPDX-License-Identifier: MIT */
/* iomt decode: how values are given, what is said of them, what is refused. */
#include "decode.h"
#include "decode_input.h"
#include "random.h"
#include "run.h"
#include <cjson/cJSON.h>

static void says(const char *line, int code, const char *const *parts)
{
	struct ran ran = run_line(line, "");

	CHECK_MSG(ran.code == code, "%s: code %d: %s", line, ran.code, ran.err);
	CHECK_STR(ran.err, "");
	for (; *parts; parts++)
		CHECK_MSG(strstr(ran.out, *parts), "%s: no '%s' in %s", line, *parts, ran.out);
	run_end(&ran);
}

#define SAYS(line, code, ...) says(line, code, (const char *const[]){__VA_ARGS__, NULL})

static void explained(void)
{
	SAYS("decode amdv1 0x6000000012345001", 0, "format:           amdv1\n",
	     "entry:            AMD host page-table entry\n",
	     "specification:    AMD 48882, 2.2.3\n",
	     "51:12    PageAddress  0x12345000  the page; --level tells its size\n",
	     "62       IW           0x1         writes are allowed\n");
	SAYS("decode amdv1 --level=1 6000000012200001", 0, "level:            1 (AMD's level 2)\n",
	     "the page, of 2M\n");
	SAYS("decode x86_64 --level pde 402000e3", 0, "level:            1 (PDE)\n");
	SAYS("decode smmu_cmd 46 0", 0, "entry:            SMMUv3 command: CMD_SYNC\n", "4.7.3\n");
	SAYS("decode riscv_cmd 402,0xffff", 0, "ADDR          0x3fffc  where data is stored\n");
	/* one number: the highest word first */
	SAYS("decode riscv_cmd 000000000000ffff0000000000000402", 0, "IOFENCE.C\n", "0x3fffc");
	SAYS("decode riscv_cmd --bytes 0204000000000000 ffff000000000000", 0, "0x3fffc");
	SAYS("decode riscv_cmd --all 402 0", 0, "31:14    reserved      0x0\n");
	SAYS("decode riscv_cmd -q 402 0", 0, "0x0000000000000402 0x0000000000000000\n9:0 ");
}

static void reserved(void)
{
	SAYS("decode riscv_cmd 402 c000000000000000", 1,
	     "127:126  reserved      0x3    RESERVED: must be 0\n",
	     "reserved:         1 field has a value that is reserved\n");
	SAYS("decode smmu_cmd ff 8", 1, "0xff   RESERVED: this value means nothing\n");
	SAYS("decode smmu_cmd --json ff 8", 1, "\"state\":\"reserved\"", "\"reserved\": 1\n");
}

static void listed(void)
{
	SAYS("decode --list", 0, "amdv1 ", "vtd_qi_wide                4  ", "riscv_prq ");
	SAYS("decode --list --json", 0, "{\"format\":\"amd_dte\",\"words\":4,");
	SAYS("decode --help", 0, "FORMAT VALUE...", "Explains every field");
}

static void refused(void)
{
	static const struct {
		const char *line, *why;
	} lines[] = {
		{"decode", "usage: iomt decode FORMAT VALUE..., or iomt decode --list"},
		{"decode --list amdv1", "usage: "},
		{"decode nothing 1", "no such format 'nothing'; iomt decode --list has them"},
		{"decode amdv1", "amdv1: 0 words are given: 1 word of 64 bits is wanted"},
		{"decode amd_cmd 1", "amd_cmd: 1 word is given: 2 words of 64 bits are wanted, the "
				     "lowest first, or one number of 32 digits"},
		{"decode amd_cmd 1 2 3", "that is too much: 2 words"},
		{"decode amd_cmd 12345678901234567", "a number of 17 digits is given: 2 words"},
		{"decode amd_cmd 1 00000000000000000000000000000000", "a number of 32 digits"},
		{"decode amd_cmd 00000000000000000000000000000000 1", "that is too much"},
		{"decode amdv1 zz", "'zz' is no word; hexadecimal is wanted"},
		{"decode amdv1 0x", "'0x' is no word"},
		{"decode amdv1 -1", "-1: there is no such option"},
		{"decode amdv1 --bytes 123", "'123' is no bytes"},
		{"decode amdv1 --bytes 12", "1 byte is given: 8 bytes are wanted"},
		{"decode x86_64 1", "--level is: 0 PTE, 1 PDE, 2 PDPTE, 3 PML4E, 4 PML5E"},
		{"decode x86_64 --level 5 1", "--level: x86_64 has no level 5, but: 0 PTE, "},
		{"decode x86_64 --level x 1", "--level: 'x' is no number"},
		{"decode amd_dte --level 0 1", "--level: amd_dte is no format of page tables"},
		{"decode amdv1 --level", "--level: it needs a value: --level=N"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		run_refused(lines[i].line, "", lines[i].why);
}

/* Whatever is in them: a code, and a document that can be read. */
static void everything_is_json(void)
{
	struct random random;

	random_init(&random, 1);
	for (size_t f = 0; decode_formats[f]; f++) {
		const struct decode_format *format = decode_formats[f];

		for (unsigned i = 0; i < 8; i++) {
			char line[512];
			size_t used = (size_t)snprintf(line, sizeof(line), "decode --json %s",
						       format->name);
			cJSON *document;
			struct ran ran;

			if (format->level_count)
				used += (size_t)snprintf(line + used, sizeof(line) - used,
							 " --level %u", i % format->level_count);
			for (unsigned w = 0; w < format->words; w++)
				used += (size_t)snprintf(line + used, sizeof(line) - used,
							 " %" PRIx64,
							 i == 0	  ? (uint64_t)0
							 : i == 1 ? UINT64_MAX
								  : random_next(&random));
			ran = run_line(line, "");
			CHECK_MSG(ran.code == 0 || ran.code == 1, "%s: %s", line, ran.err);
			document = cJSON_ParseWithOpts(ran.out, NULL, true);
			CHECK_MSG(document, "%s: no JSON: %s", line, ran.out);
			CHECK_INT(cJSON_GetObjectItem(document, "reserved")->valueint > 0,
				  ran.code);
			CHECK(cJSON_GetArraySize(cJSON_GetObjectItem(document, "fields")) > 0);
			cJSON_Delete(document);
			run_end(&ran);
		}
	}
}

/* Text of other programs, on standard input. */
static void dumps(void)
{
	static const struct {
		bool bytes;
		const char *text;
	} inputs[] = {
		/* hexdump -C, xxd, xxd -p, od -A x -t x1 */
		{true, "00000000  02 04 00 00 00 00 00 00  01 10 00 00 00 00 00 00  |.:......|..|\n"
		       "00000010\n"},
		{true,
		 "00000000: 0204 0000 0000 0000  ..  12\n00000008: 0110 0000 0000 0000  ab\n"},
		{true, "02040000000000000110000000000000\n"},
		{true, "000000 02 04 00 00 00 00 00 00 01 10 00 00 00 00 00 00\n000010\n"},
		{true, "0204000000000000\n0110000000000000\n"},
		/* od -A n -t x8; a debugger's x/2gx */
		{false, " 0000000000000402 0000000000001001\n"},
		{false, "0x7f12a000 <queue+16>:\t0x0000000000000402\t0x0000000000001001\n"},
		{false, "0x402\n\n0x1001"},
		/* of Linux: SMMUv3's events, AMD's device-table entries */
		{false, "[    7.1] arm-smmu-v3 2b400000.iommu: event 0x10 received:\n"
			"[    7.1] arm-smmu-v3 2b400000.iommu: \t0x0000000000000402\n"
			"[    7.1] arm-smmu-v3 2b400000.iommu: \t0x0000000000001001\n"},
		{false, "AMD-Vi: DTE[0]: 0000000000000402\nAMD-Vi: DTE[1]: 0000000000001001\n"},
	};
	struct tool tool = {.out = stdout, .err = stderr};
	const struct decode_format *format = NULL;
	char dash[] = "-", *texts[] = {dash};

	for (size_t i = 0; decode_formats[i]; i++) {
		if (!strcmp(decode_formats[i]->name, "riscv_cmd"))
			format = decode_formats[i];
	}
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		char *text = strdup(inputs[i].text);
		FILE *input = fmemopen(text, strlen(text), "r");
		struct decode_value value = {{0}};

		CHECK(input &&
		      decode_input(&tool, format, inputs[i].bytes, texts, 1, input, &value));
		CHECK_EQ(value.word[0], 0x402);
		CHECK_EQ(value.word[1], 0x1001);
		fclose(input);
		free(text);
	}
}

/* What decode says of input that is no text, or no lines. */
static void refuse_input(FILE *input, const char *why)
{
	struct tool tool = {.out = stdout};
	char dash[] = "-", *texts[] = {dash}, *said;
	struct decode_value value = {{0}};
	size_t size;

	tool.err = open_memstream(&said, &size);
	CHECK(input && tool.err);
	CHECK(!decode_input(&tool, decode_formats[0], false, texts, 1, input, &value));
	fclose(tool.err);
	CHECK_STR(said, why);
	fclose(input);
	free(said);
}

static void bad_input(void)
{
	static char blanks[10000];
	char zero[] = "0x1\0 0x2\n";

	memset(blanks, ' ', sizeof(blanks));
	refuse_input(fmemopen(blanks, sizeof(blanks), "r"),
		     "iomt: amdv1: a line of the input: it is too long\n");
	refuse_input(fmemopen(zero, sizeof(zero) - 1, "r"),
		     "iomt: amdv1: a line of the input: it has a zero byte\n");
	refuse_input(fopen("/dev/zero", "r"),
		     "iomt: amdv1: a line of the input: it has a zero byte\n");
	refuse_input(fopen("/", "r"), "iomt: amdv1: a line of the input: Is a directory\n");
}

TEST_SUITE(tool_decode, TEST(explained), TEST(reserved), TEST(listed), TEST(refused),
	   TEST(everything_is_json), TEST(dumps), TEST(bad_input));
