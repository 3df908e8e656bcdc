/* SPDX-License-Identifier: MIT */
/* iomt-viommu [TRACE]: serves a trace of what a guest and its devices do. Words of a trace: README.md. */
#include "viommu.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORDS 16
#define BUDGET	   (1ULL << 20) /* entries that a dump, a check or a comparison may read */
#define SCRATCH	   4096u

struct player {
	struct viommu viommu;
	bool open;
	const char *path;
	unsigned line;
	char *words[MOST_WORDS]; /* of the line */
	int count;
	uint64_t scratch[2][SCRATCH];
};

static const struct {
	const char *name;
	const struct iomt_walk_format *format;
} formats[] = {
	{"amdv1", &iomt_walk_amdv1},	       {"x86_64", &iomt_walk_x86_64},
	{"arm_s1_4k", &iomt_walk_arm_s1_4k},   {"arm_s1_16k", &iomt_walk_arm_s1_16k},
	{"arm_s1_64k", &iomt_walk_arm_s1_64k}, {"arm_s2_4k", &iomt_walk_arm_s2_4k},
	{"arm_s2_16k", &iomt_walk_arm_s2_16k}, {"arm_s2_64k", &iomt_walk_arm_s2_64k},
};

static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	{"accessed", IOMT_WALK_ACCESSED},
	{"dirty", IOMT_WALK_DIRTY | IOMT_WALK_ACCESSED},
	{"nx", IOMT_WALK_NX},
	{"signed", IOMT_WALK_SIGNED},
	{"upper", IOMT_WALK_UPPER},
};

__attribute__((noreturn, format(printf, 2, 3))) static void give_up(const struct player *player,
								    const char *format, ...)
{
	va_list list;

	fprintf(stderr, "iomt-viommu: %s:%u: ", player->path, player->line);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "\n");
	exit(2);
}

static void must(const struct player *player, int err)
{
	if (err)
		give_up(player, "%s", iomt_strerror(err));
}

static uint64_t number(const struct player *player, const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		give_up(player, "not a number: %s", text);
	return value;
}

static uint32_t small(const struct player *player, const char *text, uint32_t most)
{
	uint64_t value = number(player, text);

	if (value > most)
		give_up(player, "too large: %s", text);
	return (uint32_t)value;
}

static uint32_t pasid(const struct player *player, const char *text)
{
	return strcmp(text, "-") ? small(player, text, IOMT_TLB_MAX_PASID) : VIOMMU_NO_PASID;
}

/* Prints "rwx", with a dash for what is not allowed. */
static const char *rights(uint32_t prot)
{
	static const char *const texts[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};

	return texts[prot & 7];
}

static void play_unit(struct player *player)
{
	bool amd = !strcmp(player->words[1], "amd");

	if (!amd && strcmp(player->words[1], "smmu"))
		give_up(player, "no such unit: %s", player->words[1]);
	if (player->open)
		give_up(player, "there is one unit");
	must(player, viommu_open(&player->viommu, amd ? VIOMMU_AMD : VIOMMU_SMMU));
	player->open = true;
}

static void play_memory(struct player *player)
{
	must(player, viommu_memory(&player->viommu, number(player, player->words[1]),
				   number(player, player->words[2])));
}

static void play_write(struct player *player)
{
	uint64_t address = number(player, player->words[1]);

	for (int i = 2; i < player->count; i++, address += 8)
		must(player,
		     viommu_write(&player->viommu, address, number(player, player->words[i])));
}

static void play_read(struct player *player)
{
	uint64_t address = number(player, player->words[1]), value;

	must(player, viommu_read(&player->viommu, address, &value));
	printf("0x%" PRIx64 ": 0x%" PRIx64 "\n", address, value);
}

static const struct iomt_walk_format *format_named(const struct player *player, const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(name, formats[i].name))
			return formats[i].format;
	}
	give_up(player, "no such format: %s", name);
}

static uint32_t flag_named(const struct player *player, const char *name)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!strcmp(name, flags[i].name))
			return flags[i].flag;
	}
	give_up(player, "no such word: %s", name);
}

/* root=0x1000, levels=4, ..., or the name of a flag */
static void set_field(const struct player *player, struct viommu_context *context, char *word)
{
	char *value = strchr(word, '=');

	if (!value) {
		context->cfg.flags |= flag_named(player, word);
		return;
	}
	*value++ = '\0';
	if (!strcmp(word, "root"))
		context->cfg.root = number(player, value);
	else if (!strcmp(word, "mair"))
		context->cfg.mair = number(player, value);
	else if (!strcmp(word, "levels"))
		context->cfg.levels = (uint8_t)small(player, value, UINT8_MAX);
	else if (!strcmp(word, "input"))
		context->cfg.iova_bits = (uint8_t)small(player, value, UINT8_MAX);
	else if (!strcmp(word, "output"))
		context->cfg.oa_bits = (uint8_t)small(player, value, UINT8_MAX);
	else if (!strcmp(word, "domain"))
		context->domain = small(player, value, UINT16_MAX);
	else if (!strcmp(word, "tag"))
		context->tag = small(player, value, IOMT_TLB_MAX_PASID);
	else
		give_up(player, "no such field: %s", word);
}

static void play_attach(struct player *player)
{
	struct iomt_pt_cfg_error error = {"attach", ""};
	struct viommu_context context = {.device = small(player, player->words[1], UINT32_MAX),
					 .pasid = pasid(player, player->words[2])};
	int err;

	context.tag = context.pasid;
	context.cfg.format = format_named(player, player->words[3]);
	for (int i = 4; i < player->count; i++)
		set_field(player, &context, player->words[i]);
	err = viommu_attach(&player->viommu, &context, &error);
	if (err == IOMT_EINVAL)
		give_up(player, "%s: %s", error.field, error.reason);
	must(player, err);
}

static void print_fault(const struct player *player, const struct iomt_walk_fault *fault,
			bool guest)
{
	printf("fault: %s, level %u", iomt_walk_fault_text(fault->kind), fault->level);
	if (fault->address)
		printf(", entry 0x%" PRIx64 " at 0x%" PRIx64, fault->entry, fault->address);
	if (player->viommu.kind == VIOMMU_AMD) {
		struct iomt_walk_amd_event event = iomt_walk_amd_event(fault, guest);

		printf("; event 0x%016" PRIx64 " 0x%016" PRIx64 "\n", event.word[0], event.word[1]);
	} else {
		struct iomt_walk_smmu_event event = iomt_walk_smmu_event(fault);

		printf("; event 0x%02x class %u%s%s\n", event.type, event.cls,
		       event.s2 ? " S2" : "", event.rnw ? " RnW" : "");
	}
}

static uint32_t access_of(const struct player *player, const char *text)
{
	uint32_t access = 0;

	for (; *text; text++) {
		const char *at = strchr("rwx", *text);

		if (!at)
			give_up(player, "no such access: %s", text);
		access |= 1u << (at - "rwx");
	}
	return access;
}

static void play_access(struct player *player)
{
	uint32_t device = small(player, player->words[1], UINT32_MAX);
	uint64_t iova = number(player, player->words[3]);
	uint32_t id = pasid(player, player->words[2]);
	struct viommu_answer answer;
	int err = viommu_access(&player->viommu, device, id, iova,
				access_of(player, player->words[4]), &answer);

	printf("%s %s 0x%" PRIx64 " %s: ", player->words[1], player->words[2], iova,
	       player->words[4]);
	if (!err)
		printf("0x%" PRIx64 " 2^%u %s%s\n", answer.oa, answer.size_lg2, rights(answer.prot),
		       answer.cached ? " cached" : "");
	else if (err == IOMT_EFAULT)
		print_fault(player, &answer.fault, id != VIOMMU_NO_PASID);
	else if (err == IOMT_ENOENT)
		printf("no context\n");
	else
		must(player, err);
}

static void play_command(struct player *player)
{
	static const char *const kinds[] = {"translations", "device TLB", "device", "process",
					    "wait"};
	struct iomt_cmd cmd = {
		{number(player, player->words[1]), number(player, player->words[2])}};
	struct iomt_inv inv;
	int err = viommu_command(&player->viommu, &cmd, &inv);

	if (err) { /* hardware stops its queue and says so; a trace goes on */
		printf("command: %s\n",
		       err == IOMT_EINVAL ? "illegal" : "it stores where no memory is");
		return;
	}
	printf("command: %s", kinds[inv.kind]);
	if (inv.flags & IOMT_INV_BY_DOMAIN)
		printf(" domain %" PRIu32, inv.domain);
	if (inv.flags & IOMT_INV_BY_PROCESS)
		printf(" process %" PRIu32, inv.process);
	if (inv.flags & IOMT_INV_BY_DEVICE)
		printf(" device %" PRIu32, inv.device);
	if (inv.flags & IOMT_INV_BY_ADDRESS)
		printf(" 0x%" PRIx64 " to 0x%" PRIx64, inv.first, inv.last);
	printf("\n");
}

/* An inspection of the table that words "at" and "at + 1" name: a device, and a PASID or none. */
static void inspect(struct player *player, int at, unsigned side, enum iomt_inspect_kind kind,
		    struct iomt_inspect *inspect)
{
	struct viommu_context *context =
		viommu_find(&player->viommu, small(player, player->words[at], UINT32_MAX),
			    pasid(player, player->words[at + 1]));
	struct iomt_inspect_cfg cfg = {.size = sizeof(cfg),
				       .kind = kind,
				       .last = UINT64_MAX,
				       .budget = BUDGET,
				       .scratch = player->scratch[side],
				       .scratch_bytes = sizeof(player->scratch[side])};

	if (!context)
		give_up(player, "no context");
	cfg.walker = &context->walker;
	must(player, iomt_inspect_init(inspect, &cfg));
}

static void finish(const struct player *player, int err)
{
	if (err == IOMT_EAGAIN)
		printf("  and more\n");
	else if (err != IOMT_ENOENT)
		must(player, err);
}

static void print_range(const char *before, const struct iomt_inspect_range *range)
{
	printf("%s0x%" PRIx64 " to 0x%" PRIx64 ": 0x%" PRIx64 " 2^%u %s\n", before, range->iova,
	       range->last, range->oa, range->size_lg2, rights(range->prot));
}

static void play_dump(struct player *player)
{
	struct iomt_inspect_range range;
	struct iomt_inspect ranges;
	int err;

	inspect(player, 1, 0, IOMT_INSPECT_RANGES, &ranges);
	printf("dump %s %s\n", player->words[1], player->words[2]);
	while (!(err = iomt_inspect_range(&ranges, &range)))
		print_range("  ", &range);
	finish(player, err);
}

static void play_check(struct player *player)
{
	struct iomt_inspect_finding finding;
	struct iomt_inspect findings;
	int err;

	inspect(player, 1, 0, IOMT_INSPECT_FINDINGS, &findings);
	printf("check %s %s\n", player->words[1], player->words[2]);
	while (!(err = iomt_inspect_finding(&findings, &finding)))
		printf("  0x%" PRIx64 " at 0x%" PRIx64 ", level %u: %s\n", finding.entry,
		       finding.address, finding.level, iomt_finding_text(finding.kind));
	finish(player, err);
}

static void play_diff(struct player *player)
{
	struct iomt_inspect_difference difference;
	struct iomt_inspect sides[2];
	struct iomt_inspect_diff diff;
	int err;

	inspect(player, 1, 0, IOMT_INSPECT_RANGES, &sides[0]);
	inspect(player, 3, 1, IOMT_INSPECT_RANGES, &sides[1]);
	must(player, iomt_inspect_diff_init(&diff, &sides[0], &sides[1], IOMT_READ | IOMT_WRITE));
	printf("diff %s %s, %s %s\n", player->words[1], player->words[2], player->words[3],
	       player->words[4]);
	while (!(err = iomt_inspect_diff_next(&diff, &difference))) {
		if (difference.kinds != IOMT_DIFF_SECOND)
			print_range("  - ", &difference.ranges[0]);
		if (difference.kinds != IOMT_DIFF_FIRST)
			print_range("  + ", &difference.ranges[1]);
	}
	finish(player, err);
}

static const struct {
	const char *name;
	int least; /* words, the name included */
	int most;
	void (*play)(struct player *player);
} commands[] = {
	{"unit", 2, 2, play_unit},
	{"memory", 3, 3, play_memory},
	{"write", 3, MOST_WORDS, play_write},
	{"read", 2, 2, play_read},
	{"attach", 4, MOST_WORDS, play_attach},
	{"access", 5, 5, play_access},
	{"command", 3, 3, play_command},
	{"dump", 3, 3, play_dump},
	{"check", 3, 3, play_check},
	{"diff", 5, 5, play_diff},
};

static void play_line(struct player *player, char *line)
{
	char *rest = NULL, *word = strtok_r(line, " \t\n", &rest);

	for (player->count = 0; word && *word != '#'; word = strtok_r(NULL, " \t\n", &rest)) {
		if (player->count == MOST_WORDS)
			give_up(player, "more than %d words", MOST_WORDS);
		player->words[player->count++] = word;
	}
	if (!player->count)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(player->words[0], commands[i].name))
			continue;
		if (player->count < commands[i].least || player->count > commands[i].most)
			give_up(player, "%s: %d words", commands[i].name, player->count);
		if (!player->open && commands[i].play != play_unit)
			give_up(player, "no unit yet");
		commands[i].play(player);
		return;
	}
	give_up(player, "no such command: %s", player->words[0]);
}

int main(int argc, char **argv)
{
	static struct player player = {.path = "stdin"};
	FILE *file = stdin;
	char line[1024];

	if (argc > 2) {
		fprintf(stderr, "usage: %s [TRACE]\n", argv[0]);
		return 2;
	}
	if (argc == 2) {
		player.path = argv[1];
		file = fopen(argv[1], "r");
		if (!file)
			give_up(&player, "%s", strerror(errno));
	}
	while (fgets(line, sizeof(line), file)) {
		player.line++;
		if (!strchr(line, '\n') && !feof(file))
			give_up(&player, "a line that is too long");
		play_line(&player, line);
	}
	if (ferror(file))
		give_up(&player, "%s", strerror(errno));
	if (player.open)
		viommu_close(&player.viommu);
	if (file != stdin)
		fclose(file);
	return fflush(stdout) ? 2 : 0;
}
