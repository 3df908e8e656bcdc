/* SPDX-License-Identifier: MIT */
/* iomt plan: what a machine's domains get, who has which id, and what cannot be. */
#include "commands.h"
#include "out.h"
#include "planner.h"
#include <iomt/formats.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct arguments {
	struct tool *tool;
	const char *file;
	bool explain;
};

/* "4K 2M 1G"; of three neighbours or more the first and the last, "4K..256G". */
static void size_list(char *text, size_t room, uint64_t sizes)
{
	size_t used = 0;

	text[0] = 0;
	for (unsigned lg2 = 0; lg2 < 63 && used < room; lg2++) {
		bool run = lg2 && sizes >> (lg2 - 1) & 1 && sizes >> (lg2 + 1) & 1;

		if (!(sizes >> lg2 & 1) || (run && lg2 > 1 && text[used - 1] == '.'))
			continue;
		if (run)
			used += (size_t)snprintf(text + used, room - used, "..");
		else
			used += (size_t)snprintf(text + used, room - used, "%s%u%c",
						 used && text[used - 1] != '.' ? " " : "",
						 1u << lg2 % 10, "BKMGTPE"[lg2 / 10]);
	}
}

static void say_pasid(struct tool *tool, uint32_t pasid)
{
	if (pasid != IOMT_NO_PASID)
		out_number(tool, "pasid", pasid);
	else if (!tool->json)
		out_text(tool, "pasid", OUT_DIM, "-");
}

static void say_domain(struct tool *tool, const struct plan_domain *domain)
{
	static const char *const kinds[] = {[IOMT_DOMAIN_PAGING] = "paging",
					    [IOMT_DOMAIN_IDENTITY] = "identity",
					    [IOMT_DOMAIN_SVA] = "sva"};
	const struct iomt_domain_choice *choice = &domain->choice;
	char sizes[128];

	out_row(tool);
	out_text(tool, "domain", OUT_NAME, "%s", domain->machine->name);
	out_text(tool, "kind", OUT_PLAIN, "%s", kinds[domain->machine->kind]);
	if (!choice->format) {
		bool none = domain->machine->kind != IOMT_DOMAIN_IDENTITY;

		out_text(tool, "format", none ? OUT_BAD : OUT_DIM, none ? "none" : "-");
		out_row_end(tool);
		return;
	}
	say_pasid(tool, domain->pasid);
	out_text(tool, "format", OUT_PLAIN, "%s", iomt_pt_format_name(choice->cfg.format));
	out_number(tool, "levels", choice->levels);
	out_number(tool, "iova_bits", choice->iova_bits);
	out_number(tool, "oa_bits", choice->oa_bits);
	size_list(sizes, sizeof(sizes), choice->page_sizes);
	out_text(tool, "page_sizes", OUT_PLAIN, "%s", sizes);
	out_row_end(tool);
}

static void say_domains(struct tool *tool, const struct plan *plan)
{
	static const struct out_column columns[] = {
		{"domain", "DOMAIN", -16}, {"kind", "KIND", -8},      {"pasid", "PASID", 7},
		{"format", "FORMAT", -14}, {"levels", "LEVELS", 6},   {"iova_bits", "IOVA", 4},
		{"oa_bits", "OA", 3},	   {"page_sizes", "PAGES", 0}};

	out_list(tool, "domains", columns, COUNT(columns));
	for (uint32_t i = 0; i < plan->machine->domain_count; i++)
		say_domain(tool, &plan->domains[i]);
	out_list_end(tool);
}

/* By unit, id, device, PASID. */
static int place_order(const void *one, const void *two)
{
	const struct plan_place *a = *(struct plan_place *const *)one,
				*b = *(struct plan_place *const *)two;

	if (a->device->unit != b->device->unit)
		return a->device->unit < b->device->unit ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->rid != b->rid)
		return a->rid < b->rid ? -1 : 1;
	return a->pasid + 1 < b->pasid + 1 ? -1 : a->pasid + 1 > b->pasid + 1;
}

static const char *id_kind(const struct plan_place *place)
{
	if (place->id == IOMT_PACK_NO_ID)
		return "-";
	if (place->device->unit->caps.kind->vendor != IOMT_VENDOR_SMMU)
		return "domain";
	return place->domain->choice.stage == 1 ? "asid" : "vmid";
}

static void say_rid(struct tool *tool, const struct plan_place *place)
{
	uint32_t id = place->device->rids[place->rid].id;

	if (place->device->unit->caps.kind->vendor == IOMT_VENDOR_SMMU)
		out_text(tool, "rid", OUT_ADDRESS, "0x%x", id);
	else
		out_text(tool, "rid", OUT_ADDRESS, "%02x:%02x.%x", id >> 8, id >> 3 & 31, id & 7);
}

static void say_place(struct tool *tool, const struct plan_place *place)
{
	out_row(tool);
	out_text(tool, "unit", OUT_PLAIN, "%s", place->device->unit->name);
	out_text(tool, "kind", OUT_PLAIN, "%s", id_kind(place));
	if (place->id != IOMT_PACK_NO_ID)
		out_number(tool, "id", place->id);
	else if (!tool->json)
		out_text(tool, "id", OUT_DIM, "-");
	out_text(tool, "device", OUT_NAME, "%s", place->device->name);
	say_rid(tool, place);
	say_pasid(tool, place->pasid);
	out_text(tool, "domain", OUT_PLAIN, "%s", place->domain->machine->name);
	out_row_end(tool);
}

static bool say_places(struct tool *tool, const struct plan *plan)
{
	static const struct out_column columns[] = {
		{"unit", "UNIT", -12},	   {"kind", "ID OF", -6}, {"id", "ID", 5},
		{"device", "DEVICE", -16}, {"rid", "RID", -9},	  {"pasid", "PASID", 7},
		{"domain", "DOMAIN", 0}};
	struct plan_place **places = calloc(plan->place_count + 1, sizeof(struct plan_place *));
	uint32_t count = 0;

	if (!places)
		return false;
	for (uint32_t i = 0; i < plan->place_count; i++) {
		if (plan->places[i].attached)
			places[count++] = &plan->places[i];
	}
	qsort(places, count, sizeof(struct plan_place *), place_order);
	out_list(tool, "places", columns, COUNT(columns));
	for (uint32_t i = 0; i < count; i++)
		say_place(tool, places[i]);
	out_list_end(tool);
	free(places);
	return true;
}

static void say_count(struct tool *tool, const struct plan_unit *unit, const char *key,
		      const char *way, const struct plan_count *count)
{
	if (!count->ids)
		return;
	out_row(tool);
	out_text(tool, "unit", OUT_PLAIN, "%s", unit->machine->name);
	out_text(tool, "ids_by", OUT_PLAIN, "%s", tool->json ? key : way);
	out_number(tool, "ids", count->ids);
	if (count->tags)
		out_number(tool, "tags", count->tags);
	out_row_end(tool);
}

static void say_ids(struct tool *tool, const struct plan *plan)
{
	static const struct out_column columns[] = {{"unit", "UNIT", -12},
						    {"ids_by", "IDS BY", -32},
						    {"ids", "IDS", 6},
						    {"tags", "TAGS", 8}};

	out_list(tool, "ids", columns, COUNT(columns));
	for (uint32_t i = 0; i < plan->machine->unit_count; i++) {
		const struct plan_unit *unit = &plan->units[i];

		say_count(tool, unit, "apart", "domain or device with PASIDs", &unit->apart);
		say_count(tool, unit, "equivalent", "packer, equal maps", &unit->equal);
		say_count(tool, unit, "isolating", "packer, isolating", &unit->attached);
		say_count(tool, unit, "plan", "solver, isolating: the plan", &unit->packed);
		say_count(tool, unit, "bound", "no answer has fewer",
			  &(struct plan_count){unit->bound, 0});
		say_count(tool, unit, "domains", "table: domain ids", &unit->domains);
		say_count(tool, unit, "asids", "table: ASIDs", &unit->asids);
		say_count(tool, unit, "vmids", "table: VMIDs", &unit->vmids);
	}
	out_list_end(tool);
}

static void say_name(struct tool *tool, const char *key, const char *name)
{
	if (name || !tool->json)
		out_text(tool, key, OUT_PLAIN, "%s", name ? name : "-");
}

static void say_findings(struct tool *tool, const struct plan *plan)
{
	static const struct out_column columns[] = {{"finding", "FINDING", -8},
						    {"domain", "DOMAIN", -16},
						    {"device", "DEVICE", -16},
						    {"about", "WHAT", 0}};

	out_list(tool, "findings", columns, COUNT(columns));
	for (uint32_t i = 0; i < plan->finding_count; i++) {
		const struct plan_finding *finding = &plan->findings[i];

		out_row(tool);
		out_text(tool, "finding", finding->conflict ? OUT_BAD : OUT_WARN, "%s",
			 finding->conflict ? "conflict" : "note");
		say_name(tool, "domain", finding->domain);
		say_name(tool, "device", finding->device);
		if (tool->json || !finding->advice)
			out_text(tool, "about", OUT_PLAIN, "%s", finding->text);
		else
			out_text(tool, "about", OUT_PLAIN, "%s; %s", finding->text,
				 finding->advice);
		if (tool->json && finding->advice)
			out_text(tool, "advice", OUT_PLAIN, "%s", finding->advice);
		out_row_end(tool);
	}
	out_list_end(tool);
}

static const char *name_of(const struct plan_domain *domain, unsigned long id)
{
	for (uint32_t i = 0; i < domain->machine->device_count; i++) {
		const struct machine_device *device = domain->machine->devices[i];

		for (uint32_t k = 0; k < device->rid_count; k++) {
			if (device->rids[k].id == id)
				return device->name;
		}
	}
	return "?";
}

/* "device 0x4100" becomes "device nic". False: no memory. */
static bool say_reason(struct tool *tool, const struct plan_domain *domain, const char *line)
{
	static const char before[] = "device 0x";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return false;
	for (const char *at = strstr(line, before); at; at = strstr(line, before)) {
		char *end;
		unsigned long id = strtoul(at + strlen("device "), &end, 16);

		fprintf(out, "%.*sdevice %s", (int)(at - line), line, name_of(domain, id));
		line = end;
	}
	fputs(line, out);
	if (fclose(out)) {
		free(text);
		return false;
	}
	out_row(tool);
	out_text(tool, "domain", OUT_NAME, "%s", domain->machine->name);
	out_text(tool, "reason", OUT_PLAIN, "%s", text);
	out_row_end(tool);
	free(text);
	return true;
}

/* The library's own words, a line for each format. */
static bool say_reasons(struct tool *tool, const struct plan_domain *domain)
{
	const struct iomt_domain_req *req = &domain->req;
	size_t length = iomt_domain_explain(req, domain->rids, domain->rid_count, NULL, 0);
	char *text = malloc(length + 1), *rest;
	bool good = text;

	if (!text)
		return false;
	iomt_domain_explain(req, domain->rids, domain->rid_count, text, length + 1);
	for (char *line = strtok_r(text, "\n", &rest); good && line;
	     line = strtok_r(NULL, "\n", &rest))
		good = say_reason(tool, domain, line);
	free(text);
	return good;
}

static bool explain(struct tool *tool, const struct plan *plan)
{
	static const struct out_column columns[] = {{"domain", "DOMAIN", -16},
						    {"reason", "FORMATS", 0}};
	bool good = true;

	out_list(tool, "formats", columns, COUNT(columns));
	for (uint32_t i = 0; good && i < plan->machine->domain_count; i++) {
		if (plan->domains[i].machine->kind != IOMT_DOMAIN_IDENTITY)
			good = say_reasons(tool, &plan->domains[i]);
	}
	out_list_end(tool);
	return good;
}

/* Lists stand apart in text. */
static void gap(struct tool *tool)
{
	if (!tool->json)
		fputc('\n', tool->out);
}

static int say(struct tool *tool, const struct arguments *arguments, const struct plan *plan)
{
	bool good = true;

	out_begin(tool);
	say_domains(tool, plan);
	gap(tool);
	if (arguments->explain) {
		good = explain(tool, plan);
		gap(tool);
	}
	good = say_places(tool, plan) && good;
	gap(tool);
	say_ids(tool, plan);
	if (plan->finding_count)
		gap(tool);
	say_findings(tool, plan);
	return out_end(tool, !good ? tool_no_memory(tool) : plan->conflicts ? TOOL_NO : TOOL_YES);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 'x':
		arguments->explain = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			return ARGP_ERR_UNKNOWN;
		arguments->file = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int run_plan(struct tool *tool, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"explain", 'x', NULL, 0, "Say of each format why it was chosen, or not", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		parse,
		"FILE",
		"Plans a machine: the page table of each domain, PASIDs, ids, and what cannot be. "
		"FILE "
		"is YAML and names units, devices and domains; iomt-plan(1) describes it.\v"
		"Exit code 1: there is a conflict.",
		NULL,
		NULL,
		NULL};
	struct arguments arguments = {.tool = tool};
	int code = tool_parse(tool, &argp, argc, argv, 0, &arguments);
	struct machine machine;
	struct plan plan;

	if (code >= 0)
		return code;
	if (!arguments.file)
		return tool_fail(tool, "plan", "no file is given, see iomt plan --help");
	code = TOOL_BAD;
	if (machine_read(tool, &machine, arguments.file)) {
		if (plan_make(&plan, tool, &machine))
			code = say(tool, &arguments, &plan);
		plan_close(&plan);
	}
	machine_free(&machine);
	return code;
}
