/* SPDX-License-Identifier: MIT */
/* argp, without its exits and without its own messages: each mistake is one line. */
#include "tool.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 0x1001, KEY_COLOUR };

static const struct argp_option common[] = {
	{"json", KEY_JSON, NULL, 0, "Write one JSON document", -1},
	{"color", KEY_COLOUR, "WHEN", 0,
	 "Colours: auto (on a terminal, without NO_COLOR), always, never", -1},
	{"colour", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, -1},
	{"quiet", 'q', NULL, 0, "No headings and no progress", -1},
	{"help", 'h', NULL, 0, "This list", -1},
	{0},
};

struct parse {
	struct tool *tool;
	const struct argp *argp; /* the command's */
	void *input;
	bool helped;
};

static error_t take_colour(struct tool *tool, const char *text)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	int word = tool_word(tool, "--color", "choice", text, words);

	if (word < 0)
		return EINVAL;
	tool->colour = word == 1 || (word == 0 && tool_on_terminal(tool->out));
	return 0;
}

/* The option that "word" spells, perhaps shortened; NULL: none. */
static const struct argp_option *spelled(const struct argp_option *options, const char *word)
{
	size_t length = strcspn(word, "=");

	if (word[0] != '-')
		return NULL;
	for (; options && (options->name || options->key || options->doc); options++) {
		if (word[1] == '-' ? length > 2 && options->name &&
					     !strncmp(options->name, word + 2, length - 2)
				   : word[1] && options->key == word[1] && !word[2])
			return options;
	}
	return NULL;
}

/* How many options a long one may be short for. */
static unsigned spellings(const struct argp_option *options, const char *word)
{
	size_t length = strcspn(word, "=");
	unsigned count = 0;

	if (strncmp(word, "--", 2) != 0)
		return 0;
	for (; options && (options->name || options->key || options->doc); options++)
		count += options->name && !(options->flags & OPTION_ALIAS) &&
			 !strncmp(options->name, word + 2, length - 2);
	return count;
}

/* getopt keeps to itself what it minds: an option that is not there, or its value. */
static void say_what(struct parse *parse, struct argp_state *state)
{
	const char *word = state->argv[state->next > 1 ? state->next - 1 : state->argc - 1];
	const struct argp_option *option = spelled(parse->argp->options, word);
	unsigned count = spellings(parse->argp->options, word) + spellings(common, word);

	for (const struct argp_child *child = parse->argp->children; child && child->argp;
	     child++) {
		count += spellings(child->argp->options, word);
		if (!option)
			option = spelled(child->argp->options, word);
	}
	if (!option)
		option = spelled(common, word);
	if (option && count > 1 && strlen(option->name) != strcspn(word, "=") - 2)
		tool_fail(parse->tool, word,
			  "it is short for more than one option; %s --help lists them",
			  state->argv[0]);
	else if (option && option->arg && !strchr(word, '='))
		tool_fail(parse->tool, word, "it needs a value: %s%c%s", word,
			  word[1] == '-' ? '=' : ' ', option->arg);
	else if (option && !option->arg && strchr(word, '='))
		tool_fail(parse->tool, word, "it takes no value");
	else
		tool_fail(parse->tool, word, "there is no such option; %s --help lists them",
			  state->argv[0]);
}

static error_t take(int key, char *text, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = parse->input;
		return 0;
	case KEY_JSON:
		parse->tool->json = true;
		return 0;
	case KEY_COLOUR:
		return take_colour(parse->tool, text);
	case 'q':
		parse->tool->quiet = true;
		return 0;
	case 'h':
		parse->helped = true;
		return ECANCELED;
	case ARGP_KEY_ERROR:
		if (!parse->helped && !parse->tool->failed)
			say_what(parse, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

char *tool_written(void (*write)(FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write(out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static char *filter(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)(uintptr_t)text;
}

int tool_parse(struct tool *tool, const struct argp *argp, int argc, char **argv, unsigned flags,
	       void *input)
{
	const struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
	const struct argp whole = {common, take, NULL, NULL, children, filter, NULL};
	struct parse parse = {.tool = tool, .argp = argp, .input = input};
	int next = argc;
	error_t err = argp_parse(&whole, argc, argv,
				 ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP | flags, &next, &parse);

	if (parse.helped) {
		argp_help(&whole, tool->out, ARGP_HELP_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC,
			  argv[0]);
		return TOOL_YES;
	}
	if (err == ENOMEM)
		return tool_no_memory(tool);
	if (err)
		return tool_fail(tool, argv[0], "its arguments cannot be understood");
	if (next < argc)
		return tool_fail(tool, argv[next], "one word too many; see %s --help", argv[0]);
	if (tool->json)
		tool->colour = false;
	return -1;
}
