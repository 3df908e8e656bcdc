/* SPDX-License-Identifier: MIT */
/*
 * Threads that do everything at once on one table, and a device that walks it all the time.
 *
 * The table's addresses are laid out in plots. Each plot is one thread's own: nobody else writes there,
 * so that the thread knows exactly what it must find. Plots of several threads lie in one leaf table, in
 * neighbouring tables, and in neighbouring branches. What each granule means, and is to mean while a
 * call is under way, stands in a word that everybody may read: so everybody can judge what he finds.
 */
#ifndef TESTS_OPS_STRESS_H
#define TESTS_OPS_STRESS_H

#include "arena.h"
#include "epochs.h"
#include "kinds.h"
#include "random.h"
#include "test.h"

#define WORKERS	 4u
#define HARDWARE WORKERS /* the thread after them */
#define THREADS	 (WORKERS + 1)
#define RW	 (IOMT_READ | IOMT_WRITE)

#define SHARED_TABLES 2u  /* leaf tables in which all have plots */
#define SHARED_PLOTS  64u /* in each of them */
#define FRONTIER      64u /* tables that all want for the first time at the same moment */
#define CONTESTED     4u  /* granules of the table where the rules are broken */

/* A granule's meaning, a byte: nothing, or MAPPED with a colour, which decides the output. */
#define MAPPED	      1u
#define WRITABLE      2u
#define COLOUR_SHIFT  2u
#define COLOURS	      4u
#define COLOUR_TABLES 256u /* leaf tables' worth of output addresses for each */

struct plot {
	uint64_t iova;
	uint64_t oa;	/* in the first colour */
	uint32_t first; /* number of its first granule */
	uint32_t count;
	uint8_t owner;
	/* what may be trimmed with it; the length is 0 where others are near */
	uint64_t around;
	uint64_t around_length;
};

#define PLOTS (SHARED_TABLES * SHARED_PLOTS + 3 * WORKERS + FRONTIER * WORKERS)

/* Counted by each thread, added at the end. */
struct counts {
	uint64_t operations;
	uint64_t lost_installs;	  /* tables taken for a map, while others installed theirs */
	uint64_t trimmed;	  /* tables that trims and large leaves took out */
	uint64_t released;	  /* and that went back after their epoch */
	uint64_t tops_told;	  /* calls of top_changed */
	uint64_t growths;	  /* levels that tops grew by */
	uint64_t splits;	  /* of leaves */
	uint64_t breaks;	  /* before leaves were made anew */
	uint64_t overtaken;	  /* lookups while the granule changed */
	uint64_t walks;		  /* by the device */
	uint64_t walks_overtaken; /* while the granule changed */
	uint64_t writes;	  /* by the device */
	uint64_t writes_lost;	  /* the entry changed before it could set the bit */
	uint64_t reports;	  /* of those writes */
	uint64_t lost_mappings;	  /* where the rules are broken */
};

struct stress {
	const struct kind *kind;
	struct iomt_pt pt;
	struct iomt_pt_cfg cfg;
	struct arena arena;
	struct epochs epochs;
	uint64_t granule;
	uint64_t slots;	 /* of a leaf table */
	uint64_t base;	 /* where the plots begin */
	uint64_t colour; /* from one to the next, in output addresses */
	bool breaks;	 /* leaves change size by break-before-make */
	bool tracked;	 /* the device writes */
	uint64_t told;	 /* by top_changed: root and levels */

	struct plot plots[PLOTS];
	unsigned plot_count;
	unsigned frontier_plots; /* the first of them */
	uint64_t *states;	 /* of each granule: now, next, and a count of changes */
	uint8_t *marks;		 /* of writes by the device */
	uint16_t *plot_of;
	uint32_t granules;

	uint64_t contested; /* addresses */
	uint64_t contested_oa;

	_Alignas(64) uint32_t frontier; /* the table that all want */
	uint32_t focus;	  /* neighbouring plots, the first of which this is, where most meet */
	uint32_t contest; /* how often all have met where the rules are broken */
	_Alignas(64) uint64_t done; /* operations */
	uint64_t wanted;
	uint32_t took_part; /* a bit for each thread */
	uint64_t seed;
	struct counts counts;
};

/* Lays plots out over an empty table, and maps what threads share. "round" decides where. */
void stress_lay_out(struct stress *s, unsigned round);

static inline uint64_t stress_state(const struct stress *s, uint32_t granule)
{
	return __atomic_load_n(&s->states[granule], __ATOMIC_ACQUIRE);
}

static inline unsigned stress_now(uint64_t state)
{
	return state & 0xff;
}

static inline unsigned stress_next(uint64_t state)
{
	return state >> 8 & 0xff;
}

/* Where a granule of a plot leads to when it means "what". */
static inline uint64_t stress_oa(const struct stress *s, const struct plot *plot, uint64_t index,
				 unsigned what)
{
	unsigned colour = what >> COLOUR_SHIFT;

	/* odd colours are out of step with the input, so that only granules fit */
	return plot->oa + colour * s->colour + (index + (colour & 1)) * s->granule;
}

/* Prints where and what, and ends the program. */
void stress_wrong(const struct stress *s, const struct plot *plot, uint64_t index, const char *what)
	__attribute__((noreturn));

/* What somebody found for a granule: mapped or not, the output, and whether it may be written. */
struct found {
	bool mapped;
	bool writable;
	bool blind; /* nobody looked whether it may be written */
	uint64_t oa;
};

/* Where a lookup begins. */
struct glance {
	uint64_t state;
	uint32_t splits;
};

struct glance stress_look(const struct stress *s, uint32_t granule);

/*
 * Judges what was found since then: it must be what the granule meant, or was to mean. True when that
 * changed meanwhile.
 */
bool stress_judge(const struct stress *s, const struct plot *plot, uint64_t index,
		  struct glance before, const struct found *found);

struct worker {
	struct stress *s;
	unsigned index;
	struct random random;
	struct iomt_gather gathers[2];
	unsigned gathering; /* the one in use; the other waits for its epoch */
	uint64_t epoch;	    /* its epoch; 0 when it is empty */
	struct iomt_pt_cursor cursors[2];
	uint32_t frontier, contest; /* as far as this thread has come */
	struct counts counts;
	uint64_t told; /* operations counted in s->done */
};

/* Now and then, at random: up to some hundred cycles, or until others have had their turn. */
void stress_linger(struct random *random);

/* Bodies of threads. */
void *stress_work(void *worker);
void *stress_walk(void *worker);

/* marks: a granule's writes by the device, and their reports. */
enum {
	MARK_NONE,
	MARK_WRITING,
	MARK_WRITTEN,
	MARK_REPORTED, /* while it was being written: it does not count */
};

/*
 * The owner has dealt with all writes so far. The first look is a read-modify-write, too: a device that
 * begins after it sees what the owner did to the table before.
 */
static inline void stress_clear_mark(struct stress *s, uint32_t granule)
{
	uint8_t mark = __atomic_fetch_or(&s->marks[granule], 0, __ATOMIC_ACQ_REL);

	while ((mark == MARK_WRITING || mark == MARK_WRITTEN) &&
	       !__atomic_compare_exchange_n(&s->marks[granule], &mark,
					    mark == MARK_WRITTEN ? MARK_NONE : MARK_REPORTED, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		continue;
}

/* paused.c or unpaused.c: whether this build pauses, how often it did, and lost compare-and-swaps. */
extern const bool stress_pauses;
uint64_t stress_paused(void);
uint64_t stress_lost_swaps(void);

#endif
