/* SPDX-License-Identifier: MIT */
#include "play.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noreturn)) static void refuse(const char *what, const struct iomt_model_error *error)
{
	fprintf(stderr, "%s: %s%s: %s\n", program_invocation_short_name, what, error->field,
		error->reason);
	exit(2);
}

static void *memory_of(size_t bytes)
{
	void *memory = bytes ? malloc(bytes) : NULL;

	if (!memory) {
		fprintf(stderr, "%s: no memory for %zu bytes\n", program_invocation_short_name,
			bytes);
		exit(1);
	}
	return memory;
}

static void want(int err)
{
	if (err) {
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, iomt_strerror(err));
		exit(2);
	}
}

struct iomt_model *make_model(const struct iomt_model_cfg *cfg)
{
	struct iomt_model_error error;
	struct iomt_model *model;

	if (iomt_model_cfg_check(cfg, &error))
		refuse("", &error);
	want(iomt_model_init(&model, cfg, memory_of(iomt_model_bytes(cfg)), iomt_model_bytes(cfg)));
	return model;
}

struct iomt_traffic *make_traffic(const struct iomt_traffic_cfg *cfg)
{
	struct iomt_model_error error;
	struct iomt_traffic *traffic;
	size_t bytes = iomt_traffic_bytes(cfg);

	if (iomt_traffic_cfg_check(cfg, &error))
		refuse("traffic.", &error);
	want(iomt_traffic_init(&traffic, cfg, memory_of(bytes), bytes));
	return traffic;
}

struct iomt_curve *make_curve(uint32_t entries)
{
	size_t bytes = iomt_curve_bytes(entries);
	struct iomt_curve *curve;

	want(iomt_curve_init(&curve, entries, memory_of(bytes), bytes));
	return curve;
}

struct iomt_future *make_future(uint64_t lookups, uint32_t pages)
{
	size_t bytes = iomt_future_bytes(lookups, pages);
	struct iomt_future *future;

	want(iomt_future_init(&future, lookups, pages, memory_of(bytes), bytes));
	return future;
}

void play_event(struct iomt_model *model, const struct iomt_event *event, uint64_t *done_ps)
{
	want(iomt_model_play(model, event, done_ps));
}

struct iomt_model_stats play_traffic(const struct iomt_model_cfg *model_cfg,
				     const struct iomt_traffic_cfg *traffic_cfg, uint64_t warm)
{
	struct iomt_traffic *traffic = make_traffic(traffic_cfg);
	struct iomt_model *model = make_model(model_cfg);
	struct iomt_model_stats stats;
	struct iomt_event event;
	uint64_t events = 0;

	while (iomt_traffic_next(traffic, &event)) {
		play_event(model, &event, NULL);
		if (++events == warm)
			iomt_model_restart(model);
	}
	iomt_model_stats(model, &stats);
	free(model);
	free(traffic);
	return stats;
}

void progress(const char *what, uint64_t done, uint64_t all)
{
	static const char bar[] = "########################################";
	int filled = all ? (int)(done * (sizeof(bar) - 1) / all) : 0;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%-24.24s [%-*.*s]", what, (int)sizeof(bar) - 1, filled, bar);
	if (done == all)
		fprintf(stderr, "\r%*s\r", (int)sizeof(bar) + 28, "");
}
