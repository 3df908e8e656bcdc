/* SPDX-License-Identifier: MIT */
/* What a terminal gets and nobody else does: colours, and a bar that is gone in the end. */
#include "run.h"
#include <pty.h>
#include <unistd.h>

struct terminal {
	int master;
	FILE *file;
};

static struct terminal open_terminal(void)
{
	struct terminal terminal;
	int slave;

	CHECK(!openpty(&terminal.master, &slave, NULL, NULL, NULL));
	terminal.file = fdopen(slave, "w");
	CHECK(terminal.file);
	return terminal;
}

/* What it got, up to some thousand bytes. */
static void close_terminal(struct terminal *terminal, char *text, size_t room)
{
	size_t used = 0;
	ssize_t got;

	CHECK(!fclose(terminal->file));
	while (used < room - 1 && (got = read(terminal->master, text + used, room - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = 0;
	close(terminal->master);
}

static int run_words(const char *const *words, FILE *out, FILE *err)
{
	char copies[RUN_WORDS][64], *argv[RUN_WORDS + 1];
	int count = 0;

	for (; words[count]; count++) {
		snprintf(copies[count], sizeof(copies[0]), "%s", words[count]);
		argv[count] = copies[count];
	}
	argv[count] = NULL;
	return iomt_tool(count, argv, out, err);
}

/* "iomt formats", with a colour for names or without. */
static bool is_coloured(const char *option)
{
	const char *const words[] = {"iomt", "formats", option, NULL};
	struct terminal terminal = open_terminal();
	char text[4096];

	CHECK_EQ(run_words(words, terminal.file, stderr), 0);
	close_terminal(&terminal, text, sizeof(text));
	CHECK(strstr(text, "amdv1"));
	return strstr(text, "\033[1mamdv1\033[0m");
}

static void colours(void)
{
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	CHECK(is_coloured(NULL));
	CHECK(is_coloured("--color=auto"));
	CHECK(!is_coloured("--color=never"));
	CHECK(!is_coloured("--json"));
	setenv("NO_COLOR", "1", 1);
	CHECK(!is_coloured(NULL));
	CHECK(!is_coloured("--color=auto"));
	CHECK(is_coloured("--color=always"));
	setenv("NO_COLOR", "", 1);
	CHECK(is_coloured(NULL));
	setenv("TERM", "dumb", 1);
	CHECK(!is_coloured(NULL));
}

/* A dump of more than 65536 entries, and what stderr gets of it. */
static void dump_long(const char *option, struct blob *blob, char *text, size_t room)
{
	const char *const words[] = {"iomt",   "dump", "--image",  blob->path, "--format", "amdv1",
				     "--root", "0",    "--levels", "4",	       option,	   NULL};
	struct terminal terminal = open_terminal();
	size_t size;
	char *said;
	FILE *out = open_memstream(&said, &size);

	CHECK_EQ(run_words(words, out, terminal.file), 0);
	fclose(out);
	CHECK(strstr(said, "count"));
	CHECK(!strchr(said, '\r'));
	free(said);
	close_terminal(&terminal, text, room);
}

static void bars(void)
{
	/* 48882, 2.2.3: all 512 slots of a table lead on; the other maps one page */
	static uint64_t words[2 * 512];
	struct blob blob;
	char text[4096];
	size_t length;

	for (unsigned slot = 0; slot < 512; slot++)
		words[slot] = 3ULL << 61 | 0x1000 | 1 << 9 | 1;
	words[512] = 3ULL << 61 | 0xabc000 | 1;
	blob = blob_make(words, sizeof(words));
	dump_long(NULL, &blob, text, sizeof(text));
	length = strlen(text);
	CHECK_MSG(strstr(text, "entries: ") && length > 4 && !strcmp(text + length - 4, "\r\033[K"),
		  "'%s'", text);
	dump_long("--quiet", &blob, text, sizeof(text));
	CHECK(!*text);
	dump_long("--json", &blob, text, sizeof(text));
	CHECK(!*text);
	blob_drop(&blob);
}

TEST_SUITE(tool_terminal, TEST(colours), TEST(bars));
