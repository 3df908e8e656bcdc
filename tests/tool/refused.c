/* SPDX-License-Identifier: MIT */
/* Input that is bad, memory that is not there, output that cannot be written: one line, code 2. */
#include "memory_fails.h"
#include "run.h"
#include <fcntl.h>
#include <unistd.h>

static void usage(void)
{
	static const struct {
		const char *line, *why;
	} lines[] = {
		{"dmp", "no such command 'dmp'; there are: "},
		{"--json", "no command is given; iomt --help lists them"},
		{"--nothing", "--nothing: there is no such option; iomt --help lists them"},
		{"dump --nothing",
		 "--nothing: there is no such option; iomt dump --help lists them"},
		{"dump -Z", "-Z: there is no such option"},
		{"dump --image", "--image: it needs a value: --image=FILE"},
		{"dump --i=5", "--i=5: it is short for more than one option; iomt dump --help"},
		{"dump --de", "--de: it is short for more than one option"},
		{"dump --col", "--col: it needs a value: --col=WHEN"},
		{"dump --device-table", "--device-table: it needs a value"},
		{"dump --json=yes", "--json=yes: it takes no value"},
		{"dump --color=mauve", "no such choice 'mauve'; there are: auto always never"},
		{"dump", "--image=FILE is needed"},
		{"dump --image %s", "it needs --format and --root"},
		{"dump --image %s --format amdv1", "it needs --format and --root"},
		{"dump --image %s --format amdv2 --root 0",
		 "no such format 'amdv2'; there are: amdv1 x86_64 vtd_ss"},
		{"dump --image %s --format amdv1 --root 0",
		 "--levels: it or --iova-bits is needed"},
		{"dump --image %s --format amdv1 --root 0 --levels 9", "--levels: "},
		{"dump --image %s --format amdv1 --root 0 --levels 65",
		 "--levels: '65' is too large"},
		{"dump --image %s --format amdv1 --root 0 --iova-bits 3", "--iova-bits: "},
		{"dump --image %s --format amdv1 --root 1 --levels 3", "is no multiple of 4096"},
		{"dump --image %s --format riscv_s2 --root 0x1000 --levels 4",
		 "is no multiple of 16384"},
		{"dump --image %s --format amdv1 --root 0x7000000 --levels 3",
		 "--root: there is no memory at 0x7000000 in the image"},
		{"dump --image %s --format amdv1 --root ten --levels 3", "'ten' is no number"},
		{"dump --image %s --format amdv1 --root -1 --levels 3", "'-1' is no number"},
		{"dump --image %s --format amdv1 --root 0x --levels 3", "does not belong there"},
		{"dump --image %s --format amdv1 --root 4Q --levels 3",
		 "'Q' does not belong there"},
		{"dump --image %s --format amdv1 --root 0x10000000000000000 --levels 3",
		 "is too large"},
		{"dump --image %s --format amdv1 --root 0x100000000T --levels 3", "is too large"},
		{"dump --image %s " TABLE_LINE " --page-sizes 4K,3K", "'3K' is no power of two"},
		{"dump --image %s " TABLE_LINE " --page-sizes 4K,", "'' is no number"},
		{"dump --image %s " TABLE_LINE " --page-sizes 2M",
		 "--page-sizes: the granule is missing"},
		{"dump --image %s " TABLE_LINE " --walk nx",
		 "--walk: a flag that the format does not"},
		{"dump --image %s " TABLE_LINE " --walk nix",
		 "no such flag 'nix'; there are: none"},
		{"dump --image %s " TABLE_LINE " --walk dirty",
		 "--walk: dirty bits are not set without"},
		{"dump --image %s " TABLE_LINE " --deny rq", "'q' is none of r, w, x"},
		{"dump --image %s " TABLE_LINE " --oa-bits 60", "--oa-bits: "},
		{"dump --image %s " TABLE_LINE " --first 9 --last 8",
		 "--first: it is behind --last"},
		{"dump --image %s " TABLE_LINE " word", "word: one word too many"},
		{"dump --base 0 --image %s " TABLE_LINE, "belongs behind the --image"},
		{"dump --image %s " TABLE_LINE " --rid 0", "not both"},
		{"dump --image %s --unit amd", "it needs --unit, --device-table and --rid"},
		{"dump --image %s --unit arm", "no such kind 'arm'; there are: amd vtd smmu riscv"},
		{"dump --image %s --unit amd --device-table 0x7000000 --rid 0",
		 "--device-table: there is no memory at 0x7000000"},
		{"dump --image %s --unit amd --device-table 0 --rid 0x10000", "no device 0x10000"},
		{"dump --image %s --unit amd --device-table 0 --rid 00:20.0",
		 "is no device, such as"},
		{"dump --image %s --unit amd --device-table 0 --rid 00:1f.8",
		 "is no device, such as"},
		{"dump --image %s --unit amd --device-table 0 --rid -f:1f.2",
		 "is no device, such as"},
		{"dump --image %s --unit amd --device-table 0 --rid 00:+1.2",
		 "is no device, such as"},
		{"dump --image %s --unit amd --device-table 0 --rid 00:1f.2:",
		 "is no device, such as"},
		{"dump --image %s --unit amd --device-table 0 --rid 0 --pasid 0x100000",
		 "is too large"},
		{"dump --image %s --unit amd --device-table 0 --rid 0 --stage 3",
		 "neither 1 nor 2"},
		{"dump --image %s --unit amd --device-table 0 --rid 0 --features x",
		 "no such feature"},
		{"dump --image %s --unit smmu --device-table 0 --rid 0",
		 "needs --device-table-cfg"},
		{"dump --image %s --unit riscv --device-table 0 --rid 0 --capabilities 1",
		 "--capabilities: PAS is not from 32 to 56"},
		{"dump --image %s " TABLE_LINE " --limit 0", "with 0 there is nothing to say"},
		{"translate --image %s " TABLE_LINE, "which address?"},
		{"translate --image %s " TABLE_LINE " 12z", "IOVA: '12z' is no number"},
		{"translate --image %s " TABLE_LINE " --access p 0", "it needs r, w or x"},
		{"translate --image %s " TABLE_LINE " --access z 0", "'z' is none of r, w, x, p"},
		{"translate --image %s -a", "-a: it needs a value: -a RIGHTS"},
		{"diff --image %s " TABLE_LINE, "--with is missing"},
		{"diff --image %s " TABLE_LINE " --with --with", "only two tables can be compared"},
		{"diff --image %s " TABLE_LINE " --with --levels 9", "--levels: "},
		{"diff --image %s " TABLE_LINE " --with --image /nowhere", "No such file"},
	};
	uint64_t words[(TABLE_BASE + TABLE_BYTES) / 8] = {0};
	struct blob blob = blob_make(words, sizeof(words));

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		run_refused(lines[i].line, blob.path, lines[i].why);
	run_refused("dump --image %s --image %s --image %s --image %s --image %s --image %s "
		    "--image %s --image %s --image %s " TABLE_LINE,
		    blob.path, "one image too many: 8 are the most");
	blob_drop(&blob);
}

/* What an argument has that is no text stays on one line, and out of JSON. */
static void odd_words(void)
{
	run_refused("a\nb", NULL, "no such command 'a?b'");
	run_refused("dump --image \x1b[31m/\xff --format amdv1 --root 0 --levels 3", NULL,
		    "?[31m/?: No such file");
	run_refused("--\n", NULL, "--?: there is no such option");
}

static void nothing_at_all(void)
{
	struct ran ran = {0};
	size_t size;
	FILE *out = open_memstream(&ran.out, &size), *err = open_memstream(&ran.err, &size);

	CHECK_EQ(iomt_tool(0, NULL, out, err), 2);
	CHECK(!fclose(out) && !fclose(err));
	CHECK(!strcmp(ran.err, "iomt: usage: no command is given; iomt --help lists them\n"));
	run_end(&ran);
}

/* Each table of five levels has but entries to itself, one level lower as that is looked at: all loops. */
static void loops(void)
{
	static uint64_t words[5 * 512];
	struct blob blob;
	struct ran ran;

	/* 48882, 2.2.3: the table of each level leads on in all its slots; the last maps pages */
	for (unsigned level = 0; level < 5; level++) {
		for (unsigned slot = 0; slot < 512; slot++)
			words[(4 - level) * 512 + slot] =
				3ULL << 61 | (5 - level) * 0x1000ULL | (uint64_t)level << 9 | 1;
	}
	blob = blob_make(words, sizeof(words));
	run_refused("dump -q --budget 100K --image %s --format amdv1 --root 0 --levels 5",
		    blob.path, "--budget: 102400 entries are read, and there are more from 0x");
	run_refused(
		"diff --budget 100K --image %s --format amdv1 --root 0 --levels 5 --with --deny w",
		blob.path, "--budget: 102400 entries are read");
	run_refused("validate --budget 1000 --image %s --format amdv1 --root 0 --levels 5",
		    blob.path, "--budget: 1000 entries are read");
	/* findings need each table once, however often it is led to */
	ran = run_line("validate -q --budget 10K --image %s --format amdv1 --root 0 --levels 5",
		       blob.path);
	CHECK_EQ(ran.code, 1);
	CHECK(strstr(ran.out, "a table that is used twice") && !*ran.err);
	run_end(&ran);
	ran = run_line("validate -q --limit 1 --image %s --format amdv1 --root 0 --levels 5",
		       blob.path);
	CHECK_EQ(ran.code, 1);
	CHECK(strstr(ran.out, "count:            1\n"));
	run_end(&ran);
	ran = run_line("dump -q --limit 10 --image %s --format amdv1 --root 0 --levels 5",
		       blob.path);
	CHECK_EQ(ran.code, 0);
	CHECK(strstr(ran.out, "complete:         no\nnext:             0x"));
	run_end(&ran);
	blob_drop(&blob);
}

static void no_room(void)
{
	static const char *const lines[] = {"formats", "--help", "--version", "dump --help",
					    "--json formats"};
	char text[64], *words[4], *rest, *message = NULL;
	size_t size;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		FILE *full = fopen("/dev/full", "w"), *err = open_memstream(&message, &size);
		char name[] = "iomt";
		int count = 0;

		CHECK(full && err);
		words[count++] = name;
		rest = strcpy(text, lines[i]);
		while ((words[count] = strsep(&rest, " ")))
			count++;
		CHECK_EQ(iomt_tool(count, words, full, err), 2);
		fclose(full);
		CHECK(!fclose(err));
		CHECK_MSG(!strcmp(message,
				  "iomt: output: it cannot be written: No space left on device\n"),
			  "%s: %s", lines[i], message);
		free(message);
	}
}

/* Each allocation of a run fails once: what is said is one line, or the run does without it. */
static void no_memory(void)
{
	static const char *const lines[] = {
		"dump --image %s " TABLE_LINE,
		"dump --json --image %s " TABLE_LINE,
		"translate --json --image %s " TABLE_LINE " 0x1000 0x5000",
		"validate --image %s " TABLE_LINE,
		"diff --json --image %s " TABLE_LINE " --with --levels 3",
		"formats --json",
		"--help",
		"nothing",
	};
	uint64_t words[(TABLE_BASE + TABLE_BYTES) / 8] = {0};
	struct blob blob;

	make_table(words + TABLE_BASE / 8);
	blob = blob_make(words, sizeof(words));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		uint64_t failed = 0;

		for (uint64_t n = 0;; n++) {
			struct ran ran;
			bool met;

			memory_fail(n);
			ran = run_line(lines[i], blob.path);
			met = memory_failed();
			failed += met && ran.code == 2;
			CHECK_MSG(ran.code != 2 ||
					  (strchr(ran.err, '\n') && !strchr(ran.err, '\n')[1]),
				  "%s, allocation %" PRIu64 ": '%s'", lines[i], n, ran.err);
			run_end(&ran);
			if (!met)
				break;
			CHECK(n < 10000);
		}
		CHECK_MSG(failed, "%s: no allocation mattered", lines[i]);
	}
	blob_drop(&blob);
}

/* A file that cannot be read any more, or that somebody cuts off: no table is said to be missing then. */
static void no_reads(void)
{
	static const char *const lines[] = {
		"dump --image %s " TABLE_LINE,
		"translate --json --image %s " TABLE_LINE " 0x1000 0x5000",
		"validate --image %s " TABLE_LINE,
		"diff --image %s " TABLE_LINE " --with --levels 3",
		"dump --image %s --unit amd --device-table 0x12000 --rid 0x40",
	};
	uint64_t words[(TABLE_BASE + TABLE_BYTES) / 8] = {0};
	struct blob blob;

	make_table(words + TABLE_BASE / 8);
	words[0x12800 / 8] = TABLE_BASE | 3 << 9 | 3;
	blob = blob_make(words, sizeof(words));
	for (size_t i = 0; i < 2 * sizeof(lines) / sizeof(lines[0]); i++) {
		uint64_t n = 0;

		for (;; n++) {
			const char *line = lines[i / 2];
			struct ran ran;
			bool met;

			reads_fail(n, i % 2);
			ran = run_line(line, blob.path);
			met = reads_failed();
			if (met)
				CHECK_MSG(ran.code == 2 &&
						  strstr(ran.err,
							 "it cannot be read: Input/output error\n"),
					  "%s, read %" PRIu64 ": %d '%s'", line, n, ran.code,
					  ran.err);
			run_end(&ran);
			if (!met)
				break;
		}
		CHECK(n >= 4);
	}
	blob_drop(&blob);
}

TEST_SUITE(tool_refused, TEST(usage), TEST(odd_words), TEST(nothing_at_all), TEST(loops),
	   TEST(no_room), TEST(no_memory), TEST(no_reads));
