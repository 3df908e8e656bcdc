/* SPDX-License-Identifier: MIT */
/*
 * Entries that change while hardware reads them. The library's sources are compiled anew, so that
 * after each store all that hardware could then put together is looked at: pieces that were read one
 * by one, each at a time of its own since hardware was last made to forget. Every such entry must mean
 * what the old one or the new one means; it may block only where one of them does, or where the call
 * was allowed to break.
 *
 * SMMUv3 reads words in any order (IHI 0070, 3.21.3). AMD's and VT-d's are read from the first on; AMD's
 * in pieces of 128 bits where stores have as many.
 */
#include "device_play.h"
#include "observe.h"
#include "test.h"
#include "wide.h"

#define WORDS	 8u
#define VERSIONS 8u /* of one piece between two syncs */
#define ID	 3u
#define ROUNDS	 20000u

static struct provider provider;
static struct iomt_device_table table;
static struct iomt_device_table_cfg cfg;
static struct random random_state;
static unsigned words_of_entry, piece; /* words; of what one store writes */

/* The old and the new one, as they should be, and whether the call may pass through none. */
static struct device_meaning old, new;
static bool may_block;

/* AMD: the words about interrupts, which no such call changes. */
static const uint64_t interrupts[2] = {0x8003123456789001, 0x1122334455667788};

/* What hardware may have read of each piece since it last forgot; the last is there now. */
static uint64_t seen[WORDS][VERSIONS][2];
static unsigned versions[WORDS], first_seen[WORDS][VERSIONS], now, looks;
static bool watching;

static const uint64_t *words(void)
{
	struct device_unit unit = device_unit_of(&provider, &table);
	uint64_t at;

	CHECK_INT(device_locate(&unit, ID, &at), 1);
	return provider_word(&provider, at, unit.shadow);
}

static void check(const uint64_t *word)
{
	struct device_meaning meaning;
	bool blocks;

	device_words(cfg.format, word, &meaning);
	blocks = may_block && meaning.state == DEVICE_BLOCKED;
	looks++;
	CHECK_MSG(blocks || device_same(&meaning, &old) || device_same(&meaning, &new),
		  "state %d, after store %u, format %d, seed %" PRIu64, meaning.state, now,
		  cfg.format, random_state.seed);
	if (cfg.format == IOMT_DEVICE_TABLE_AMD) {
		CHECK_EQ(word[2] & ~(3ULL << 54), interrupts[0]);
		CHECK_EQ(word[3], interrupts[1]);
	}
}

/* All that can be read from piece i on, at "from" or later where the order counts. */
static void read_on(uint64_t *word, unsigned i, unsigned from)
{
	bool ordered =
		table.format == IOMT_DEVICE_TABLE_AMD || table.format >= IOMT_DEVICE_TABLE_VTD;

	if (i == words_of_entry / piece) {
		check(word);
		return;
	}
	for (unsigned v = 0; v < versions[i]; v++) {
		bool last = v + 1 == versions[i];

		/* it was overwritten before the pieces until here were read */
		if (ordered && !last && first_seen[i][v + 1] <= from)
			continue;
		memcpy(&word[i * piece], seen[i][v], piece * sizeof(uint64_t));
		read_on(word, i + 1, first_seen[i][v] > from ? first_seen[i][v] : from);
	}
}

static void forget(void)
{
	const uint64_t *word = words();

	now = 0;
	for (unsigned i = 0; i < words_of_entry / piece; i++) {
		memcpy(seen[i][0], &word[i * piece], piece * sizeof(uint64_t));
		first_seen[i][0] = 0;
		versions[i] = 1;
	}
}

void observe(void)
{
	uint64_t combined[WORDS] = {0};
	const uint64_t *word;

	if (!watching)
		return;
	word = words();
	now++;
	for (unsigned i = 0; i < words_of_entry / piece; i++) {
		if (!memcmp(&word[i * piece], seen[i][versions[i] - 1], piece * sizeof(uint64_t)))
			continue;
		CHECK(versions[i] < VERSIONS);
		first_seen[i][versions[i]] = now;
		memcpy(seen[i][versions[i]++], &word[i * piece], piece * sizeof(uint64_t));
	}
	read_on(combined, 0, 0);
}

static void cleaned(void *ctx)
{
	(void)ctx;
	observe();
}

static unsigned syncs;
static uint32_t asked; /* by the first */

/* Hardware forgets what it read of the entry, if that is asked for. */
static void sync(struct iomt_device_inv *inv)
{
	CHECK(inv->what & IOMT_DEVICE_INV_ENTRY);
	CHECK_EQ(inv->id, ID);
	asked = syncs++ ? asked : inv->what;
	forget();
}

static void open(struct iomt_device_table_cfg wanted, enum provider_kind kind)
{
	struct iomt_device_inv inv = {.sync = NULL};

	provider_init(&provider, kind);
	cfg = wanted;
	cfg.size = sizeof(cfg);
	cfg.mem = &provider.mem;
	CHECK_INT(iomt_device_table_init(&table, &cfg), 0);
	CHECK_INT(iomt_device_table_reserve(&table, 0, 15, &inv), 0);
	words_of_entry = device_word_count(cfg.format);
	piece = cfg.flags & IOMT_DEVICE_TABLE_WIDE ? 2 : 1;
	provider.on_clean = cleaned;
	memset(&old, 0, sizeof(old));
	if (cfg.format != IOMT_DEVICE_TABLE_AMD)
		return;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t some[2] = {interrupts[0], i ? interrupts[1] : 0};

		CHECK_INT(iomt_device_table_set_interrupts(&table, ID, some, &inv), 0);
	}
}

static void close(void)
{
	iomt_device_table_destroy(&table);
	provider_check_empty(&provider);
}

/* One call, watched; a look before it says the same. Afterwards hardware has forgotten, as the caller has done what inv says. */
static int watch_set(const struct iomt_device_entry *entry, uint32_t flags, bool may_sync)
{
	struct iomt_device_inv inv = {.sync = may_sync ? sync : NULL};
	uint64_t sum = provider_checksum(&provider);
	int looked, err;

	looked = iomt_device_table_set(&table, ID, entry, flags | IOMT_DEVICE_LOOK, &inv);
	CHECK_EQ(provider_checksum(&provider), sum);
	device_wanted(cfg.format, entry, &new);
	may_block = flags & IOMT_DEVICE_BREAK;
	syncs = 0;
	forget();
	watching = true;
	err = iomt_device_table_set(&table, ID, entry, flags, &inv);
	watching = false;
	CHECK_INT(looked, err);
	if (!err)
		old = new;
	return err;
}

static void watch_clear(void)
{
	struct iomt_device_inv inv = {.sync = NULL};

	memset(&new, 0, sizeof(new));
	may_block = true;
	forget();
	watching = true;
	CHECK_INT(iomt_device_table_clear(&table, ID, &inv), 0);
	watching = false;
	old = new;
}

/* What the last call was about is what hardware reads from now on. */
static void check_arrived(void)
{
	struct device_meaning meaning;

	device_words(cfg.format, words(), &meaning);
	CHECK(device_same(&meaning, &old));
}

/* From what an entry did to what it does: every pair must have come. */
static unsigned pairs[DEVICE_DOES][DEVICE_DOES];

static void check_pairs(void)
{
	unsigned count = device_does_count(cfg.format);

	for (unsigned i = 0; i < count * count; i++)
		CHECK_MSG(pairs[i / count][i % count], "format %d, pair %u", cfg.format, i);
}

static void change_at_random(struct iomt_device_table_cfg wanted, enum provider_kind kind)
{
	unsigned hitless = 0, broken = 0, refused = 0, does, did = 0;
	struct iomt_device_entry entry;
	int err;

	random_init(&random_state, (uint64_t)wanted.format);
	memset(pairs, 0, sizeof(pairs));
	open(wanted, kind);
	looks = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		bool may_break = random_below(&random_state, 2);
		bool may_sync = random_below(&random_state, 4);
		bool valid = old.state == DEVICE_VALID;

		if (valid && !random_below(&random_state, 5)) {
			watch_clear();
			continue;
		}
		entry = device_entry(&random_state, cfg.format);
		does = device_does(cfg.format, &entry);
		err = watch_set(&entry, may_break ? IOMT_DEVICE_BREAK : 0, may_sync);
		check_arrived();
		CHECK(!err || err == IOMT_EBUSY);
		CHECK(!err || !may_sync || (valid && !may_break));
		pairs[did][does] += valid && !err;
		did = err ? did : does;
		refused += err != 0;
		hitless += !err && valid && !(syncs && (asked & ~IOMT_DEVICE_INV_ENTRY));
		broken += !err && valid && syncs && (asked & ~IOMT_DEVICE_INV_ENTRY);
	}
	CHECK(looks > ROUNDS / 2 && hitless > ROUNDS / 50);
	CHECK(broken > ROUNDS / 100 && refused > ROUNDS / 100);
	check_pairs();
	close();
}

static const struct iomt_device_table_cfg amd_words = {.format = IOMT_DEVICE_TABLE_AMD,
						       .id_bits = 7};
static const struct iomt_device_table_cfg amd_wide = {
	.format = IOMT_DEVICE_TABLE_AMD, .flags = WIDE_TABLE, .id_bits = 7};
static const struct iomt_device_table_cfg smmu_linear = {.format = IOMT_DEVICE_TABLE_SMMU,
							 .id_bits = 4};
static const struct iomt_device_table_cfg smmu_two_levels = {.format = IOMT_DEVICE_TABLE_SMMU_8,
							     .id_bits = 10};
static const struct iomt_device_table_cfg vtd_legacy = {.format = IOMT_DEVICE_TABLE_VTD,
							.id_bits = 16};
static const struct iomt_device_table_cfg vtd_scalable = {.format = IOMT_DEVICE_TABLE_VTD_SCALABLE,
							  .id_bits = 16};

static void amd(void)
{
	change_at_random(amd_words, PROVIDER_LINEAR);
}

static void amd_128(void)
{
	change_at_random(amd_wide, PROVIDER_LINEAR);
}

static void smmu(void)
{
	change_at_random(smmu_linear, PROVIDER_LINEAR);
	change_at_random(smmu_two_levels, PROVIDER_LINEAR);
}

static void vtd(void)
{
	change_at_random(vtd_legacy, PROVIDER_LINEAR);
}

static void vtd_scalable_mode(void)
{
	change_at_random(vtd_scalable, PROVIDER_LINEAR);
}

/* Hardware that does not snoop sees lines when they are cleaned, and not before. */
static void incoherent(void)
{
	change_at_random(amd_words, PROVIDER_INCOHERENT);
	change_at_random(amd_wide, PROVIDER_INCOHERENT);
	change_at_random(smmu_linear, PROVIDER_INCOHERENT);
	change_at_random(vtd_legacy, PROVIDER_INCOHERENT);
	change_at_random(vtd_scalable, PROVIDER_INCOHERENT);
}

/* What each kind of change of a device-table entry takes. */
static void amd_kinds(void)
{
	struct iomt_device_entry entry = {.dte = {.root = 0x1000,
						  .flags = IOMT_DTE_IR | IOMT_DTE_IW,
						  .domain = 1,
						  .mode = 3}};
	struct iomt_device_entry guest = {.dte = {.gcr3 = 0x12345000,
						  .flags = IOMT_DTE_IR | IOMT_DTE_IW | IOMT_DTE_GV,
						  .domain = 2}};

	open(amd_words, PROVIDER_LINEAR);
	CHECK_INT(watch_set(&entry, 0, false), 0); /* TV last */
	entry.dte.mode = 4;			   /* with the root: the table has grown */
	entry.dte.root = 0x2000;
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.dte.domain = 2; /* one word */
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.dte.domain = 3; /* two */
	entry.dte.root = 0x3000;
	CHECK_INT(watch_set(&entry, 0, true), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, IOMT_DEVICE_BREAK, true), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(asked, IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_IOTLB);
	guest.dte.domain = 3; /* the other word holds what is ignored until GV is set */
	CHECK_INT(watch_set(&guest, 0, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&guest, 0, true), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(asked, IOMT_DEVICE_INV_ENTRY);
	close();
}

/* Whether there are stores of 128 bits; they are refused where there are none. */
static bool has_wide(void)
{
	struct iomt_device_table_cfg_error error;
	struct iomt_device_table_cfg wanted = amd_words;

	if (HAS_WIDE)
		return true;
	provider_init(&provider, PROVIDER_LINEAR);
	wanted.size = sizeof(wanted);
	wanted.mem = &provider.mem;
	CHECK_INT(iomt_device_table_cfg_check(&wanted, &error), 0);
	wanted.flags = IOMT_DEVICE_TABLE_WIDE;
	CHECK_INT(iomt_device_table_cfg_check(&wanted, &error), IOMT_EOPNOTSUPP);
	CHECK_STR(error.field, "flags");
	CHECK_INT(iomt_device_table_init(&table, &wanted), IOMT_EOPNOTSUPP);
	provider_check_empty(&provider);
	return false;
}

/* The same with stores of 128 bits. */
static void amd_kinds_128(void)
{
	struct iomt_device_entry entry = {.dte = {.root = 0x3000,
						  .flags = IOMT_DTE_IR | IOMT_DTE_IW,
						  .domain = 3,
						  .mode = 4}};
	struct iomt_device_entry guest = {.dte = {.gcr3 = 0x12345000,
						  .flags = IOMT_DTE_IR | IOMT_DTE_IW | IOMT_DTE_GV,
						  .domain = 3}};

	if (!has_wide())
		return;
	open(amd_wide, PROVIDER_LINEAR);
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.dte.domain = 4;
	entry.dte.root = 0x4000;
	CHECK_INT(watch_set(&entry, 0, false), 0);
	CHECK_INT(watch_set(&guest, 0, false), 0);
	guest.dte.paging_mode = 1; /* bits 183:182, in use, and nothing else */
	CHECK_INT(watch_set(&guest, 0, false), 0);
	CHECK_INT(watch_set(&entry, 0, false), 0);
	guest.dte.paging_mode = 0; /* and not in use, but left at 1 */
	CHECK_INT(watch_set(&guest, 0, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&guest, 0, true), 0);
	CHECK_EQ(syncs, 1);
	guest.dte.paging_mode = 1;
	guest.dte.gcr3 = 0x6000; /* both halves */
	CHECK_INT(watch_set(&guest, 0, true), IOMT_EBUSY);
	CHECK_INT(watch_set(&guest, IOMT_DEVICE_BREAK, true), 0);
	close();
}

/* And of a stream table entry. */
static void smmu_kinds(void)
{
	struct iomt_device_entry bypass = {.ste = {.config = IOMT_STE_BYPASS, .shcfg = 1}};
	struct iomt_device_entry abort = {.ste = {.config = IOMT_STE_ABORT}};
	struct iomt_device_entry first = {.ste = {.config = IOMT_STE_STAGE_1,
						  .context = 0x1000,
						  .s1_cir = 1,
						  .s1_cor = 1,
						  .s1_csh = 3,
						  .vmid = 1}};
	struct iomt_device_entry second = {.ste = {.config = IOMT_STE_STAGE_2,
						   .flags = IOMT_STE_S2R,
						   .shcfg = 1,
						   .vmid = 1,
						   .s2_tsz = 24,
						   .s2_sl = 1,
						   .s2_ps = 5,
						   .s2_ttb = 0x2000}};

	open(smmu_linear, PROVIDER_LINEAR);
	CHECK_INT(watch_set(&bypass, 0, false), IOMT_EBUSY); /* words first, forgotten, then V */
	CHECK_INT(watch_set(&bypass, 0, true), 0);
	CHECK_EQ(syncs, 1);
	/* what stage 1 needs is ignored until Config says so */
	CHECK_INT(watch_set(&first, 0, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&first, 0, true), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(asked, IOMT_DEVICE_INV_ENTRY);
	CHECK_INT(watch_set(&abort, 0, false), 0);  /* one store */
	CHECK_INT(watch_set(&first, 0, false), 0);  /* all of it is still there */
	CHECK_INT(watch_set(&bypass, 0, false), 0); /* and this too */
	CHECK_INT(watch_set(&first, 0, false), 0);
	first.ste.context = 0x2000; /* one word */
	CHECK_INT(watch_set(&first, 0, false), 0);
	/* the VMID is in use by both, and stays */
	CHECK_INT(watch_set(&second, 0, true), 0);
	CHECK_EQ(syncs, 1);
	second.ste.vmid = 2;
	second.ste.s2_ttb = 0x3000;
	CHECK_INT(watch_set(&second, 0, true), IOMT_EBUSY);
	CHECK_INT(watch_set(&second, IOMT_DEVICE_BREAK, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&second, IOMT_DEVICE_BREAK, true), 0);
	CHECK_EQ(syncs, 2);
	CHECK_EQ(asked, IOMT_DEVICE_INV_ENTRY | IOMT_DEVICE_INV_IOTLB);
	watch_clear();
	CHECK_INT(watch_set(&second, 0, false), 0);
	close();
}

/* And of a context entry. */
static void vtd_kinds(void)
{
	struct iomt_device_entry entry = {
		.context = {.type = IOMT_VTD_TABLE, .second = 0x1000, .domain = 1, .aw = 2}};

	open(vtd_legacy, PROVIDER_LINEAR);
	CHECK_INT(watch_set(&entry, 0, false), 0); /* P last */
	entry.context.second = 0x2000;
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.context.domain = 2;
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.context.second = 0x3000;
	entry.context.domain = 3;
	CHECK_INT(watch_set(&entry, 0, true), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, IOMT_DEVICE_BREAK, true), 0);
	CHECK_EQ(syncs, 1);
	close();
}

/* What a change from one to the other takes; both ways. */
enum takes { HITLESS, BREAKS };

static void check_takes(struct iomt_device_table_cfg wanted, const struct iomt_device_entry *from,
			const struct iomt_device_entry *to, enum takes takes)
{
	open(wanted, PROVIDER_LINEAR);
	CHECK_INT(watch_set(from, 0, true), 0);
	CHECK_INT(watch_set(to, 0, true), takes == BREAKS ? IOMT_EBUSY : 0);
	CHECK_INT(watch_set(to, IOMT_DEVICE_BREAK, true), 0);
	CHECK_INT(watch_set(from, 0, true), takes == BREAKS ? IOMT_EBUSY : 0);
	close();
}

static const struct iomt_device_entry dte_identity = {
	.dte = {.flags = IOMT_DTE_IR | IOMT_DTE_IW, .domain = 1}};
static const struct iomt_device_entry dte_host = {
	.dte = {.root = 0x1000, .flags = IOMT_DTE_IR | IOMT_DTE_IW, .domain = 1, .mode = 3}};
static const struct iomt_device_entry dte_guest = {
	.dte = {.gcr3 = 0x123456000,
		.flags = IOMT_DTE_IR | IOMT_DTE_IW | IOMT_DTE_GV,
		.domain = 1,
		.glx = 1}};

/* The table of docs/device-tables.md. */
static void documented_amd(void)
{
	struct iomt_device_entry root = dte_host, both = dte_host, guest = dte_guest;

	root.dte.root = 0x2000;
	root.dte.mode = 4;
	both.dte.root = 0x2000;
	both.dte.domain = 2;
	guest.dte.paging_mode = 1;
	check_takes(amd_words, &dte_host, &root, HITLESS);
	check_takes(amd_words, &dte_host, &both, BREAKS);
	check_takes(amd_words, &dte_identity, &dte_host, HITLESS);
	check_takes(amd_words, &dte_identity, &dte_guest, HITLESS);
	check_takes(amd_words, &dte_host, &dte_guest, HITLESS);
	if (!has_wide())
		return;
	check_takes(amd_wide, &dte_host, &root, HITLESS);
	check_takes(amd_wide, &dte_host, &both, HITLESS);
	check_takes(amd_wide, &dte_identity, &dte_host, HITLESS);
	check_takes(amd_wide, &dte_identity, &dte_guest, HITLESS);
	check_takes(amd_wide, &dte_host, &dte_guest, HITLESS);
	check_takes(amd_wide, &both, &guest, HITLESS);
	check_takes(amd_wide, &dte_guest, &guest, HITLESS);
	guest.dte.domain = 2;
	check_takes(amd_wide, &dte_guest, &guest, BREAKS);
}

static void documented_smmu(void)
{
	const struct iomt_device_entry identity = {.ste = {.config = IOMT_STE_BYPASS, .shcfg = 1}};
	const struct iomt_device_entry first = {
		.ste = {.config = IOMT_STE_STAGE_1, .context = 0x1000, .s1_cdmax = 6, .vmid = 1}};
	const struct iomt_device_entry second = {.ste = {.config = IOMT_STE_STAGE_2,
							 .shcfg = 1,
							 .vmid = 1,
							 .s2_tsz = 24,
							 .s2_sl = 1,
							 .s2_ps = 5,
							 .s2_ttb = 0x2000}};
	struct iomt_device_entry root = second, both = second, nested = second;

	root.ste.s2_ttb = 0x3000;
	both.ste.s2_ttb = 0x3000;
	both.ste.vmid = 2;
	nested.ste.config = IOMT_STE_NESTED;
	nested.ste.shcfg = 0;
	nested.ste.context = 0x4000;
	nested.ste.flags = IOMT_STE_S2PTW;
	check_takes(smmu_linear, &second, &root, HITLESS);
	check_takes(smmu_linear, &second, &both, BREAKS);
	check_takes(smmu_linear, &identity, &second, HITLESS);
	check_takes(smmu_linear, &identity, &first, HITLESS);
	check_takes(smmu_linear, &second, &first, HITLESS);
	check_takes(smmu_linear, &second, &nested, HITLESS); /* S2PTW counts when nested */
}

static void documented_vtd(void)
{
	const struct iomt_device_entry table_1 = {
		.context = {.type = IOMT_VTD_TABLE, .second = 0x1000, .domain = 1, .aw = 2}};
	struct iomt_device_entry root = table_1, both = table_1;
	struct iomt_device_entry identity = {
		.context = {.type = IOMT_VTD_PASS, .domain = 1, .aw = 2}};

	root.context.second = both.context.second = 0x2000;
	both.context.domain = 2;
	check_takes(vtd_legacy, &table_1, &root, HITLESS);
	check_takes(vtd_legacy, &table_1, &both, BREAKS);
	check_takes(vtd_legacy, &identity, &table_1, HITLESS);
	identity.context.aw = 3;
	check_takes(vtd_legacy, &identity, &table_1, BREAKS);
}

TEST_SUITE(device_table_live, TEST(amd), TEST(amd_128), TEST(smmu), TEST(vtd),
	   TEST(vtd_scalable_mode), TEST(amd_kinds), TEST(amd_kinds_128), TEST(smmu_kinds),
	   TEST(vtd_kinds), TEST(documented_amd), TEST(documented_smmu), TEST(documented_vtd),
	   TEST(incoherent));
