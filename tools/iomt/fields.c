/* SPDX-License-Identifier: MIT */
#include "fields.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 1048576 /* bytes of a file */
#define NAME	64	/* characters of a name */
#define FIELDS	32	/* of a struct, at most */
#define DEPTH	16	/* of nodes in nodes */
#define ANCHORS 1024

bool fields_no_memory(struct fields *fields)
{
	tool_no_memory(fields->tool);
	return false;
}

/* "devices.nic.rid: " */
static size_t put_at(char *text, size_t room, const struct field_at *at)
{
	size_t used = at->up ? put_at(text, room, at->up) : 0;
	int added;

	if (used >= room)
		return used;
	added = snprintf(text + used, room - used, "%s%.*s", used ? "." : "",
			 (int)strcspn(at->name, "!"), at->name);
	return used + (size_t)added;
}

bool fields_fail(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 const char *format, ...)
{
	char reason[512], where[256] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (at)
		put_at(where, sizeof(where), at);
	if (node)
		tool_fail(fields->tool, fields->path, "line %zu: %s%s%s", node->start_mark.line + 1,
			  where, *where ? ": " : "", reason);
	else
		tool_fail(fields->tool, fields->path, "%s", reason);
	return false;
}

/* What cannot be a character has an offset alone. */
static size_t line_of(const yaml_parser_t *parser, const unsigned char *text)
{
	size_t line = 1;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < parser->problem_offset; i++)
		line += text[i] == '\n';
	return line;
}

static bool no_yaml(struct fields *fields, const yaml_parser_t *parser, const unsigned char *text)
{
	const char *problem = parser->problem ? parser->problem : "it cannot be read";

	if (parser->error == YAML_MEMORY_ERROR)
		tool_no_memory(fields->tool);
	else
		tool_fail(fields->tool, fields->path, "line %zu: %s%s%s", line_of(parser, text),
			  parser->context ? parser->context : "", parser->context ? ": " : "",
			  problem);
	return false;
}

static bool load(struct fields *fields, yaml_parser_t *parser, yaml_document_t *document)
{
	return yaml_parser_load(parser, document) ||
	       no_yaml(fields, parser, parser->input.string.start);
}

/* How deep nodes are, and how many have anchors: libyaml takes the square of either as its time. */
static bool count_event(struct fields *fields, const yaml_event_t *event, unsigned *depth,
			unsigned *anchors)
{
	const yaml_char_t *anchor = NULL;

	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		++*depth;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		++*depth;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		--*depth;
		break;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		break;
	default:
		break;
	}
	*anchors += anchor != NULL;
	if (*depth <= DEPTH && *anchors <= ANCHORS)
		return true;
	tool_fail(fields->tool, fields->path, "line %zu: more than %d %s",
		  event->start_mark.line + 1, *depth > DEPTH ? DEPTH : ANCHORS,
		  *depth > DEPTH ? "lists and names within one another" : "anchors");
	return false;
}

static bool check_events(struct fields *fields, yaml_parser_t *parser)
{
	unsigned depth = 0, anchors = 0;
	yaml_event_t event;
	bool more = true, good = true;

	while (more && good) {
		if (!yaml_parser_parse(parser, &event))
			return no_yaml(fields, parser, parser->input.string.start);
		more = event.type != YAML_STREAM_END_EVENT;
		good = count_event(fields, &event, &depth, &anchors);
		yaml_event_delete(&event);
	}
	return good;
}

/* One document, and no other after it. */
static bool load_only(struct fields *fields, yaml_parser_t *parser)
{
	yaml_document_t second;
	const yaml_node_t *root;

	fields->loaded = load(fields, parser, fields->document);
	if (!fields->loaded)
		return false;
	if (!yaml_document_get_root_node(fields->document))
		return fields_fail(fields, NULL, NULL,
				   "it is empty; 'units', 'devices' and 'domains' are expected");
	if (!load(fields, parser, &second))
		return false;
	root = yaml_document_get_root_node(&second);
	if (root)
		fields_fail(fields, NULL, root, "a second document begins here");
	yaml_document_delete(&second);
	return !root;
}

static bool parse(struct fields *fields, const unsigned char *text, size_t length,
		  bool (*by)(struct fields *fields, yaml_parser_t *parser))
{
	yaml_parser_t parser;
	bool good;

	if (!yaml_parser_initialize(&parser))
		return fields_no_memory(fields);
	yaml_parser_set_input_string(&parser, text, length);
	good = by(fields, &parser);
	yaml_parser_delete(&parser);
	return good;
}

bool fields_load(struct fields *fields)
{
	unsigned char *text = malloc(LONGEST + 1);
	size_t length;
	FILE *file;
	bool good;

	if (!text)
		return fields_no_memory(fields);
	file = fopen(fields->path, "rb");
	length = file ? fread(text, 1, LONGEST + 1, file) : 0;
	if (!file || ferror(file))
		good = fields_fail(fields, NULL, NULL, "%s", strerror(errno));
	else if (length > LONGEST)
		good = fields_fail(fields, NULL, NULL, "it has more than %d bytes", LONGEST);
	else
		good = parse(fields, text, length, check_events) &&
		       parse(fields, text, length, load_only);
	if (file)
		fclose(file);
	free(text);
	return good;
}

static const yaml_node_t *node_of(const struct fields *fields, int index)
{
	return yaml_document_get_node(fields->document, index);
}

static size_t pairs_of(const yaml_node_t *node)
{
	return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

static bool is_key(const struct fields *fields, const yaml_node_pair_t *pair, const char *name,
		   size_t length)
{
	const yaml_node_t *key = node_of(fields, pair->key);

	return key->type == YAML_SCALAR_NODE && key->data.scalar.length == length &&
	       !memcmp(key->data.scalar.value, name, length);
}

/* The first pair of a name, or NULL. */
static const yaml_node_pair_t *find_pair(const struct fields *fields, const yaml_node_t *node,
					 const char *name, size_t length)
{
	const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;

	for (size_t i = 0; i < pairs_of(node); i++) {
		if (is_key(fields, &pairs[i], name, length))
			return &pairs[i];
	}
	return NULL;
}

static const yaml_node_t *find(const struct fields *fields, const yaml_node_t *node,
			       const char *name, size_t length)
{
	const yaml_node_pair_t *pair = find_pair(fields, node, name, length);

	return pair ? node_of(fields, pair->value) : NULL;
}

/* Names of units, devices, fields: fit to be shown, and each once. */
static bool check_names(struct fields *fields, const struct field_at *at, const yaml_node_t *node)
{
	const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;

	for (size_t i = 0; i < pairs_of(node); i++) {
		const yaml_node_t *key = node_of(fields, pairs[i].key);
		const char *name = fields_text(fields, at, key);

		if (!name)
			return false;
		if (!*name || strlen(name) > NAME ||
		    name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:@/+-")])
			return fields_fail(
				fields, at, key,
				"'%.*s' is no name: 1 to %d letters, digits, . _ : @ / + -", NAME,
				name, NAME);
		if (find_pair(fields, node, name, strlen(name)) != &pairs[i])
			return fields_fail(fields, at, key, "'%s' is there twice", name);
	}
	return true;
}

static bool is_mapping(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		       size_t most)
{
	if (node->type != YAML_MAPPING_NODE)
		return fields_fail(fields, at, node, "names with values are expected here");
	if (pairs_of(node) > most)
		return fields_fail(fields, at, node, "%zu are more than %zu", pairs_of(node), most);
	return check_names(fields, at, node);
}

static size_t length_of(const struct field *field)
{
	return strcspn(field->name, "!");
}

/* No field that the table does not have. */
static bool check_fields(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
			 const struct field *list)
{
	const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
	char names[256] = "";
	size_t used = 0;

	for (const struct field *field = list; field->name; field++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, " %.*s",
					 (int)length_of(field), field->name);
	for (size_t i = 0; i < pairs_of(node); i++) {
		const struct field *field = list;

		while (field->name && !is_key(fields, &pairs[i], field->name, length_of(field)))
			field++;
		if (!field->name)
			return fields_fail(
				fields, at, node_of(fields, pairs[i].key),
				"no such field '%s'; there are:%s",
				(const char *)node_of(fields, pairs[i].key)->data.scalar.value,
				names);
	}
	return true;
}

bool fields_read(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 const struct field *list, void *into)
{
	if (!is_mapping(fields, at, node, FIELDS) || !check_fields(fields, at, node, list))
		return false;
	for (const struct field *field = list; field->name; field++) {
		const struct field_at here = {at, field->name, field};
		const yaml_node_t *value = find(fields, node, field->name, length_of(field));

		if (!value && field->name[length_of(field)])
			return fields_fail(fields, at, node, "'%.*s' is missing",
					   (int)length_of(field), field->name);
		if (value && !field->read(fields, &here, value, (char *)into + field->offset))
			return false;
	}
	return true;
}

/* The three names that a document has. */
static bool check_root(struct fields *fields, const yaml_node_t *root)
{
	static const struct field list[] = {
		{"units", NULL, 0, 0, 0, NULL},
		{"devices", NULL, 0, 0, 0, NULL},
		{"domains", NULL, 0, 0, 0, NULL},
		{NULL, NULL, 0, 0, 0, NULL},
	};

	return is_mapping(fields, NULL, root, FIELDS) && check_fields(fields, NULL, root, list);
}

bool fields_table(struct fields *fields, const struct fields_table *table, void **array,
		  uint32_t *count)
{
	const yaml_node_t *root = yaml_document_get_root_node(fields->document), *node;
	const struct field_at here = {NULL, table->name, NULL};
	const yaml_node_pair_t *pairs;

	if (!check_root(fields, root))
		return false;
	node = find(fields, root, table->name, strlen(table->name));
	if (!node)
		return fields_fail(fields, NULL, root, "'%s' is missing", table->name);
	if (!is_mapping(fields, &here, node, table->most))
		return false;
	if (!pairs_of(node))
		return fields_fail(fields, &here, node, "there is none");
	*array = calloc(pairs_of(node), table->size);
	if (!*array)
		return fields_no_memory(fields);
	pairs = node->data.mapping.pairs.start;
	for (size_t i = 0; i < pairs_of(node); i++) {
		const struct field_at at = {
			&here, (const char *)node_of(fields, pairs[i].key)->data.scalar.value,
			NULL};

		++*count;
		if (!table->read(fields, &at, node_of(fields, pairs[i].value),
				 (char *)*array + i * table->size))
			return false;
	}
	return true;
}

uint32_t fields_count(const yaml_node_t *node)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return 1;
	return (uint32_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

const yaml_node_t *fields_item(const struct fields *fields, const yaml_node_t *node, uint32_t i)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return node;
	return node_of(fields, node->data.sequence.items.start[i]);
}

const char *fields_text(struct fields *fields, const struct field_at *at, const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		fields_fail(fields, at, node, "a plain word or number is expected here");
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		fields_fail(fields, at, node, "it has a zero byte");
		return NULL;
	}
	return text;
}

bool fields_number(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		   uint64_t least, uint64_t most, uint64_t *value)
{
	const char *text = fields_text(fields, at, node);
	bool hex = text && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	if (!text)
		return false;
	errno = 0;
	*value = strtoull(text, &end, hex ? 16 : 10);
	if (!isdigit((unsigned char)text[0]) || *end || (hex && !text[2]))
		return fields_fail(fields, at, node, "'%s' is no number", text);
	if (errno || *value < least || *value > most)
		return fields_fail(fields, at, node, "%s is not %llu to %llu", text,
				   (unsigned long long)least, (unsigned long long)most);
	return true;
}

bool field_u8(struct fields *fields, const struct field_at *at, const yaml_node_t *node, void *into)
{
	uint64_t value;

	if (!fields_number(fields, at, node, at->field->least, at->field->most, &value))
		return false;
	*(uint8_t *)into = (uint8_t)value;
	return true;
}

bool field_u64(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
	       void *into)
{
	return fields_number(fields, at, node, at->field->least, at->field->most, into);
}

bool field_bool(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		void *into)
{
	const char *text = fields_text(fields, at, node);

	if (!text)
		return false;
	*(bool *)into = !strcmp(text, "true") || !strcmp(text, "yes");
	if (!*(bool *)into && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
		return fields_fail(fields, at, node, "'%s' is neither true nor false", text);
	return true;
}

bool field_text(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		void *into)
{
	const char **text = into;

	*text = fields_text(fields, at, node);
	if (*text && (!**text || strlen(*text) > NAME))
		return fields_fail(fields, at, node, "it is a name of 1 to %d characters", NAME);
	return *text;
}

bool field_word(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		void *into)
{
	const char *text = fields_text(fields, at, node);
	char names[256] = "";
	size_t used = 0;

	if (!text)
		return false;
	for (const struct word *word = at->field->words; word->name; word++) {
		if (!strcmp(word->name, text)) {
			*(uint32_t *)into = word->value;
			return true;
		}
		used += (size_t)snprintf(names + used, sizeof(names) - used, " %s", word->name);
	}
	return fields_fail(fields, at, node, "'%s' is none of:%s", text, names);
}

bool field_words(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 void *into)
{
	uint32_t all = 0, one;

	for (uint32_t i = 0; i < fields_count(node); i++) {
		if (!field_word(fields, at, fields_item(fields, node, i), &one))
			return false;
		all |= one;
	}
	*(uint32_t *)into = all;
	return true;
}

/* "4K", "2M", or bytes. */
static bool read_size(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		      uint64_t *sizes)
{
	static const char units[] = "KMGT";
	const char *text = fields_text(fields, at, node), *unit;
	unsigned long long value;
	unsigned shift = 0;
	char *end;

	if (!text)
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (!isdigit((unsigned char)text[0]) || *end || errno || !value || value & (value - 1) ||
	    value >> (63 - shift))
		return fields_fail(fields, at, node, "'%s' is no page size, such as 4K, 2M or 1G",
				   text);
	*sizes |= (uint64_t)value << shift;
	return true;
}

bool field_sizes(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 void *into)
{
	uint64_t sizes = 0;

	for (uint32_t i = 0; i < fields_count(node); i++) {
		if (!read_size(fields, at, fields_item(fields, node, i), &sizes))
			return false;
	}
	*(uint64_t *)into = sizes;
	return true;
}

bool field_levels(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		  void *into)
{
	uint64_t level;
	uint8_t levels = 0;

	for (uint32_t i = 0; i < fields_count(node); i++) {
		if (!fields_number(fields, at, fields_item(fields, node, i), 1, 6, &level))
			return false;
		levels |= (uint8_t)(1u << level);
	}
	*(uint8_t *)into = levels;
	return true;
}
