/* SPDX-License-Identifier: MIT */
/* Sequences of operations on one table, against the reference model and the walker. */
#include "play.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct player player;
	static struct table table;
	struct script script;

	script_decode(data, size, &script);
	player_open(&player, &table, &script);
	player_run(&player, &script);
	player_close(&player, &script);
	return 0;
}
