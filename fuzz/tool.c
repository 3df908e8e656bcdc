/* SPDX-License-Identifier: MIT */
/*
 * Any line of words and any image: the command ends soon, with one of its codes; code 2 comes with one
 * line of error, the others without any; what is JSON can be read as such.
 */
#include "tool.h"
#include "target.h"
#include "test.h"
#include "tool_input.h"
#include <cjson/cJSON.h>
#include <sys/mman.h>
#include <unistd.h>

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

static int image_of(const struct input *input)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("image", 0);
	CHECK(fd >= 0 && !ftruncate(fd, 0) &&
	      pwrite(fd, input->data, input->size, 0) == (ssize_t)input->size);
	return fd;
}

/* The words of a line. Numbers are written into "numbers". */
static int take_line(struct input *input, const char **words, char (*numbers)[24])
{
	int count = 1, wanted = take(input) % TOOL_WORDS;

	words[0] = "iomt";
	while (count <= wanted) {
		const char *word = line_words[take(input) % TOOL_COUNT];
		uint64_t number = 0;

		if (!strcmp(word, TOOL_NUMBER)) {
			for (unsigned i = 0; i < 8; i++)
				number |= (uint64_t)take(input) << 8 * i;
			snprintf(numbers[count], sizeof(numbers[0]), "0x%" PRIx64, number);
			word = numbers[count];
		}
		words[count++] = word;
	}
	return count;
}

static bool has(const char **words, int count, const char *word)
{
	for (int i = 1; i < count; i++) {
		if (!strcmp(words[i], word))
			return true;
	}
	return false;
}

/* The first four words. */
static bool reads_tables(const char *word)
{
	return word == line_words[0] || word == line_words[1] || word == line_words[2] ||
	       word == line_words[3];
}

static void check_json(const char *text)
{
	cJSON *document = cJSON_ParseWithOpts(text, NULL, true);

	CHECK_MSG(document, "no JSON: %s", text);
	cJSON_Delete(document);
}

static void check(int code, const char *out, const char *err, bool json)
{
	const char *end = strchr(err, '\n');

	CHECK_MSG(code >= 0 && code <= 2, "code %d", code);
	if (code == 2)
		CHECK_MSG(!strncmp(err, "iomt: ", 6) && end && !end[1], "'%s'", err);
	else
		CHECK_MSG(!*err, "'%s'", err);
	if (json && code < 2)
		check_json(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const char *words[TOOL_WORDS + 4];
	char numbers[TOOL_WORDS + 1][24], path[32], *out, *err, copies[TOOL_WORDS + 4][32];
	char *argv[TOOL_WORDS + 4];
	size_t out_size, err_size;
	int count = take_line(&input, words, numbers), code;
	bool json = has(words, count, "--json") && !has(words, count, "--help") &&
		    !has(words, count, "--version");
	FILE *files[2];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", image_of(&input));
	if (count > 1 && reads_tables(words[1])) { /* no input may take long */
		words[count++] = "--budget";
		words[count++] = "4096";
	}
	for (int i = 0; i < count; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s",
			 !strcmp(words[i], TOOL_IMAGE) ? path : words[i]);
		argv[i] = copies[i];
	}
	argv[count] = NULL;
	if (has(words, count, "-")) /* iomt decode reads the image there */
		CHECK(freopen(path, "r", stdin));
	files[0] = open_memstream(&out, &out_size);
	files[1] = open_memstream(&err, &err_size);
	CHECK(files[0] && files[1]);
	code = iomt_tool(count, argv, files[0], files[1]);
	CHECK(!fclose(files[0]) && !fclose(files[1]));
	check(code, out, err, json);
	free(out);
	free(err);
	return 0;
}
