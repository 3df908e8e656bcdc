/* SPDX-License-Identifier: MIT */
#include "guest_race.h"
#include "test.h"
#include <sched.h>

#define WORDS  24u /* that change */
#define STATES 2u
#define WALKS  64u
#define READS  8u /* that the other walker makes, at most */

struct race {
	const struct iomt_walker *walker;
	race_pair_fn *pair;
	uint64_t seed;
	uint64_t marks; /* bits that hardware changes */
	unsigned count;
	struct {
		uint64_t *word;
		uint64_t states[STATES];
	} words[WORDS];
	struct {
		uint64_t iova;
		uint32_t access;
	} asked[WALKS];
	bool begun; /* a word has changed */
	bool over;
	struct race_counts *counts;
};

/* One of two threads. */
struct side {
	struct race *race;
	bool walks;
};

/* What a walk said, and where the other walker's reads come from. */
struct said {
	const struct race *race;
	int err;
	struct iomt_walk_leaf leaf;
	struct iomt_walk_fault fault;
	struct iomt_walk_path path;
	unsigned reads;
	unsigned changing; /* reads of words that change: those that had a choice */
	uint8_t choices[READS];
};

static uint64_t marks_of(enum reader_format format)
{
	switch (format) {
	case READER_AMDV1:
		return 3 << 5;
	case READER_X86_64:
		return 3 << 5 | 1 << 10;
	case READER_VTD_SS:
		return 3 << 8;
	case READER_RISCV_S1:
	case READER_RISCV_S2:
		return 3 << 6;
	default: /* Arm: AF, and the bit that write permission is */
		return 1 << 10 | 1 << 7;
	}
}

static unsigned find(const struct race *race, const uint64_t *word)
{
	unsigned i = 0;

	while (i < race->count && race->words[i].word != word)
		i++;
	return i;
}

/* From the first read on: what was read, in its order. */
static bool read_path(void *ctx, uint64_t address, uint64_t *value)
{
	struct said *said = ctx;
	unsigned at = said->reads++;

	if (at >= said->path.count || said->path.steps[at].address != address)
		return false;
	*value = said->path.steps[at].entry;
	return play_word(address);
}

/* Any state of words that change, as "choices" says. */
static bool read_states(void *ctx, uint64_t address, uint64_t *value)
{
	uint64_t *word = play_word(address);
	struct said *said = ctx;
	const struct race *race = said->race;
	unsigned i = find(race, word);

	if (!word)
		return false;
	if (i == race->count)
		*value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	else
		*value = race->words[i].states[said->choices[said->changing++]];
	return true;
}

static bool agrees(const struct said *said, const struct reader_answer *want)
{
	if (want->kind)
		return said->err == IOMT_EFAULT && said->fault.kind == want->kind &&
		       said->fault.level == want->level;
	return !said->err && said->leaf.oa == want->oa && (said->leaf.prot & 7) == want->rights &&
	       said->leaf.size_lg2 == want->size_lg2;
}

/* The next choices, in the order of numbers; false after the last. */
static bool next_choices(struct said *said)
{
	while (said->changing && said->choices[said->changing - 1] == STATES - 1)
		said->choices[--said->changing] = 0;
	if (!said->changing)
		return false;
	said->choices[said->changing - 1]++;
	return true;
}

static bool is_some_state(struct said *said, uint64_t iova, uint32_t access)
{
	struct reader reader = *play_reader();
	struct reader_answer want;

	reader.read = read_states;
	reader.ctx = said;
	memset(said->choices, 0, sizeof(said->choices));
	do {
		said->changing = 0;
		reader_walk(&reader, iova, access, &want);
		if (agrees(said, &want))
			return true;
	} while (next_choices(said));
	return false;
}

/* A word holds one of its states, but for what walks set. */
static bool may_hold(const struct race *race, const uint64_t *word, uint64_t entry)
{
	unsigned at = find(race, word);

	for (unsigned i = 0; at < race->count && i < STATES; i++) {
		if (!((race->words[at].states[i] ^ entry) & ~race->marks))
			return true;
	}
	return at == race->count &&
	       !((__atomic_load_n(word, __ATOMIC_ACQUIRE) ^ entry) & ~race->marks);
}

/* All that was read could be there, and means what the library says. */
static bool is_path(struct said *said, uint64_t iova, uint32_t access)
{
	const struct race *race = said->race;
	struct reader reader = *play_reader();
	struct reader_answer want;

	for (unsigned i = 0; i < said->path.count; i++) {
		uint64_t *word = play_word(said->path.steps[i].address);

		if (!word || !may_hold(race, word, said->path.steps[i].entry))
			return false;
	}
	reader.read = read_path;
	reader.ctx = said;
	said->reads = 0;
	reader_walk(&reader, iova, access, &want);
	return said->reads >= said->path.count && agrees(said, &want);
}

static void walk(struct race *race, bool with_path, uint64_t iova, uint32_t access)
{
	struct said said = {.race = race};
	bool right;

	if (with_path)
		said.err = iomt_walk_with_path(race->walker, iova, access, &said.leaf, &said.fault,
					       &said.path);
	else
		said.err = iomt_walk(race->walker, iova, access, &said.leaf, &said.fault);
	race->counts->walks++;
	race->counts->leaves += !said.err;
	race->counts->again += said.err == IOMT_EAGAIN;
	if (said.err == IOMT_EAGAIN)
		return;
	right = with_path ? is_path(&said, iova, access) : is_some_state(&said, iova, access);
	if (!right)
		fprintf(stderr, "seed %" PRIu64 ": 0x%" PRIx64 ", access 0x%x: %d\n", race->seed,
			iova, access, said.err);
	REQUIRE(right && "what some state of the memory says");
}

static void run(void *ctx)
{
	struct side *side = ctx;
	struct race *race = side->race;

	if (side->walks) {
		while (!__atomic_load_n(&race->begun, __ATOMIC_ACQUIRE))
			sched_yield();
		for (unsigned i = 0; i < WALKS; i++) {
			walk(race, false, race->asked[i].iova, race->asked[i].access);
			walk(race, true, race->asked[i].iova, race->asked[i].access);
		}
		__atomic_store_n(&race->over, true, __ATOMIC_RELEASE);
		return;
	}
	for (unsigned i = 0; !__atomic_load_n(&race->over, __ATOMIC_ACQUIRE); i++) {
		unsigned at = i % race->count;

		__atomic_store_n(race->words[at].word,
				 race->words[at].states[i / race->count % STATES],
				 __ATOMIC_RELEASE);
		__atomic_store_n(&race->begun, true, __ATOMIC_RELEASE);
		race->counts->stores++;
	}
}

static void look(const struct iomt_walker *walker, void *ctx)
{
	struct race *race = ctx;
	struct side sides[2] = {{race, true}, {race, false}};

	race->walker = walker;
	race->marks = marks_of(play_reader()->format);
	race->count = 0;
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t *word = play_written();

		if (find(race, word) != race->count)
			continue;
		race->words[race->count].word = word;
		race->words[race->count].states[0] = *word;
		race->words[race->count++].states[1] = play_entry();
	}
	for (unsigned i = 0; i < WALKS; i++) {
		race->asked[i].iova = play_iova();
		race->asked[i].access = play_access();
	}
	race->pair(run, &sides[0], &sides[1]);
}

void play_race(const struct play_source *source, uint64_t seed, race_pair_fn *pair,
	       struct race_counts *counts)
{
	static struct race race;

	race.pair = pair;
	race.seed = seed;
	race.counts = counts;
	race.begun = race.over = false;
	play_table(source, seed, look, &race);
}
