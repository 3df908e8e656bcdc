/* SPDX-License-Identifier: MIT */
/* Models and traffic with their memory, for programs that may end when there is none. */
#ifndef FIGURES_PLAY_H
#define FIGURES_PLAY_H

#include <iomt/traffic.h>
#include <stdio.h>

/* Each begins its own memory, to be given to free(). They end the program, and say why, where a
 * configuration is wrong. */
struct iomt_model *make_model(const struct iomt_model_cfg *cfg);
struct iomt_traffic *make_traffic(const struct iomt_traffic_cfg *cfg);
struct iomt_curve *make_curve(uint32_t entries);
struct iomt_future *make_future(uint64_t lookups, uint32_t pages);

/* Ends the program where the model refuses the event. */
void play_event(struct iomt_model *model, const struct iomt_event *event, uint64_t *done_ps);

/* Plays all; what comes before so many events does not count. */
struct iomt_model_stats play_traffic(const struct iomt_model_cfg *model,
				     const struct iomt_traffic_cfg *traffic, uint64_t warm);

/* A bar on stderr where that is a terminal, else nothing. */
void progress(const char *what, uint64_t done, uint64_t all);

#endif
