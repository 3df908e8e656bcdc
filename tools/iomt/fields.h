/* SPDX-License-Identifier: MIT */
/* YAML into structs, by tables of fields. What is wrong is one line, with file, line and field. */
#ifndef IOMT_TOOL_FIELDS_H
#define IOMT_TOOL_FIELDS_H

#include "tool.h"
#include <yaml.h>

struct machine;
struct machine_unit;

struct fields {
	struct tool *tool;
	const char *path;
	struct machine *machine;
	const struct machine_unit *unit; /* whose fields these are */
	yaml_document_t *document;
	bool loaded; /* the document is to be deleted */
};

struct word {
	const char *name;
	uint32_t value;
};

/* "devices.nic.rid", from its end. */
struct field_at {
	const struct field_at *up;
	const char *name;
	const struct field *field;
};

struct field {
	const char *name; /* "rid!": it must be there */
	bool (*read)(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		     void *into);
	size_t offset; /* of "into" in the struct */
	uint64_t least, most;
	const struct word *words;
};

/* A member of the document that has a struct for each name. */
struct fields_table {
	const char *name;
	uint32_t most;
	size_t size;
	bool (*read)(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		     void *into);
};

/* All of these: false when tool_fail has said why. */
bool fields_load(struct fields *fields);
bool fields_table(struct fields *fields, const struct fields_table *table, void **array,
		  uint32_t *count);
/* In the table's order, whatever the file's. The last field has no name. */
bool fields_read(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 const struct field *list, void *into);
__attribute__((format(printf, 4, 5))) bool fields_fail(struct fields *fields,
						       const struct field_at *at,
						       const yaml_node_t *node, const char *format,
						       ...);
bool fields_no_memory(struct fields *fields);

/* Elements of a list; one that stands alone is a list of one. */
uint32_t fields_count(const yaml_node_t *node);
const yaml_node_t *fields_item(const struct fields *fields, const yaml_node_t *node, uint32_t i);

/* NULL: it is no plain text. */
const char *fields_text(struct fields *fields, const struct field_at *at, const yaml_node_t *node);
bool fields_number(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		   uint64_t least, uint64_t most, uint64_t *value);

/* For struct field. */
bool field_u8(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
	      void *into);
bool field_u64(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
	       void *into);
bool field_bool(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		void *into);
/* A const char *, a name. */
bool field_text(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		void *into);
/* A uint32_t: the value of one word, or those of a list together. */
bool field_word(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		void *into);
bool field_words(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 void *into);
/* A uint64_t: bit k for 2^k bytes. */
bool field_sizes(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		 void *into);
/* A uint8_t: bit k for k levels. */
bool field_levels(struct fields *fields, const struct field_at *at, const yaml_node_t *node,
		  void *into);

#endif
