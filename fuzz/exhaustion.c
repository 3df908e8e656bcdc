/* SPDX-License-Identifier: MIT */
/*
 * The sequences of ops.c with memory that runs out: the high half of a record's first byte says at
 * which allocation of its call (play.c). A call that reports IOMT_ENOMEM has changed nothing, and
 * what was reserved can be mapped.
 */
#include "play.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct player player = {.fails = true};
	static struct table table;
	struct script script;

	script_decode(data, size, &script);
	player_open(&player, &table, &script);
	player_run(&player, &script);
	player_close(&player, &script);
	return 0;
}
