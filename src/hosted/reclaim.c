/* SPDX-License-Identifier: MIT */
/*
 * Two rows of gathers: one that fills, one whose readers are waited for, by the reclaimer's thread or
 * by a caller; one thread at a time does. The lock is held for moving gathers and counting, never
 * while readers are waited for or memory is given back.
 */
#include <iomt/reclaim.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define USUAL_MOST 4096u

struct row {
	struct iomt_gather *gathers;
	uint32_t count;
	uint64_t tables;
};

struct iomt_reclaim {
	struct iomt_reclaim_cfg cfg;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct row filling;
	struct row waited; /* for whoever waits for its readers */
	bool busy;	   /* somebody does */
	bool ends;
	uint64_t added; /* gathers, ever */
	uint64_t done;	/* of these, given back */
	struct iomt_reclaim_stats stats;
	pthread_t thread;
	struct iomt_gather places[2][IOMT_RECLAIM_GATHERS];
};

/*
 * What a thread begins here others wait for, and so it is not cancelled before the end: neither where it
 * waits, nor in the program's readers and providers.
 */
static int enter(struct iomt_reclaim *r)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	pthread_mutex_lock(&r->lock);
	return before;
}

static void leave(struct iomt_reclaim *r, int before)
{
	pthread_mutex_unlock(&r->lock);
	pthread_setcancelstate(before, NULL);
}

/* Gives all of the filling row back. The lock is held, and let go meanwhile; nobody else is at it. */
static void drain(struct iomt_reclaim *r)
{
	struct row row = r->filling;

	r->filling = (struct row){.gathers = r->waited.gathers};
	r->waited = row;
	r->busy = true;
	pthread_mutex_unlock(&r->lock);
	r->cfg.readers(r->cfg.ctx);
	for (uint32_t i = 0; i < row.count; i++)
		iomt_gather_release(&row.gathers[i]);
	pthread_mutex_lock(&r->lock);
	r->busy = false;
	r->done += row.count;
	r->stats.waiting -= row.tables;
	r->stats.returned += row.tables;
	r->stats.periods++;
	pthread_cond_broadcast(&r->changed);
}

static void *run(void *arg)
{
	struct iomt_reclaim *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->ends) {
		if (r->busy || !r->filling.count)
			pthread_cond_wait(&r->changed, &r->lock);
		else
			drain(r);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* With all signals blocked: they are for the program's own threads. */
static int start_thread(struct iomt_reclaim *r)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err ? IOMT_ENOMEM : 0;
}

static bool tail_is_zero(const struct iomt_reclaim_cfg *cfg)
{
	const unsigned char *bytes = (const unsigned char *)cfg;

	for (size_t i = sizeof(*cfg); i < cfg->size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void give_up(struct iomt_reclaim *r)
{
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

int iomt_reclaim_create(struct iomt_reclaim **reclaim, const struct iomt_reclaim_cfg *cfg)
{
	struct iomt_reclaim *r;

	if (!cfg || cfg->size < sizeof(*cfg) || !tail_is_zero(cfg) || !cfg->readers ||
	    (cfg->flags & ~IOMT_RECLAIM_NO_THREAD))
		return IOMT_EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return IOMT_ENOMEM;
	r->cfg = *cfg;
	if (!r->cfg.most)
		r->cfg.most = USUAL_MOST;
	r->filling.gathers = r->places[0];
	r->waited.gathers = r->places[1];
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	if (!(cfg->flags & IOMT_RECLAIM_NO_THREAD) && start_thread(r)) {
		give_up(r);
		return IOMT_ENOMEM;
	}
	*reclaim = r;
	return 0;
}

static bool has_room(const struct iomt_reclaim *r, const struct iomt_gather *gather)
{
	return r->filling.count < IOMT_RECLAIM_GATHERS &&
	       r->stats.waiting + gather->tables <= r->cfg.most;
}

static void add(struct iomt_reclaim *r, struct iomt_gather *gather)
{
	r->filling.tables += gather->tables;
	r->stats.waiting += gather->tables;
	if (r->stats.waiting > r->stats.peak)
		r->stats.peak = r->stats.waiting;
	iomt_gather_move(&r->filling.gathers[r->filling.count++], gather);
	r->added++;
	pthread_cond_broadcast(&r->changed);
}

/* By this call alone, as others are at it and there is no room to leave the gather. */
static void release_now(struct iomt_reclaim *r, struct iomt_gather *gather)
{
	uint64_t tables = gather->tables;

	pthread_mutex_unlock(&r->lock);
	r->cfg.readers(r->cfg.ctx);
	iomt_gather_release(gather);
	pthread_mutex_lock(&r->lock);
	r->stats.returned += tables;
	r->stats.periods++;
	r->stats.full++;
}

void iomt_reclaim_release(struct iomt_reclaim *reclaim, struct iomt_gather *gather)
{
	int before;

	if (!gather->tables) { /* its bookkeeping was never anybody else's */
		iomt_gather_release(gather);
		return;
	}
	before = enter(reclaim);
	if (!has_room(reclaim, gather) && !reclaim->busy && reclaim->filling.count) {
		reclaim->stats.full++;
		drain(reclaim);
	}
	if (has_room(reclaim, gather))
		add(reclaim, gather);
	else
		release_now(reclaim, gather);
	leave(reclaim, before);
}

void iomt_reclaim_barrier(struct iomt_reclaim *reclaim)
{
	int before = enter(reclaim);
	uint64_t added;

	for (added = reclaim->added; reclaim->done < added;) {
		if (reclaim->busy)
			pthread_cond_wait(&reclaim->changed, &reclaim->lock);
		else
			drain(reclaim);
	}
	leave(reclaim, before);
}

void iomt_reclaim_destroy(struct iomt_reclaim *reclaim)
{
	int before;

	if (!reclaim)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	iomt_reclaim_barrier(reclaim);
	pthread_mutex_lock(&reclaim->lock);
	reclaim->ends = true;
	pthread_cond_broadcast(&reclaim->changed);
	pthread_mutex_unlock(&reclaim->lock);
	if (!(reclaim->cfg.flags & IOMT_RECLAIM_NO_THREAD))
		pthread_join(reclaim->thread, NULL);
	give_up(reclaim);
	pthread_setcancelstate(before, NULL);
}

void iomt_reclaim_stats(struct iomt_reclaim *reclaim, struct iomt_reclaim_stats *stats)
{
	pthread_mutex_lock(&reclaim->lock);
	*stats = reclaim->stats;
	pthread_mutex_unlock(&reclaim->lock);
}
