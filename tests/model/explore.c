/* SPDX-License-Identifier: MIT */
/*
 * The search is dynamic partial-order reduction with source sets and sleep sets (Abdulla, Aronis,
 * Jonsson, Sagonas: Optimal dynamic partial order reduction, POPL 2014, algorithm 1). The memory is
 * the view machine of the release-acquire and relaxed fragment of C11 without load buffering.
 */
#include "explore.h"
#include "test.h"
#include <ucontext.h>

#define STEPS	 4000u
#define MESSAGES 8000u
#define STACK	 (64u << 10)
#define ALL	 ((1u << EXPLORE_THREADS) - 1)
#define SHARED	 0u
#define DEAD	 255u

enum kind {
	READ,
	WRITE, /* or read and write */
	ADD,   /* to a count without an order: two of them may change places */
};

struct access {
	uint16_t word;
	uint8_t kind;
	bool waits; /* reads nothing but what is newer than "seen" */
	uint64_t seen;
};

struct view {
	uint8_t stamps[EXPLORE_WORDS];
};

/* A store in a word's history. */
struct message {
	uint64_t value;
	uint16_t before; /* the one before, 0 for the word's first value */
	uint8_t stamp;
	bool released;	/* "view" holds */
	uint8_t thread; /* whose step it was */
	uint16_t clock;
	struct view view;
};

struct thread {
	ucontext_t context;
	struct access next;
	bool over;
	uint16_t clock[EXPLORE_THREADS]; /* steps of each that come before its next one */
	struct view view;
	struct view read; /* what an acquiring fence would add to it */
	struct view
		written; /* what it was at the last releasing fence, which later stores release */
	uint16_t spun_word; /* the last step read an odd value where one spins */
	uint8_t spun_stamp;
	bool spun;
	bool fenced;
};

/* A step of the run, and what else there is to try in its place. */
struct step {
	struct access access;
	uint8_t thread;
	uint8_t enabled, sleep, backtrack;   /* sets of threads */
	uint16_t choice, choices;	     /* which store is read */
	uint16_t clock[EXPLORE_THREADS];     /* steps of each that come before it, it included */
	int before;			     /* the last step at the same word, or -1 */
	struct access next[EXPLORE_THREADS]; /* where each stood */
};

static struct explore *program;
static struct thread threads[EXPLORE_THREADS];
static _Alignas(64) uint8_t stacks[EXPLORE_THREADS][STACK];
static struct step steps[STEPS];
static struct message messages[MESSAGES];
static unsigned message_count;
static uint16_t newest[EXPLORE_WORDS]; /* message of each word, 0 for none */
static int last_step[EXPLORE_WORDS];
static uint8_t owners[EXPLORE_WORDS]; /* SHARED, DEAD, or a thread and one */
static uint64_t firsts[EXPLORE_WORDS];
static uint64_t image[EXPLORE_WORDS];
static ucontext_t caller;
static unsigned now = EXPLORE_THREADS;
static unsigned depth;	/* steps of this run */
static unsigned prefix; /* steps that are given; the last of them is new */
static bool starting;	/* threads go as far as their first stops */
static bool stopped;	/* this run leads nowhere new */

unsigned explore_thread(void)
{
	return now;
}

bool explore_is_new(void)
{
	return depth >= prefix;
}

static void print_run(const char *what)
{
	fprintf(stderr, "%s, after %u steps (thread:word, w for stores, .n for older values):\n",
		what, depth);
	for (unsigned i = 0; i < depth; i++)
		fprintf(stderr, " %u:%u%s%s%.0d", steps[i].thread, steps[i].access.word,
			steps[i].access.kind == READ ? "" : "w", steps[i].choice ? "." : "",
			steps[i].choice);
	fprintf(stderr, "\n");
}

void explore_wrong(const char *what)
{
	if (program->wrong)
		return;
	program->wrong = what;
	print_run(what);
}

/* What lies elsewhere, such as a thread's stack, is nobody else's. */
static bool is_program_memory(const void *address)
{
	return (size_t)((const uint8_t *)address - (const uint8_t *)program->memory) <
	       program->bytes;
}

static uint16_t word_of(const void *address)
{
	size_t offset = (size_t)((const uint8_t *)address - (const uint8_t *)program->memory);

	return (uint16_t)(offset / 8);
}

static uint64_t read_word(const void *word, size_t size)
{
	return size == 4 ? *(const uint32_t *)word : *(const uint64_t *)word;
}

static void write_word(void *word, size_t size, uint64_t value)
{
	if (size == 4)
		*(uint32_t *)word = (uint32_t)value;
	else
		*(uint64_t *)word = value;
}

/* What comes before what */

static bool conflict(const struct access *a, const struct access *b)
{
	return a->word == b->word && (a->kind == WRITE || a->kind != b->kind);
}

static bool is_blocked(const struct thread *thread)
{
	const struct access *next = &thread->next;

	if (!next->waits)
		return false;
	if (next->kind == READ)
		return !newest[next->word] ||
		       messages[newest[next->word]].stamp <= thread->spun_stamp;
	return (newest[next->word] ? messages[newest[next->word]].value : firsts[next->word]) ==
	       next->seen;
}

static unsigned enabled_threads(void)
{
	unsigned enabled = 0;

	for (unsigned i = 0; i < program->threads; i++) {
		if (!threads[i].over && !is_blocked(&threads[i]))
			enabled |= 1u << i;
	}
	return enabled;
}

static bool is_after(const struct step *later, const struct step *earlier)
{
	return later->clock[earlier->thread] >= earlier->clock[earlier->thread];
}

/*
 * The threads that could begin the same run without step i, from its place to the last step: their
 * first step after i comes after none of the other steps that need not come after i.
 */
static unsigned initials(unsigned i, unsigned last)
{
	uint16_t first[EXPLORE_THREADS] = {0};
	unsigned found = 0;

	for (unsigned j = i + 1; j <= last; j++) {
		const struct step *step = &steps[j];
		bool initial = !first[step->thread];

		if (j != last && is_after(step, &steps[i]))
			continue;
		for (unsigned t = 0; initial && t < program->threads; t++)
			initial = t == step->thread || !first[t] || step->clock[t] < first[t];
		if (initial)
			found |= 1u << step->thread;
		if (!first[step->thread])
			first[step->thread] = step->clock[step->thread];
	}
	return found;
}

/* Whether the last step could only come because of step i. */
static bool waited_for(unsigned i, unsigned last)
{
	unsigned thread = steps[last].thread;

	for (unsigned j = i + 1; j < last; j++) {
		if (steps[j].thread == thread)
			return false;
	}
	return !(steps[i].enabled & 1u << thread);
}

/* Sees to it that the two steps are tried the other way round, too. */
static void reverse(unsigned i, unsigned last)
{
	unsigned thread = steps[last].thread, could = initials(i, last) & steps[i].enabled;

	if (waited_for(i, last))
		return;
	if (could & steps[i].backtrack)
		return;
	if (!could)
		could = steps[i].enabled;
	if (could & 1u << thread)
		could = 1u << thread;
	steps[i].backtrack |= (uint8_t)(could & -could);
}

/* The clock of the last step, and the steps that race with it. */
static void order_step(unsigned last, bool look_for_races)
{
	struct step *step = &steps[last];
	uint16_t clock[EXPLORE_THREADS];

	memcpy(clock, threads[step->thread].clock, sizeof(clock));
	step->before = last_step[step->access.word];
	last_step[step->access.word] = (int)last;
	memcpy(step->clock, clock, sizeof(clock));
	for (int pass = 0; pass <= (int)look_for_races; pass++) {
		memcpy(clock, threads[step->thread].clock, sizeof(clock));
		for (int i = step->before; i >= 0; i = steps[i].before) {
			const struct step *other = &steps[i];

			if (!conflict(&other->access, &step->access) ||
			    clock[other->thread] >= other->clock[other->thread])
				continue;
			if (pass && other->thread != step->thread)
				reverse((unsigned)i, last);
			for (unsigned t = 0; t < EXPLORE_THREADS; t++)
				clock[t] = clock[t] > other->clock[t] ? clock[t] : other->clock[t];
		}
		if (!pass) {
			memcpy(step->clock, clock, sizeof(clock));
			step->clock[step->thread]++;
		}
	}
	memcpy(threads[step->thread].clock, step->clock, sizeof(clock));
}

/* Who goes on */

static void choose_thread(void)
{
	struct step *step = &steps[depth];
	unsigned enabled = enabled_threads(), free;

	step->enabled = (uint8_t)enabled;
	step->sleep = 0;
	for (unsigned t = 0; depth && t < program->threads; t++) {
		const struct step *before = step - 1;

		if ((before->sleep & 1u << t) && t != before->thread &&
		    !conflict(&threads[t].next, &before->access))
			step->sleep |= (uint8_t)(1u << t);
	}
	for (unsigned t = 0; t < program->threads; t++)
		step->next[t] = threads[t].next;
	free = enabled & ~(unsigned)step->sleep;
	if (!free) {
		stopped = true;
		return;
	}
	if (now >= EXPLORE_THREADS || !(free & 1u << now))
		step->thread = (uint8_t)__builtin_ctz(free);
	else
		step->thread = (uint8_t)now;
	step->backtrack = (uint8_t)(1u << step->thread);
	step->choice = 0;
	prefix = depth + 1;
}

/* Lets the next thread go on from here; returns when it is this one's turn. */
static void pass_on(ucontext_t *from)
{
	unsigned before = now, enabled;

	if (starting) {
		swapcontext(from, &caller);
		return;
	}
	enabled = enabled_threads();
	if (depth >= prefix && enabled)
		choose_thread();
	if (depth >= STEPS - 1)
		explore_wrong("a call does not end");
	if (!enabled) {
		for (unsigned t = 0; t < program->threads; t++) {
			if (!threads[t].over)
				explore_wrong("a call waits for ever");
		}
	}
	if (!enabled || stopped || program->wrong) {
		now = EXPLORE_THREADS;
		if (from != &caller)
			swapcontext(from, &caller);
		return;
	}
	now = steps[depth].thread;
	if (now != before || from == &caller)
		swapcontext(from, &threads[now].context);
}

/* Memory */

static void join(struct view *view, const struct view *other)
{
	for (unsigned i = 0; i < EXPLORE_WORDS; i++)
		view->stamps[i] =
			view->stamps[i] > other->stamps[i] ? view->stamps[i] : other->stamps[i];
}

static bool acquires(int order)
{
	return order == __ATOMIC_ACQUIRE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

static bool releases(int order)
{
	return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST;
}

/* A word has the values of one size; its first one is among what else stands there. */
static uint64_t value_of(const void *word, size_t size, unsigned message)
{
	size_t offset = (size_t)((const uint8_t *)word - (const uint8_t *)program->memory);

	return message ? messages[message].value
		       : read_word((const uint8_t *)firsts + offset, size);
}

/* The thread has read this message of the word. */
static void see(uint16_t word, unsigned message, int order)
{
	struct thread *thread = &threads[now];

	if (!message)
		return;
	if (thread->view.stamps[word] < messages[message].stamp)
		thread->view.stamps[word] = messages[message].stamp;
	if (messages[message].released)
		join(acquires(order) ? &thread->view : &thread->read, &messages[message].view);
}

/* A store behind the newest one; "modifies" carries on what that one released. */
static void append(uint16_t word, uint64_t value, int order, bool modifies)
{
	unsigned before = newest[word];
	struct message *message = &messages[++message_count];
	struct thread *thread = &threads[now];

	if (message_count == MESSAGES - EXPLORE_WORDS)
		explore_wrong("a run has too many stores");
	message->value = value;
	message->before = (uint16_t)before;
	message->stamp = (uint8_t)((before ? messages[before].stamp : 0) + 1);
	message->released = false;
	if (message->stamp == 255)
		explore_wrong("a word has too many stores");
	message->thread = (uint8_t)now;
	message->clock = thread->clock[now];
	thread->view.stamps[word] = message->stamp;
	if (releases(order) || thread->fenced) {
		message->released = true;
		message->view = releases(order) ? thread->view : thread->written;
		message->view.stamps[word] = message->stamp;
	}
	if (modifies && before && messages[before].released) {
		if (message->released)
			join(&message->view, &messages[before].view);
		else
			message->view = messages[before].view;
		message->released = true;
	}
	newest[word] = (uint16_t)message_count;
}

/* A page that a shared word is about to point to, and all below it. */
static void share(uint64_t value)
{
	size_t bytes;
	uint64_t *page = program->target ? program->target(value, &bytes) : NULL;
	uint16_t word;

	if (!page || owners[word = word_of(page)] != now + 1)
		return;
	for (size_t i = 0; i < bytes / 8; i++)
		owners[word + i] = SHARED;
	for (size_t i = 0; i < bytes / 8; i++) {
		share(page[i]);
		append((uint16_t)(word + i), page[i], __ATOMIC_RELAXED, false);
	}
}

void explore_private(void *memory, size_t bytes, uint64_t garbage)
{
	for (size_t i = 0; i < bytes / 8; i++)
		((uint64_t *)memory)[i] = garbage;
	if (now >= EXPLORE_THREADS)
		return;
	for (size_t i = 0; i < bytes / 8; i++) {
		firsts[word_of(memory) + i] = garbage;
		owners[word_of(memory) + i] = (uint8_t)(now + 1);
	}
}

bool explore_is_private(const void *memory)
{
	return owners[word_of(memory)] != SHARED;
}

void explore_dead(void *memory, size_t bytes)
{
	if (now < EXPLORE_THREADS)
		memset(&owners[word_of(memory)], DEAD, bytes / 8);
}

/* True when the access needs a stop, which it has made: it is the step "depth" now. */
static bool stop(const void *address, enum kind kind, bool waits, uint64_t seen)
{
	struct thread *thread = &threads[now];
	uint16_t word;

	if (now >= EXPLORE_THREADS)
		return false;
	if (!is_program_memory(address)) {
		if ((size_t)((const uint8_t *)address - stacks[now]) < STACK)
			return false;
		explore_wrong("accesses memory that is no table's");
		pass_on(&thread->context);
	}
	word = word_of(address);
	if (owners[word] == now + 1)
		return false;
	thread->next = (struct access){word, (uint8_t)kind, waits, seen};
	if (kind == READ && thread->spun && thread->spun_word == word)
		thread->next.waits = true;
	pass_on(&thread->context);
	thread->spun = thread->spun && thread->next.waits;
	if (owners[word] == DEAD)
		explore_wrong("accesses memory that was freed");
	steps[depth].access = thread->next;
	steps[depth].choices = 1;
	return true;
}

/* The step is made: what it reads and whether it stores is known. */
static void commit(enum kind kind)
{
	steps[depth].access.kind = (uint8_t)kind;
	order_step(depth, depth + 1 >= prefix);
	depth++;
	program->steps++;
}

static void look(const void *word)
{
	if (program->look && explore_is_new() && !program->wrong)
		program->look(word);
}

/*
 * The message that this step reads: one that the thread may still see, but for the value "other_than".
 * One that a step overwrote that need not come before this one is not for this run: in another, that
 * is else the same, this step comes first.
 */
static unsigned choose_message(const void *at, size_t size, const uint64_t *other_than)
{
	uint16_t word = word_of(at);
	struct thread *thread = &threads[now];
	struct step *step = &steps[depth];
	uint8_t least = thread->view.stamps[word];
	unsigned chosen = newest[word], later = newest[word], count = 1;

	if (thread->next.waits && least <= thread->spun_stamp)
		least = (uint8_t)(thread->spun_stamp + 1);
	while (later && messages[later].stamp > least &&
	       thread->clock[messages[later].thread] >= messages[later].clock) {
		unsigned message = messages[later].before;

		if (!other_than || value_of(at, size, message) != *other_than) {
			if (count == step->choice)
				chosen = message;
			count++;
		}
		later = message;
	}
	step->choices = (uint16_t)count;
	return chosen;
}

uint64_t explore_load(const void *word, size_t size, int order)
{
	struct thread *thread = &threads[now];
	unsigned message;
	uint16_t at;
	uint64_t value;

	if (!stop(word, READ, false, 0))
		return read_word(word, size);
	at = word_of(word);
	message = choose_message(word, size, NULL);
	commit(READ);
	see(at, message, order);
	value = value_of(word, size, message);
	thread->spun = word == program->spins && (value & 1);
	thread->spun_word = at;
	thread->spun_stamp = message ? messages[message].stamp : 0;
	return value;
}

static void put(void *word, size_t size, uint64_t value, int order, bool modifies)
{
	share(value);
	append(word_of(word), value, order, modifies);
	write_word(word, size, value);
	look(word);
}

void explore_store(void *word, size_t size, uint64_t value, int order)
{
	if (!stop(word, WRITE, false, 0)) {
		write_word(word, size, value);
		return;
	}
	commit(WRITE);
	put(word, size, value, order, false);
}

void explore_add(void *word, size_t size, uint64_t value, int order)
{
	uint64_t sum = read_word(word, size);
	enum kind kind = order == __ATOMIC_RELAXED ? ADD : WRITE;

	if (stop(word, kind, false, 0)) {
		commit(kind);
		sum = read_word(word, size) + value;
		see(word_of(word), newest[word_of(word)], order);
		put(word, size, sum, order, true);
	} else {
		write_word(word, size, sum + value);
	}
}

uint64_t explore_exchange(void *word, size_t size, uint64_t value, int order)
{
	uint64_t before = read_word(word, size);

	if (stop(word, WRITE, false, 0)) {
		commit(WRITE);
		before = read_word(word, size);
		see(word_of(word), newest[word_of(word)], order);
		put(word, size, value, order, true);
	} else {
		write_word(word, size, value);
	}
	return before;
}

bool explore_replace(void *word, size_t size, void *expected, uint64_t value, int order,
		     int otherwise)
{
	uint64_t wanted = read_word(expected, size), found;
	unsigned message;
	bool shared = stop(word, WRITE, false, 0);

	if (!shared) {
		found = read_word(word, size);
		if (found == wanted)
			write_word(word, size, value);
		else
			write_word(expected, size, found);
		return found == wanted;
	}
	message = choose_message(word, size, &wanted);
	found = value_of(word, size, message);
	commit(found == wanted ? WRITE : READ);
	see(word_of(word), message, found == wanted ? order : otherwise);
	if (found == wanted)
		put(word, size, value, order, true);
	else
		write_word(expected, size, found);
	return found == wanted;
}

void explore_fence(int order)
{
	struct thread *thread = &threads[now];

	if (now >= EXPLORE_THREADS)
		return;
	if (acquires(order))
		join(&thread->view, &thread->read);
	if (releases(order)) {
		thread->fenced = true;
		thread->written = thread->view;
	}
}

void explore_await_even(uint64_t *word)
{
	uint64_t value;

	if (!stop(word, WRITE, false, 0))
		return;
	commit(WRITE);
	see(word_of(word), newest[word_of(word)], __ATOMIC_ACQUIRE);
	value = *word;
	append(word_of(word), value, __ATOMIC_ACQ_REL, true);
	if (!(value & 1))
		return;
	stop(word, WRITE, true, value);
	commit(WRITE);
	see(word_of(word), newest[word_of(word)], __ATOMIC_ACQUIRE);
	append(word_of(word), *word, __ATOMIC_ACQ_REL, true);
}

/* Runs */

static void act(void)
{
	unsigned thread = now;

	program->act(thread);
	threads[thread].over = true;
	pass_on(&threads[thread].context);
}

/* Begins each thread, which goes as far as its first stop, and lets them run to their end. */
static void run(void)
{
	memcpy(program->memory, image, program->bytes);
	memcpy(firsts, image, program->bytes);
	memset(owners, SHARED, sizeof(owners));
	memset(newest, 0, sizeof(newest));
	memset(last_step, 0xff, sizeof(last_step));
	message_count = 0;
	depth = 0;
	stopped = false;
	for (volatile unsigned i = 0; i < program->threads; i++) { /* getcontext returns twice */
		struct thread *thread = &threads[i];

		getcontext(&thread->context);
		thread->context.uc_stack.ss_sp = stacks[i];
		thread->context.uc_stack.ss_size = STACK;
		thread->context.uc_link = NULL;
		thread->over = false;
		thread->spun = false;
		memset(thread->clock, 0, sizeof(thread->clock));
		memset(&thread->view, 0, sizeof(thread->view));
		memset(&thread->read, 0, sizeof(thread->read));
		thread->fenced = false;
		makecontext(&thread->context, act, 0);
	}
	starting = true;
	for (now = 0; now < program->threads; now++)
		swapcontext(&caller, &threads[now].context);
	starting = false;
	pass_on(&caller);
	now = EXPLORE_THREADS;
}

/* The next run: the last step that can still be another. False when there is none. */
static bool next_run(void)
{
	while (prefix) {
		struct step *step = &steps[prefix - 1];
		unsigned left;

		if (++step->choice < step->choices)
			return true;
		step->choice = 0;
		step->sleep |= (uint8_t)(1u << step->thread);
		left = step->backtrack & step->enabled & ~(unsigned)step->sleep;
		if (left) {
			step->thread = (uint8_t)__builtin_ctz(left);
			return true;
		}
		prefix--;
	}
	return false;
}

void explore(struct explore *given)
{
	program = given;
	program->runs = program->pruned = program->steps = 0;
	program->complete = false;
	program->wrong = NULL;
	CHECK(program->threads <= EXPLORE_THREADS && program->bytes <= sizeof(image));
	memcpy(image, program->memory, program->bytes);
	prefix = 0;
	do {
		run();
		if (program->wrong)
			break;
		if (stopped) {
			program->pruned++;
		} else {
			program->runs++;
			if (program->end)
				program->end();
		}
		if (program->wrong)
			break;
		if (!next_run()) {
			program->complete = true;
			break;
		}
	} while (!program->limit || program->runs + program->pruned < program->limit);
	memcpy(program->memory, image, program->bytes);
}
