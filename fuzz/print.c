/* SPDX-License-Identifier: MIT */
/*
 * Prints an input of ops (or with -e of exhaustion) as a test of its own: the calls that it makes,
 * with what each should return. The program that prints also plays; if that ends in a crash, the
 * last call printed is the one that crashed.
 */
#include "play.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const head[] = {
	"/* SPDX-License-Identifier: MIT */",
	"#include \"kinds.h\"",
	"#include \"test.h\"",
	"",
	"#define CHECK_OR_ENOMEM(call, want) \\",
	"\tdo { \\",
	"\t\tint got_ = (call); \\",
	"\t\tCHECK_MSG(got_ == (want) || got_ == IOMT_ENOMEM, \"%s is %d\", #call, got_); \\",
	"\t} while (0)",
	"",
	"static inline void hardware_writes(struct table *t, uint64_t iova)",
	"{",
	"\tstruct walker walker = table_walker(t, false);",
	"\tstruct walk found = walk(&walker, iova);",
	"",
	"\twalk_mark_dirty(&walker, &found);",
	"\tif (t->provider.mem.clean)",
	"\t\tt->provider.mem.clean(&t->provider, found.slot, 8);",
	"}",
	"",
	"static void input(void)",
	"{",
	"\tstatic uint64_t bitmap[64];",
	"\tstatic struct iomt_seg segs[16];",
	"\tstatic struct iomt_pt_cursor cursor;",
	"\tstatic struct table t;",
	"\tvoid (*sync)(struct iomt_gather *gather);",
	"\tuint64_t bytes = 0;",
	"",
	"\t(void)bitmap, (void)segs, (void)bytes, (void)sync, (void)cursor;",
};

static const char *const tail[] = {
	"}",
	"",
	"TEST_SUITE(fuzz, TEST(input));",
};

static void put_lines(const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		puts(lines[i]);
	fflush(stdout);
}

static const char *provider_name(enum provider_kind kind)
{
	static const char *const names[] = {
		[PROVIDER_LINEAR] = "PROVIDER_LINEAR",
		[PROVIDER_FUNCTIONS] = "PROVIDER_FUNCTIONS",
		[PROVIDER_INCOHERENT] = "PROVIDER_INCOHERENT",
		[PROVIDER_HIGH] = "PROVIDER_HIGH",
		[PROVIDER_LOW] = "PROVIDER_LOW",
	};

	return names[kind];
}

static void play_and_print(const uint8_t *data, size_t size, bool fails)
{
	static struct player player;
	static struct table table;
	struct script script;

	script_decode(data, size, &script);
	player.calls = stdout;
	player.fails = fails;
	player.table_name = "t";
	player.gather_name = "&t.gather";
	say(&player, "table_open(&t, kind_named(\"%s\"), %s);", script.kind->name,
	    provider_name(script.provider));
	say(&player, "sync = t.gather.sync;");
	say(&player, "iomt_pt_cursor_init(&cursor, &t.pt);");
	player_open(&player, &table, &script);
	player_run(&player, &script);
	player_close(&player, &script);
}

int main(int argc, char **argv)
{
	bool fails = argc == 3 && !strcmp(argv[1], "-e");
	static uint8_t data[1 << 16];
	FILE *file;
	size_t size;
	int status;

	if (argc != 2 + fails) {
		fprintf(stderr, "usage: %s [-e] INPUT\n", argv[0]);
		return 2;
	}
	file = fopen(argv[1 + fails], "rb");
	if (!file) {
		perror(argv[1 + fails]);
		return 2;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	/* each line is out before the call that it shows */
	setvbuf(stdout, NULL, _IOLBF, 0);
	put_lines(head, sizeof(head) / sizeof(head[0]));
	if (!fork()) {
		play_and_print(data, size, fails);
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	put_lines(tail, sizeof(tail) / sizeof(tail[0]));
	return 0;
}
