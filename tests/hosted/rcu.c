/* SPDX-License-Identifier: MIT */
/* The reclaimer with liburcu: a reader of each flavour keeps tables, and nobody else does. */
#include "provider.h"
#include "test.h"
#include <iomt/rcu.h>
#include <pthread.h>
#include <unistd.h>
#include <urcu/flavor.h>

#define PAGE 4096u

/* liburcu's headers declare the first one that is included, and no other */
extern const struct rcu_flavor_struct urcu_memb_flavor, urcu_qsbr_flavor, urcu_bp_flavor;

static const struct rcu_flavor_struct *const flavors[] = {&urcu_memb_flavor, &urcu_qsbr_flavor,
							  &urcu_bp_flavor};

/* A reader that goes in and out when told to, and what the reclaimer is about. */
struct scene {
	const struct rcu_flavor_struct *flavor;
	struct provider provider;
	struct iomt_reclaim *reclaim;
	void (*synchronize)(void *ctx);
	pthread_barrier_t step;
	int synchronizing; /* 1: began, 2: returned */
};

static void watched(void *ctx)
{
	struct scene *scene = ctx;

	__atomic_store_n(&scene->synchronizing, 1, __ATOMIC_RELEASE);
	scene->synchronize((void *)(uintptr_t)scene->flavor);
	__atomic_store_n(&scene->synchronizing, 2, __ATOMIC_RELEASE);
}

static void fill(struct iomt_gather *gather, struct provider *provider, uint32_t tables)
{
	iomt_gather_init(gather);
	REQUIRE(!iomt_gather_reserve(gather, &provider->mem, tables));
	for (uint32_t i = 0; i < tables; i++)
		iomt_gather_add_table(gather, provider->mem.alloc(provider->mem.ctx, PAGE), PAGE);
}

static void open_scene(struct scene *scene, const struct rcu_flavor_struct *flavor, uint32_t most,
		       uint32_t flags)
{
	struct iomt_reclaim_cfg cfg = iomt_rcu_cfg(flavor);

	CHECK_EQ(cfg.size, sizeof(cfg));
	CHECK(!cfg.most && !cfg.flags);
	memset(scene, 0, sizeof(*scene));
	provider_init(&scene->provider, PROVIDER_LINEAR);
	pthread_barrier_init(&scene->step, NULL, 2);
	scene->flavor = flavor;
	scene->synchronize = cfg.readers;
	cfg.readers = watched;
	cfg.ctx = scene;
	cfg.most = most;
	cfg.flags = flags;
	CHECK_INT(iomt_reclaim_create(&scene->reclaim, &cfg), 0);
}

static void close_scene(struct scene *scene)
{
	iomt_reclaim_destroy(scene->reclaim);
	provider_check_empty(&scene->provider);
	pthread_barrier_destroy(&scene->step);
}

static void *read_for_a_while(void *arg)
{
	struct scene *scene = arg;

	scene->flavor->register_thread();
	scene->flavor->read_lock();
	pthread_barrier_wait(&scene->step);
	pthread_barrier_wait(&scene->step);
	scene->flavor->read_unlock();
	scene->flavor->read_quiescent_state();
	scene->flavor->unregister_thread();
	return NULL;
}

static void readers_keep_tables(void)
{
	for (size_t i = 0; i < sizeof(flavors) / sizeof(flavors[0]); i++) {
		static struct scene scene;
		struct iomt_reclaim_stats stats;
		struct iomt_gather gather;
		pthread_t reader;

		open_scene(&scene, flavors[i], 0, 0);
		CHECK(!pthread_create(&reader, NULL, read_for_a_while, &scene));
		pthread_barrier_wait(&scene.step);
		fill(&gather, &scene.provider, 5);
		iomt_reclaim_release(scene.reclaim, &gather);
		while (!__atomic_load_n(&scene.synchronizing, __ATOMIC_ACQUIRE))
			usleep(100);
		usleep(3000); /* in which it must not return */
		CHECK_INT(__atomic_load_n(&scene.synchronizing, __ATOMIC_ACQUIRE), 1);
		iomt_reclaim_stats(scene.reclaim, &stats);
		CHECK_EQ(stats.waiting, 5);
		pthread_barrier_wait(&scene.step);
		pthread_join(reader, NULL);
		iomt_reclaim_barrier(scene.reclaim);
		iomt_reclaim_stats(scene.reclaim, &stats);
		CHECK_EQ(stats.returned, 5);
		close_scene(&scene);
	}
}

/* A thread that reads may release between its sections, as long as it likes: QSBR ones stay online. */
static void *release_between(void *arg)
{
	struct scene *scene = arg;

	scene->flavor->register_thread();
	for (uint32_t i = 0; i < 20; i++) {
		struct iomt_gather gather;

		scene->flavor->read_lock();
		fill(&gather, &scene->provider, 1 + i % 5);
		scene->flavor->read_unlock();
		iomt_reclaim_release(scene->reclaim, &gather);
	}
	scene->flavor->unregister_thread();
	return NULL;
}

static void readers_release(void)
{
	for (size_t i = 0; i < sizeof(flavors) / sizeof(flavors[0]); i++) {
		for (uint32_t flags = 0; flags <= IOMT_RECLAIM_NO_THREAD; flags++) {
			static struct scene scene;
			struct iomt_reclaim_stats stats;
			pthread_t threads[2];

			open_scene(&scene, flavors[i], 4, flags);
			for (unsigned t = 0; t < 2; t++)
				CHECK(!pthread_create(&threads[t], NULL, release_between, &scene));
			for (unsigned t = 0; t < 2; t++)
				pthread_join(threads[t], NULL);
			iomt_reclaim_barrier(scene.reclaim);
			iomt_reclaim_stats(scene.reclaim, &stats);
			CHECK_EQ(stats.returned, 2 * 4 * (1 + 2 + 3 + 4 + 5));
			CHECK(stats.full);
			close_scene(&scene);
		}
	}
}

TEST_SUITE(hosted_rcu, TEST(readers_keep_tables), TEST(readers_release));
