/* SPDX-License-Identifier: MIT */
/* iomt: the table of commands, and what is there without one. */
#include "commands.h"
#include <errno.h>
#include <iomt/iomt.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
	{"dump", "what page tables in an image map", run_dump},
	{"translate", "what an address means in them, and why", run_translate},
	{"validate", "what is wrong with them", run_validate},
	{"diff", "how two of them differ", run_diff},
	{"decode", "explain an entry, a command, a record", run_decode},
	{"formats", "list the formats of page tables", run_formats},
	{"plan", "plan a machine: formats, PASIDs and ids of its domains", run_plan},
	{"simulate", "play the IOTLB model on traffic or a trace", run_simulate},
};

struct arguments {
	struct tool *tool;
	int command; /* its place in argv; 0: none */
	bool version;
};

static error_t take(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)text;
	switch (key) {
	case 'V':
		arguments->version = true;
		return 0;
	case ARGP_KEY_ARG:
		arguments->command = state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void write_commands(FILE *out)
{
	fprintf(out, "Commands:\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].brief);
	fprintf(out, "\niomt COMMAND --help says more. Exit codes: 0 fine; 1 the answer is no (a "
		     "fault, a finding, a difference, a conflict); 2 bad input or usage.\n");
}

static char *help(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_POST_DOC ? tool_written(write_commands)
					     : (char *)(uintptr_t)text;
}

static int run_command(struct tool *tool, const char *name, int argc, char **argv)
{
	const char *names[COUNT(commands) + 1];
	char title[32];
	int which;

	for (size_t i = 0; i < COUNT(commands); i++)
		names[i] = commands[i].name;
	names[COUNT(commands)] = NULL;
	which = tool_word(tool, "usage", "command", name, names);
	if (which < 0)
		return TOOL_BAD;
	snprintf(title, sizeof(title), "iomt %s", commands[which].name);
	argv[0] = title;
	tool->command = commands[which].name;
	return commands[which].run(tool, argc, argv);
}

static int run(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"version", 'V', NULL, 0, "The version of iomt", -1},
		{0},
	};
	static const struct argp argp = {
		options, take, "COMMAND [OPTION...]", "I/O page tables, explained.\v", NULL,
		help,	 NULL};
	struct arguments arguments = {.tool = tool};
	char *name;
	int code;

	code = tool_parse(tool, &argp, argc, argv, ARGP_IN_ORDER, &arguments);
	if (code >= 0)
		return code;
	if (arguments.version) {
		fprintf(tool->out, "iomt %d.%d.%d\n", IOMT_VERSION_MAJOR, IOMT_VERSION_MINOR,
			IOMT_VERSION_PATCH);
		return TOOL_YES;
	}
	if (!arguments.command)
		return tool_fail(tool, "usage", "no command is given; iomt --help lists them");
	name = argv[arguments.command];
	return run_command(tool, name, argc - arguments.command, argv + arguments.command);
}

int iomt_tool(int argc, char **argv, FILE *out, FILE *err)
{
	struct tool tool = {.out = out, .err = err, .colour = tool_on_terminal(out)};
	char name[] = "iomt", *nothing[] = {name, NULL};
	char **words = argc > 0 ? calloc((size_t)argc + 1, sizeof(*words)) : nothing;
	int code;

	if (!words)
		return tool_no_memory(&tool);
	if (argc > 0)
		memcpy(words, argv, (size_t)argc * sizeof(*words));
	words[0] = name;
	code = run(&tool, argc > 0 ? argc : 1, words);
	if (argc > 0)
		free(words);
	errno = 0;
	if (fflush(out) || ferror(out))
		code = tool_fail(&tool, "output", "it cannot be written: %s",
				 errno ? strerror(errno) : "an error before");
	return code;
}
