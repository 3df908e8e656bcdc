/* SPDX-License-Identifier: MIT */
/*
 * Entries that change while hardware reads them. The library's sources are compiled anew, so that
 * after each store all that hardware could then put together is looked at: words that were read one
 * by one, each at a time of its own since hardware was last made to forget. Every such entry must be
 * absent, or mean what the old one or the new one means.
 *
 * SMMUv3 reads words in any order (IHI 0070, 3.21.3). VT-d's are read from the first on: an entry that
 * is not present is not looked into further.
 */
#include "observe.h"
#include "table_play.h"
#include "test.h"

#define WORDS	 8u
#define VERSIONS 8u /* of one word between two syncs */
#define PASID	 3u
#define ROUNDS	 20000u

static struct provider provider;
static struct iomt_pasid_table table;
static struct iomt_pasid_table_cfg cfg;
static struct random random_state;

/* The old and the new one, as they should be, and what the call may pass through between. */
static struct pasid_meaning old, new;

/* What hardware may have read of each word since it last forgot; the last is there now. */
static uint64_t seen[WORDS][VERSIONS];
static unsigned versions[WORDS], first_seen[WORDS][VERSIONS], now, looks;
static bool watching;

/* The entry as hardware sees it: one level for GCR3, a linear table, or the first of two levels. */
static const uint64_t *words(void)
{
	bool two = cfg.format == IOMT_PASID_TABLE_CD_4K || cfg.format == IOMT_PASID_TABLE_VTD;
	bool shadow = provider.kind == PROVIDER_INCOHERENT;
	struct iomt_pasid_table_hw hw;
	uint64_t at;

	iomt_pasid_table_hw(&table, &hw);
	at = hw.root;
	if (two)
		at = *provider_word(&provider, at, shadow) & ~0xfffULL;
	at += PASID * (cfg.format == IOMT_PASID_TABLE_GCR3 ? 8 : 64);
	return provider_word(&provider, at, shadow);
}

static void check(const uint64_t *word)
{
	struct pasid_meaning meaning;

	pasid_words(cfg.format, word, &meaning);
	looks++;
	CHECK_MSG(meaning.state == PASID_ABSENT || pasid_same(&meaning, &old) ||
			  pasid_same(&meaning, &new),
		  "state %d, after store %u, format %d, seed %" PRIu64, meaning.state, now,
		  cfg.format, random_state.seed);
}

/* All that can be read from word i on, at "from" or later where the order counts. */
static void read_on(uint64_t *word, unsigned i, unsigned from)
{
	bool ordered = cfg.format == IOMT_PASID_TABLE_VTD;

	if (i == (cfg.format == IOMT_PASID_TABLE_GCR3 ? 1 : WORDS)) {
		check(word);
		return;
	}
	for (unsigned v = 0; v < versions[i]; v++) {
		bool last = v + 1 == versions[i];

		/* it was overwritten before the words until here were read */
		if (ordered && !last && first_seen[i][v + 1] <= from)
			continue;
		word[i] = seen[i][v];
		read_on(word, i + 1, first_seen[i][v] > from ? first_seen[i][v] : from);
	}
}

static void forget(void)
{
	const uint64_t *word = words();

	now = 0;
	for (unsigned i = 0; i < WORDS; i++) {
		seen[i][0] = word[i];
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
	for (unsigned i = 0; i < (cfg.format == IOMT_PASID_TABLE_GCR3 ? 1 : WORDS); i++) {
		if (word[i] == seen[i][versions[i] - 1])
			continue;
		CHECK(versions[i] < VERSIONS);
		first_seen[i][versions[i]] = now;
		seen[i][versions[i]++] = word[i];
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
static void sync(struct iomt_pasid_inv *inv)
{
	CHECK(inv->what & IOMT_PASID_INV_ENTRY);
	CHECK_EQ(inv->pasid, PASID);
	asked = syncs++ ? asked : inv->what;
	forget();
}

static void open(enum iomt_pasid_format format, enum provider_kind kind)
{
	struct iomt_pasid_inv inv = {.sync = NULL};

	provider_init(&provider, kind);
	cfg = (struct iomt_pasid_table_cfg){
		.size = sizeof(cfg), .mem = &provider.mem, .format = format, .pasid_bits = 8};
	CHECK_INT(iomt_pasid_table_init(&table, &cfg), 0);
	CHECK_INT(iomt_pasid_table_reserve(&table, 0, 255, &inv), 0);
	provider.on_clean = cleaned;
	memset(&old, 0, sizeof(old));
}

static void close(void)
{
	iomt_pasid_table_destroy(&table);
	provider_check_empty(&provider);
}

/* One call, watched. Afterwards hardware has forgotten, as the caller has done what inv says. */
static int watch_set(const struct iomt_pasid_entry *entry, uint32_t flags, bool may_sync)
{
	struct iomt_pasid_inv inv = {.sync = may_sync ? sync : NULL};
	uint64_t sum = provider_checksum(&provider);
	int looked, err;

	looked = iomt_pasid_table_set(&table, PASID, entry, flags | IOMT_PASID_LOOK, &inv);
	CHECK_EQ(provider_checksum(&provider), sum);
	pasid_wanted(cfg.format, entry, &new);
	syncs = 0;
	forget();
	watching = true;
	err = iomt_pasid_table_set(&table, PASID, entry, flags, &inv);
	watching = false;
	CHECK_INT(looked, err);
	if (!err)
		old = new;
	return err;
}

static void watch_clear(void)
{
	struct iomt_pasid_inv inv = {.sync = NULL};

	memset(&new, 0, sizeof(new));
	forget();
	watching = true;
	CHECK_INT(iomt_pasid_table_clear(&table, PASID, &inv), 0);
	watching = false;
	old = new;
}

/* What the last call was about is what hardware reads from now on. */
static void check_arrived(void)
{
	struct pasid_meaning meaning;

	pasid_words(cfg.format, words(), &meaning);
	CHECK(pasid_same(&meaning, &old));
}

static void change_at_random(enum iomt_pasid_format format, enum provider_kind kind)
{
	struct iomt_pasid_entry entry;
	unsigned hitless = 0, broken = 0, refused = 0;
	int err;

	random_init(&random_state, (uint64_t)format);
	open(format, kind);
	looks = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		bool may_break = random_below(&random_state, 2);
		bool may_sync = random_below(&random_state, 4);
		bool valid = old.state == PASID_VALID;

		if (valid && !random_below(&random_state, 5)) {
			watch_clear();
			continue;
		}
		entry = table_entry(&random_state, format);
		err = watch_set(&entry, may_break ? IOMT_PASID_BREAK : 0, may_sync);
		check_arrived();
		CHECK(!err || err == IOMT_EBUSY);
		CHECK(!err || !may_sync || (valid && !may_break));
		refused += err != 0;
		hitless += !err && valid && !(syncs && (asked & IOMT_PASID_INV_IOTLB));
		broken += !err && valid && syncs && (asked & IOMT_PASID_INV_IOTLB);
	}
	CHECK(looks > ROUNDS / 2 && hitless > ROUNDS / 50);
	CHECK(format == IOMT_PASID_TABLE_GCR3 || (broken > ROUNDS / 50 && refused > ROUNDS / 50));
	CHECK(format != IOMT_PASID_TABLE_GCR3 || (!broken && !refused && !syncs));
	close();
}

static void gcr3(void)
{
	change_at_random(IOMT_PASID_TABLE_GCR3, PROVIDER_LINEAR);
}

static void linear(void)
{
	change_at_random(IOMT_PASID_TABLE_CD, PROVIDER_LINEAR);
}

static void two_levels(void)
{
	change_at_random(IOMT_PASID_TABLE_CD_4K, PROVIDER_LINEAR);
}

static void vtd(void)
{
	change_at_random(IOMT_PASID_TABLE_VTD, PROVIDER_LINEAR);
}

static struct iomt_pasid_entry lower(void)
{
	return (struct iomt_pasid_entry){
		.cd = {.half = {{.ttb = 0x1000, .used = true, .tsz = 16, .sh = 3}},
		       .flags = IOMT_CD_A,
		       .mair = 0xff,
		       .asid = 1,
		       .ips = 5}};
}

/* What each kind of change of a context descriptor takes. */
static void cd_kinds(void)
{
	struct iomt_pasid_entry entry = lower();

	open(IOMT_PASID_TABLE_CD, PROVIDER_LINEAR);
	CHECK_INT(watch_set(&entry, 0, false), IOMT_EBUSY); /* words first, forgotten, then V */
	CHECK_INT(watch_set(&entry, IOMT_PASID_BREAK, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, 0, true), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(asked, IOMT_PASID_INV_ENTRY);
	entry.cd.asid = 2; /* one word */
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.cd.half[0].ttb = 0x2000; /* one word */
	CHECK_INT(watch_set(&entry, 0, false), 0);
	/* the other half: its pointer first, while it is not used */
	entry.cd.half[1] = (struct iomt_cd_half){.ttb = 0x3000, .used = true, .tsz = 16, .tg = 2};
	CHECK_INT(watch_set(&entry, 0, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, 0, true), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(asked, IOMT_PASID_INV_ENTRY);
	/* and off: one word, the pointer stays where nobody looks; and on again */
	entry.cd.half[1] = (struct iomt_cd_half){.ttb = 0};
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.cd.half[1] = (struct iomt_cd_half){.ttb = 0x3000, .used = true, .tsz = 16, .tg = 2};
	CHECK_INT(watch_set(&entry, 0, false), 0);
	/* both pointers: invalid between */
	entry.cd.half[0].ttb = 0x4000;
	entry.cd.half[1].ttb = 0x5000;
	CHECK_INT(watch_set(&entry, 0, true), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, IOMT_PASID_BREAK, false), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, IOMT_PASID_BREAK, true), 0);
	CHECK_EQ(syncs, 2);
	CHECK_EQ(asked, IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_IOTLB | IOMT_PASID_INV_DEVICE_TLB);
	watch_clear();
	CHECK_INT(watch_set(&entry, 0, false), 0); /* the words are still there */
	close();
}

static void vtd_kinds(void)
{
	struct iomt_pasid_entry entry = {
		.vtd = {.stages = IOMT_VTD_SECOND, .second = 0x1000, .domain = 1, .aw = 2}};

	open(IOMT_PASID_TABLE_VTD, PROVIDER_LINEAR);
	CHECK_INT(watch_set(&entry, 0, false), 0); /* P last */
	entry.vtd.second = 0x2000;
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.vtd.flags = IOMT_VTD_ENTRY_SSADE;
	CHECK_INT(watch_set(&entry, 0, false), 0);
	entry.vtd.second = 0x3000;
	entry.vtd.domain = 2;
	CHECK_INT(watch_set(&entry, 0, true), IOMT_EBUSY);
	CHECK_INT(watch_set(&entry, IOMT_PASID_BREAK, true), 0);
	CHECK_EQ(syncs, 1);
	CHECK_EQ(asked, IOMT_PASID_INV_ENTRY | IOMT_PASID_INV_IOTLB | IOMT_PASID_INV_DOMAIN |
				IOMT_PASID_INV_DEVICE_TLB);
	close();
}

/* Hardware that does not snoop sees lines when they are cleaned, and not before. */
static void incoherent(void)
{
	change_at_random(IOMT_PASID_TABLE_GCR3, PROVIDER_INCOHERENT);
	change_at_random(IOMT_PASID_TABLE_CD, PROVIDER_INCOHERENT);
	change_at_random(IOMT_PASID_TABLE_CD_4K, PROVIDER_INCOHERENT);
	change_at_random(IOMT_PASID_TABLE_VTD, PROVIDER_INCOHERENT);
}

TEST_SUITE(pasid_table_live, TEST(gcr3), TEST(linear), TEST(two_levels), TEST(vtd), TEST(cd_kinds),
	   TEST(vtd_kinds), TEST(incoherent));
