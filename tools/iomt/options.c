/* SPDX-License-Identifier: MIT */
/* The options that say where page tables are. */
#include "source.h"
#include <errno.h>
#include <string.h>

enum {
	KEY_IMAGE = 0x2001,
	KEY_BASE,
	KEY_TRUNCATED,
	KEY_FORMAT,
	KEY_ROOT,
	KEY_LEVELS,
	KEY_IOVA_BITS,
	KEY_OA_BITS,
	KEY_PAGE_SIZES,
	KEY_MAIR,
	KEY_DENY,
	KEY_WALK,
	KEY_BUDGET,
	KEY_UNIT,
	KEY_DEVICE_TABLE,
	KEY_DEVICE_TABLE_CFG,
	KEY_RID,
	KEY_PASID,
	KEY_FEATURES,
	KEY_CAPABILITIES,
	KEY_STAGE,
};

static const struct argp_option list[] = {
	{NULL, 0, NULL, 0, "The image:", 1},
	{"image", KEY_IMAGE, "FILE", 0,
	 "Memory: raw, an ELF core, or one that makedumpfile flattened. Again: more files", 1},
	{"base", KEY_BASE, "ADDRESS", 0, "The image before this is raw, and begins there", 1},
	{"truncated", KEY_TRUNCATED, NULL, 0, "Take an image whose end is missing", 1},
	{NULL, 0, NULL, 0, "Page tables:", 2},
	{"format", KEY_FORMAT, "FORMAT", 0, "Their format; iomt formats lists them", 2},
	{"root", KEY_ROOT, "ADDRESS", 0, "Guest address of the top table", 2},
	{"levels", KEY_LEVELS, "N", 0, "Levels of tables", 2},
	{"iova-bits", KEY_IOVA_BITS, "N", 0, "Bits of input address", 2},
	{"oa-bits", KEY_OA_BITS, "N", 0, "Bits of physical address that the hardware has", 2},
	{"page-sizes", KEY_PAGE_SIZES, "SIZE,...", 0, "Page sizes that it has, such as 4K,2M", 2},
	{"mair", KEY_MAIR, "VALUE", 0, "Arm stage 1: MAIR", 2},
	{"deny", KEY_DENY, "RIGHTS", 0, "What the entry above denies: any of r, w, x", 2},
	{"walk", KEY_WALK, "FLAG,...", 0, "" /* help has it */, 2},
	{"budget", KEY_BUDGET, "N", 0, "Entries that may be read (256M)", 2},
	{NULL, 0, NULL, 0, "Or from a device table down:", 3},
	{"unit", KEY_UNIT, "KIND", 0, "amd, vtd, smmu or riscv", 3},
	{"device-table", KEY_DEVICE_TABLE, "VALUE", 0,
	 "AMD: address, or the register with its Size. VT-d: RTADDR. SMMUv3: STRTAB_BASE. RISC-V: "
	 "ddtp",
	 3},
	{"device-table-cfg", KEY_DEVICE_TABLE_CFG, "VALUE", 0, "SMMUv3: STRTAB_BASE_CFG", 3},
	{"rid", KEY_RID, "ID", 0, "The device: 00:1f.2, or a number", 3},
	{"pasid", KEY_PASID, "N", 0, "PASID, SubstreamID or process_id", 3},
	{"stage", KEY_STAGE, "N", 0, "Of two stages: 1 or 2", 3},
	{"features", KEY_FEATURES, "FEATURE,...", 0, "" /* the same */, 3},
	{"capabilities", KEY_CAPABILITIES, "VALUE", 0, "RISC-V: the register", 3},
	{0},
};

static const struct tool_bit walk_flags[] = {
	{"none", 0},
	{"signed", IOMT_WALK_SIGNED},
	{"upper", IOMT_WALK_UPPER},
	{"top-byte", IOMT_WALK_TOP_BYTE},
	{"accessed", IOMT_WALK_ACCESSED},
	{"dirty", IOMT_WALK_DIRTY},
	{"ea", IOMT_WALK_EXTENDED_ACCESSED},
	{"nx", IOMT_WALK_NX},
	{"wp", IOMT_WALK_WP},
	{"smep", IOMT_WALK_SMEP},
	{"pan", IOMT_WALK_PAN},
	{"pml4-g-reserved", IOMT_WALK_TOP_GLOBAL_RESERVED},
	{"snoop", IOMT_WALK_SNOOP},
	{"transient", IOMT_WALK_TRANSIENT},
	{"flat-permissions", IOMT_WALK_FLAT_PERMISSIONS},
	{"no-access-fault", IOMT_WALK_NO_ACCESS_FAULT},
	{"wxn", IOMT_WALK_WXN},
	{"xnx", IOMT_WALK_XNX},
	{"pbmt", IOMT_WALK_PBMT},
	{"software", IOMT_WALK_SOFTWARE},
	{0},
};

static const struct tool_bit unit_features[] = {
	{"none", 0},
	{"stage-1", IOMT_UNIT_STAGE_1},
	{"stage-2", IOMT_UNIT_STAGE_2},
	{"nested", IOMT_UNIT_NESTED},
	{"five", IOMT_UNIT_FIVE},
	{"pass", IOMT_UNIT_PASS},
	{"ats", IOMT_UNIT_ATS},
	{"accessed", IOMT_UNIT_ACCESSED},
	{"dirty", IOMT_UNIT_DIRTY},
	{"snoop", IOMT_UNIT_SNOOP},
	{"nx", IOMT_UNIT_NX},
	{"priv", IOMT_UNIT_PRIV},
	{"giov", IOMT_UNIT_GIOV},
	{"stall", IOMT_UNIT_STALL},
	{"gcr3-gpa", IOMT_UNIT_GCR3_GPA},
	{0},
};

/* Options that are about one of the two ways only. */
#define OF_TABLES                                                                                 \
	(BIT(KEY_FORMAT) | BIT(KEY_ROOT) | BIT(KEY_LEVELS) | BIT(KEY_IOVA_BITS) | BIT(KEY_MAIR) | \
	 BIT(KEY_DENY) | BIT(KEY_WALK))
#define OF_UNITS                                                                            \
	(BIT(KEY_UNIT) | BIT(KEY_DEVICE_TABLE) | BIT(KEY_DEVICE_TABLE_CFG) | BIT(KEY_RID) | \
	 BIT(KEY_PASID) | BIT(KEY_STAGE) | BIT(KEY_FEATURES) | BIT(KEY_CAPABILITIES))
#define BIT(key) (1U << ((key)-KEY_IMAGE))

/* What units are taken to have where nothing is said: all. A dump is not judged by what we do not know. */
#define ALL_FEATURES 0x1fffu
#define ALL_CAPABILITIES                                                                         \
	(IOMT_RISCV_CAP_SV39 | IOMT_RISCV_CAP_SV48 | IOMT_RISCV_CAP_SV57 | IOMT_RISCV_CAP_PBMT | \
	 IOMT_RISCV_CAP_SV39X4 | IOMT_RISCV_CAP_SV48X4 | IOMT_RISCV_CAP_SV57X4 |                 \
	 IOMT_RISCV_CAP_MSI_FLAT | IOMT_RISCV_CAP_AMO_HWAD | IOMT_RISCV_CAP_ATS |                \
	 IOMT_RISCV_CAP_T2GPA | IOMT_RISCV_CAP_PAS(56) | IOMT_RISCV_CAP_PD8 |                    \
	 IOMT_RISCV_CAP_PD17 | IOMT_RISCV_CAP_PD20 | IOMT_RISCV_CAP_QOSID)

static bool take_image(struct source_options *options, struct source_cfg *cfg, const char *path)
{
	if (!(cfg->given & BIT(KEY_IMAGE)))
		cfg->image.count = 0; /* the first of the second source takes the place of all */
	if (cfg->image.count == IMAGE_FILES) {
		tool_fail(options->tool, path, "one image too many: %d are the most", IMAGE_FILES);
		return false;
	}
	cfg->image.files[cfg->image.count++] = (struct image_file_cfg){.path = path};
	return true;
}

static bool take_base(struct source_options *options, struct source_cfg *cfg, const char *text)
{
	struct image_file_cfg *file;

	if (!cfg->image.count) {
		tool_fail(options->tool, "--base",
			  "it belongs behind the --image that it is about");
		return false;
	}
	file = &cfg->image.files[cfg->image.count - 1];
	file->raw = true;
	return tool_number(options->tool, "--base", text, UINT64_MAX, &file->base);
}

static bool take_small(struct source_options *options, const char *subject, const char *text,
		       uint8_t *value)
{
	uint64_t number = 0;
	bool good = tool_number(options->tool, subject, text, 64, &number);

	*value = (uint8_t)number;
	return good;
}

static bool take_sizes(struct source_options *options, const char *text, uint64_t *sizes)
{
	char word[32];

	*sizes = 0;
	for (;; text++) {
		size_t length = strcspn(text, ",");
		uint64_t size;

		snprintf(word, sizeof(word), "%.*s", (int)(length < 31 ? length : 31), text);
		if (!tool_number(options->tool, "--page-sizes", word, UINT64_MAX, &size))
			return false;
		if (!size || (size & (size - 1))) {
			tool_fail(options->tool, "--page-sizes", "'%s' is no power of two", word);
			return false;
		}
		*sizes |= size;
		text += length;
		if (!*text)
			return true;
	}
}

static bool take_rights(struct source_options *options, const char *text, uint32_t *rights)
{
	static const char letters[] = "rwx";

	for (; *text; text++) {
		const char *letter = strchr(letters, *text);

		if (!letter) {
			tool_fail(options->tool, "--deny", "'%c' is none of r, w, x", *text);
			return false;
		}
		*rights |= IOMT_READ << (letter - letters);
	}
	return true;
}

/* A device of PCI, or a number. */
static bool take_rid(struct source_options *options, const char *text, uint32_t *rid)
{
	uint64_t number = 0;

	if (strchr(text, ':')) {
		if (tool_rid(text, rid))
			return true;
		tool_fail(options->tool, "--rid", "'%s' is no device, such as 00:1f.2", text);
		return false;
	}
	if (!tool_number(options->tool, "--rid", text, UINT32_MAX, &number))
		return false;
	*rid = (uint32_t)number;
	return true;
}

static bool take_unit(struct source_options *options, struct source_cfg *cfg, const char *text)
{
	static const char *const names[] = {"amd", "vtd", "smmu", "riscv", NULL};
	int which = tool_word(options->tool, "--unit", "kind", text, names);

	cfg->unit.arch = which < 0 ? IOMT_UNIT_AMD : (enum iomt_unit_arch)which;
	return which >= 0;
}

static bool take_number(struct source_options *options, int key, const char *subject,
			const char *text, struct source_cfg *cfg)
{
	struct tool *tool = options->tool;
	uint64_t number = 0;

	switch (key) {
	case KEY_ROOT:
		return tool_number(tool, subject, text, UINT64_MAX, &cfg->walk.root);
	case KEY_MAIR:
		return tool_number(tool, subject, text, UINT64_MAX, &cfg->walk.mair);
	case KEY_BUDGET:
		return tool_number(tool, subject, text, UINT64_MAX, &cfg->budget);
	case KEY_DEVICE_TABLE:
		return tool_number(tool, subject, text, UINT64_MAX, &cfg->unit.base);
	case KEY_CAPABILITIES:
		return tool_number(tool, subject, text, UINT64_MAX, &cfg->unit.capabilities);
	case KEY_DEVICE_TABLE_CFG:
		if (!tool_number(tool, subject, text, UINT32_MAX, &number))
			return false;
		cfg->unit.base_cfg = (uint32_t)number;
		return true;
	case KEY_PASID:
		if (!tool_number(tool, subject, text, IOMT_TLB_MAX_PASID, &number))
			return false;
		cfg->pasid = (uint32_t)number;
		return true;
	case KEY_LEVELS:
		return take_small(options, subject, text, &cfg->walk.levels);
	case KEY_IOVA_BITS:
		return take_small(options, subject, text, &cfg->walk.iova_bits);
	default:
		return take_small(options, subject, text, &cfg->walk.oa_bits);
	}
}

static bool take_other(struct source_options *options, int key, const char *text,
		       struct source_cfg *cfg)
{
	struct tool *tool = options->tool;
	uint64_t bits = 0;
	bool good;

	switch (key) {
	case KEY_IMAGE:
		return take_image(options, cfg, text);
	case KEY_BASE:
		return take_base(options, cfg, text);
	case KEY_TRUNCATED:
		cfg->image.truncated = true;
		return true;
	case KEY_FORMAT:
		cfg->format = format_find(tool, "--format", text);
		return cfg->format;
	case KEY_PAGE_SIZES:
		return take_sizes(options, text, &cfg->walk.page_sizes);
	case KEY_DENY:
		return take_rights(options, text, &cfg->walk.deny);
	case KEY_UNIT:
		return take_unit(options, cfg, text);
	case KEY_RID:
		return take_rid(options, text, &cfg->rid);
	case KEY_WALK:
		good = tool_words(tool, "--walk", "flag", text, walk_flags, &bits);
		cfg->walk.flags = (uint32_t)bits;
		return good;
	case KEY_FEATURES:
		good = tool_words(tool, "--features", "feature", text, unit_features, &bits);
		cfg->unit.features = (uint32_t)bits;
		return good;
	default: /* KEY_STAGE */
		if (strcmp(text, "1") != 0 && strcmp(text, "2") != 0) {
			tool_fail(tool, "--stage", "'%s' is neither 1 nor 2", text);
			return false;
		}
		cfg->stage = (unsigned)(*text - '0');
		return true;
	}
}

/* What a source needs, and what does not go together; NULL: all is well. */
static const char *missing(const struct source_cfg *cfg)
{
	uint32_t given = cfg->given;

	if (!cfg->image.count)
		return "--image=FILE is needed: the memory that the tables are in";
	if ((given & OF_TABLES) && (given & OF_UNITS))
		return "name the tables by --format and --root, or a device by --unit, "
		       "--device-table and --rid, "
		       "not both";
	if (given & OF_UNITS) {
		if (~given & (BIT(KEY_UNIT) | BIT(KEY_DEVICE_TABLE) | BIT(KEY_RID)))
			return "from a device table down it needs --unit, --device-table and --rid";
		if (cfg->unit.arch == IOMT_UNIT_SMMU && !(given & BIT(KEY_DEVICE_TABLE_CFG)))
			return "SMMUv3's stream table needs --device-table-cfg: its size and shape";
		return NULL;
	}
	if (~given & (BIT(KEY_FORMAT) | BIT(KEY_ROOT)))
		return "it needs --format and --root, or --unit, --device-table and --rid";
	return NULL;
}

static void complete(struct source_cfg *cfg)
{
	if (cfg->given & OF_UNITS)
		cfg->format = NULL;
	else if (!(cfg->given & BIT(KEY_WALK)))
		cfg->walk.flags = cfg->format->flags;
	cfg->unit.page_sizes = cfg->walk.page_sizes;
	cfg->unit.oa_bits = cfg->walk.oa_bits;
	if (cfg->unit.arch == IOMT_UNIT_RISCV) {
		if (!(cfg->given & BIT(KEY_CAPABILITIES)))
			cfg->unit.capabilities = ALL_CAPABILITIES;
		return;
	}
	if (!cfg->unit.oa_bits)
		cfg->unit.oa_bits = 52;
	cfg->unit.pasid_bits = 20;
	if (!(cfg->given & BIT(KEY_FEATURES)))
		cfg->unit.features = ALL_FEATURES;
	if (cfg->unit.arch == IOMT_UNIT_AMD && !(cfg->unit.base & 0x1ff))
		cfg->unit.base |= 0x1ff; /* 2 MiB: all ids */
}

static error_t finish(struct source_options *options)
{
	for (unsigned i = 0; i <= options->which; i++) {
		struct source_cfg *cfg = &options->cfgs[i];
		const char *reason;

		/* a second source that is found another way than the first */
		if ((cfg->own & OF_UNITS) && !(cfg->own & OF_TABLES))
			cfg->given &= ~OF_TABLES;
		if ((cfg->own & OF_TABLES) && !(cfg->own & OF_UNITS))
			cfg->given &= ~OF_UNITS;
		reason = missing(cfg);

		if (reason) {
			tool_fail(options->tool, i ? "second source" : "usage", "%s", reason);
			return EINVAL;
		}
		complete(cfg);
	}
	return 0;
}

static error_t take(int key, char *text, struct argp_state *state)
{
	struct source_options *options = state->input;
	struct source_cfg *cfg = &options->cfgs[options->which];
	const char *name = NULL;
	char subject[32];
	bool good;

	if (key == ARGP_KEY_SUCCESS)
		return finish(options);
	for (const struct argp_option *option = list; option->name || option->doc; option++) {
		if (option->key && option->key == key)
			name = option->name;
	}
	if (!name)
		return ARGP_ERR_UNKNOWN;
	snprintf(subject, sizeof(subject), "--%s", name);
	switch (key) {
	case KEY_ROOT:
	case KEY_MAIR:
	case KEY_BUDGET:
	case KEY_DEVICE_TABLE:
	case KEY_CAPABILITIES:
	case KEY_DEVICE_TABLE_CFG:
	case KEY_PASID:
	case KEY_LEVELS:
	case KEY_IOVA_BITS:
	case KEY_OA_BITS:
		good = take_number(options, key, subject, text, cfg);
		break;
	default:
		good = take_other(options, key, text, cfg);
		break;
	}
	cfg->given |= BIT(key);
	cfg->own |= BIT(key);
	return good ? 0 : EINVAL;
}

static void write_words(FILE *out, const struct tool_bit *bits)
{
	fprintf(out, ": %s, or any of", bits->name);
	for (const struct tool_bit *bit = bits + 1; bit->name; bit++)
		fprintf(out, "%s %s", bit == bits + 1 ? "" : ",", bit->name);
}

static void write_walk(FILE *out)
{
	fputs("How the hardware walks", out);
	write_words(out, walk_flags);
}

static void write_features(FILE *out)
{
	fputs("What the unit has (all but gcr3-gpa)", out);
	write_words(out, unit_features);
}

static char *help(int key, const char *text, void *input)
{
	(void)input;
	if (key == KEY_WALK)
		return tool_written(write_walk);
	return key == KEY_FEATURES ? tool_written(write_features) : (char *)(uintptr_t)text;
}

const struct argp source_argp = {list, take, NULL, NULL, NULL, help, NULL};

void source_options_init(struct source_options *options, struct tool *tool)
{
	*options = (struct source_options){.tool = tool};
	options->cfgs[0].pasid = IOMT_TLB_NO_PASID;
	options->cfgs[0].budget = 1 << 28;
	options->cfgs[0].walk.size = sizeof(struct iomt_walk_cfg);
	options->cfgs[0].unit.size = sizeof(struct iomt_unit_cfg);
}

void source_options_second(struct source_options *options)
{
	options->cfgs[1] = options->cfgs[0];
	options->cfgs[1].given &= ~BIT(KEY_IMAGE);
	options->cfgs[1].own = 0;
	options->which = 1;
}
