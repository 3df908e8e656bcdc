/* SPDX-License-Identifier: MIT */
/* The commands, each in files of its name. */
#ifndef IOMT_TOOL_COMMANDS_H
#define IOMT_TOOL_COMMANDS_H

#include "tool.h"

int run_diff(struct tool *tool, int argc, char **argv);
int run_dump(struct tool *tool, int argc, char **argv);
int run_translate(struct tool *tool, int argc, char **argv);
int run_validate(struct tool *tool, int argc, char **argv);
int run_decode(struct tool *tool, int argc, char **argv);
int run_formats(struct tool *tool, int argc, char **argv);
int run_plan(struct tool *tool, int argc, char **argv);
int run_simulate(struct tool *tool, int argc, char **argv);

#endif
