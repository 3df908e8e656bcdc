/* SPDX-License-Identifier: MIT */
/*
 * What Linux's IDA and XArray need of a kernel beyond standin.h: bitmaps, pointers that are errors,
 * locks that threads do contend, and RCU whose readers nobody waits for: memory that others may
 * still read is freed at once, so only allocation and release may be called.
 */
#ifndef PEERS_STANDIN_IDA_H
#define PEERS_STANDIN_IDA_H

#include "standin.h"

#define CONFIG_BASE_SMALL  0
#define BITS_PER_LONG	   64
#define BITS_PER_BYTE	   8
#define MAX_ERRNO	   4095
#define GFP_NOWAIT	   4u
#define GFP_NOFS	   8u
#define __GFP_ACCOUNT	   16u
#define __GFP_NOWARN	   32u
#define __GFP_BITS_SHIFT   26
#define SLAB_HWCACHE_ALIGN 0

#define __rcu
#define __force
#define __must_check
#define __always_inline inline __attribute__((always_inline))
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __cacheline_aligned
#define __bitwise
#define __percpu
#define __pure	 __attribute__((pure))
#define noinline __attribute__((noinline))
#define EXPORT_SYMBOL(x)
#define EXPORT_PER_CPU_SYMBOL_GPL(x)
#define BUILD_BUG_ON(x)	 _Static_assert(!(x), #x)
#define IS_ERR_VALUE(x)	 ((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)
#define ERR_PTR(error)	 ((void *)(long)(error))
#define PTR_ERR(p)	 ((long)(p))
#define IS_ERR(p)	 IS_ERR_VALUE(p)
#define WARN(x, ...)	 peers_warn(!!(x), #x)
#define might_alloc(gfp) ((void)(gfp))
#define __user
#define swap(a, b)                         \
	do {                               \
		__typeof__(a) swap_ = (a); \
		(a) = (b);                 \
		(b) = swap_;               \
	} while (0)

/* Bits and bitmaps */
#define BITS_TO_LONGS(bits)	   DIV_ROUND_UP(bits, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define round_up(x, y)		   ((((x)-1) | ((__typeof__(x))((y)-1))) + 1)
#define round_down(x, y)	   ((x) & ~((__typeof__(x))((y)-1)))
#define BITMAP_FIRST_WORD_MASK(n)  (~0UL << ((n) % BITS_PER_LONG))
#define hweight_long(x)		   __builtin_popcountl(x)

static inline void __set_bit(unsigned long n, unsigned long *p)
{
	p[n / 64] |= 1UL << (n % 64);
}

static inline void __clear_bit(unsigned long n, unsigned long *p)
{
	p[n / 64] &= ~(1UL << (n % 64));
}

static inline bool __test_and_set_bit(unsigned long n, unsigned long *p)
{
	bool old = test_bit((long)n, p);

	__set_bit(n, p);
	return old;
}

static inline bool __test_and_clear_bit(unsigned long n, unsigned long *p)
{
	bool old = test_bit((long)n, p);

	__clear_bit(n, p);
	return old;
}

/* The first bit from "from" on that is set in *p ^ flip. */
static inline unsigned long peers_find_bit(const unsigned long *p, unsigned long size,
					   unsigned long from, unsigned long flip)
{
	unsigned long at, word;

	if (from >= size)
		return size;
	at = from / 64;
	word = (p[at] ^ flip) & ~0UL << from % 64;
	while (!word) {
		if (++at * 64 >= size)
			return size;
		word = p[at] ^ flip;
	}
	at = at * 64 + __ffs(word);
	return at < size ? at : size;
}

#define find_next_bit(p, size, from)	  peers_find_bit(p, size, from, 0)
#define find_next_zero_bit(p, size, from) peers_find_bit(p, size, from, ~0UL)
#define find_first_bit(p, size)		  find_next_bit(p, size, 0)
#define find_first_zero_bit(p, size)	  find_next_zero_bit(p, size, 0)

static inline bool bitmap_empty(const unsigned long *p, unsigned bits)
{
	return find_first_bit(p, bits) == bits;
}

static inline bool bitmap_full(const unsigned long *p, unsigned bits)
{
	return find_first_zero_bit(p, bits) == bits;
}

static inline void bitmap_fill(unsigned long *p, unsigned bits)
{
	memset(p, 0xff, BITS_TO_LONGS(bits) * sizeof(*p));
}

static inline void bitmap_clear(unsigned long *p, unsigned from, unsigned count)
{
	for (; count; count--)
		__clear_bit(from++, p);
}

static inline void bitmap_or(unsigned long *to, const unsigned long *a, const unsigned long *b,
			     unsigned bits)
{
	for (unsigned i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] | b[i];
}

/* Locks */
#define __SPIN_LOCK_UNLOCKED(name) \
	{                          \
		0                  \
	}
#define DEFINE_SPINLOCK(name) spinlock_t name = {0}
#define spin_lock_init(lock)  ((void)((lock)->held = 0))
#define spin_lock(lock)                          \
	do {                                     \
		unsigned long flags_;            \
		spin_lock_irqsave(lock, flags_); \
		(void)flags_;                    \
	} while (0)
#define spin_unlock(lock)		     spin_unlock_irqrestore(lock, 0)
#define spin_lock_bh(lock)		     spin_lock(lock)
#define spin_unlock_bh(lock)		     spin_unlock(lock)
#define spin_lock_irq(lock)		     spin_lock(lock)
#define spin_unlock_irq(lock)		     spin_unlock(lock)
#define spin_trylock(lock)		     (!__atomic_test_and_set(&(lock)->held, __ATOMIC_ACQUIRE))
#define spin_lock_nested(lock, n)	     spin_lock(lock)
#define spin_lock_bh_nested(lock, n)	     spin_lock(lock)
#define spin_lock_irq_nested(lock, n)	     spin_lock(lock)
#define spin_lock_irqsave_nested(lock, f, n) spin_lock_irqsave(lock, f)
#define lockdep_is_held(lock)		     1
#define local_irq_save(flags)		     ((void)((flags) = 0))
#define local_irq_restore(flags)	     ((void)(flags))
#define local_lock(lock)		     ((void)0)
#define local_unlock(lock)		     ((void)0)

typedef struct {
	char none;
} local_lock_t;

/* RCU */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define rcu_dereference_raw(p)		READ_ONCE(p)
#define rcu_dereference_check(p, c)	READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_dereference(p)		READ_ONCE(p)
#define rcu_assign_pointer(p, v)	__atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v)		((void)((p) = (v)))
#define rcu_access_pointer(p)		READ_ONCE(p)
#define rcu_read_lock()			((void)0)
#define rcu_read_unlock()		((void)0)
#define call_rcu(head, function)	(function)(head)

/* Per processor, of which there is one, and what radix trees have there */
#define DECLARE_PER_CPU(type, name) extern type name
#define preempt_disable()	    ((void)0)
#define preempt_enable()	    ((void)0)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head->prev = head;
}

/* Memory */
struct kmem_cache;
struct list_lru;
#define kmem_cache_alloc_lru(cache, lru, gfp) ((void)(lru), kmem_cache_alloc(cache, gfp))
#define gfpflags_allow_blocking(gfp)	      1

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

#endif
