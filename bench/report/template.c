/* SPDX-License-Identifier: MIT */
#include "template.h"
#include <stdbool.h>
#include <string.h>

struct scope {
	const cJSON *item;
	const struct scope *outer;
};

struct tag {
	char kind; /* '#', '^', '/', '{', or 0 */
	char name[32];
	const char *end; /* what follows it */
};

static struct tag read_tag(const char *at)
{
	struct tag tag = {0};
	size_t length;

	at += 2;
	if (strchr("#^/{", *at))
		tag.kind = *at++;
	length = strcspn(at, "}");
	snprintf(tag.name, sizeof(tag.name), "%.*s", (int)length, at);
	at += length;
	tag.end = at + strspn(at, "}");
	return tag;
}

static const cJSON *look_up(const struct scope *scope, const char *name)
{
	const cJSON *found = NULL;

	if (!strcmp(name, "."))
		return scope->item;
	for (; scope && !found; scope = scope->outer)
		found = cJSON_GetObjectItemCaseSensitive(scope->item, name);
	return found;
}

static bool is_empty(const cJSON *item)
{
	return !item || cJSON_IsFalse(item) || cJSON_IsNull(item) ||
	       (cJSON_IsArray(item) && !item->child) ||
	       (cJSON_IsString(item) && !*item->valuestring);
}

static void escape(FILE *out, const char *text)
{
	static const char special[] = "<>&\"'";
	static const char *const entities[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};

	for (; *text; text++) {
		const char *found = strchr(special, *text);

		if (found)
			fputs(entities[found - special], out);
		else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
			fputc(*text, out);
	}
}

static void put_value(FILE *out, const struct tag *tag, const cJSON *value)
{
	if (!cJSON_IsString(value))
		return;
	if (tag->kind == '{')
		fputs(value->valuestring, out);
	else
		escape(out, value->valuestring);
}

/* Renders up to the end of its section, and returns what follows that. No scope: only finds it. */
static const char *render(FILE *out, const char *text, const struct scope *scope)
{
	const char *open;

	while ((open = strstr(text, "{{"))) {
		struct tag tag = read_tag(open);
		const cJSON *value = scope ? look_up(scope, tag.name) : NULL;
		const char *body = tag.end;

		if (scope)
			fwrite(text, 1, (size_t)(open - text), out);
		text = body;
		if (tag.kind == '/')
			return text;
		if (tag.kind != '#' && tag.kind != '^') {
			put_value(out, &tag, value);
			continue;
		}
		text = render(out, body, NULL);
		if (tag.kind == '^' && scope && is_empty(value)) {
			render(out, body, scope);
		} else if (tag.kind == '#' && !is_empty(value)) {
			const cJSON *item = cJSON_IsArray(value) ? value->child : value;

			for (; item; item = cJSON_IsArray(value) ? item->next : NULL)
				render(out, body, &(struct scope){item, scope});
		}
	}
	if (scope)
		fputs(text, out);
	return text + strlen(text);
}

void template_render(FILE *out, const char *text, const cJSON *view)
{
	render(out, text, &(struct scope){view, NULL});
}
