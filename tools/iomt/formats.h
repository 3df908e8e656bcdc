/* SPDX-License-Identifier: MIT */
/* The formats of page tables by name. */
#ifndef IOMT_TOOL_FORMATS_H
#define IOMT_TOOL_FORMATS_H

#include "tool.h"
#include <iomt/walk.h>

/* Whose words faults have. */
enum format_reports { REPORTS_AMD, REPORTS_X86, REPORTS_VTD, REPORTS_SMMU, REPORTS_RISCV };

struct format {
	const char *name; /* iomt_walk_NAME, iomt_NAME */
	const struct iomt_walk_format *walk;
	const char *about;
	uint32_t flags;	 /* IOMT_WALK_* that usual hardware has set */
	uint32_t rights; /* IOMT_READ, IOMT_WRITE, IOMT_EXEC, as far as entries have them */
	uint32_t align;	 /* of roots, at least */
	bool users;	 /* rights depend on privilege */
	enum format_reports reports;
};

/* The last one's name is NULL. */
extern const struct format formats[];

/* "rw-" */
const char *rights_text(uint32_t prot);

const struct format *format_of(const struct iomt_walk_format *walk);

/* NULL, and tool_fail has said which there are. */
const struct format *format_find(struct tool *tool, const char *subject, const char *name);

#endif
