/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel threads do, and how much of it somebody waits for. All of their time is work but
 * that in which they wait for some. Their ledgers have it by stages; in their rings is kept when
 * somebody waited. */
#ifndef IOPATH_WORK_BPF_H
#define IOPATH_WORK_BPF_H

#include "ledger.bpf.h"
#include "maps_helper.bpf.h"

/* Work of a longer time goes to the map on the way. */
#define WRITE_WORK_EVERY 10000000

static const struct iopath_helper fresh_helper;

/* A sleep of this kind counts in the load average, and the kernel sees to it that no thread of its
 * own does as long as it has nothing to do (TASK_IDLE, 4.2; before: interruptible). */
static __always_inline bool sleeps_at_work(u32 state)
{
	return (state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE;
}

VERIFIED_ONCE int write_work(struct ledger *ledger, struct work *work, u64 now)
{
	struct iopath_helper_key key; /* on the stack: 6.1 refuses a map's key in other memory */
	struct iopath_helper *known;

	if (!ledger || !work)
		return 0;
	work->written = now;
	if (!ledger->touched)
		return 0;
	ledger->touched = 0;
	key = work->key;
	known = bpf_map_lookup_elem(&helpers, &key);
	if (!known && key.comm[0]) {
		bpf_map_update_elem(&helpers, &key, &fresh_helper, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&helpers, &key);
	}
	if (!known && key.comm[0])
		count_loss(IOPATH_LOSS_detail_full);
	for (u32 stage = 0; stage < IOPATH_STAGE_COUNT; stage++) {
		u64 ns = ledger->stage_ns[stage];

		if (!ns)
			continue;
		if (known)
			__sync_fetch_and_add(&known->stage_ns[stage], ns);
		ledger->stage_ns[stage] = 0;
	}
	if (known && work->by_any.ns) {
		__sync_fetch_and_add(&known->waited_ns, work->by_operations.ns);
		__sync_fetch_and_add(&known->waited_any_ns, work->by_any.ns);
	}
	work->by_operations.ns = 0;
	work->by_any.ns = 0;
	return 0;
}

/* What was before `since` is claimed no more. */
static __always_inline void restart_claims(struct claims *claims, u64 since)
{
	claims->count = 0;
	claims->floor = since;
}

static __always_inline void begin_work(struct ledger *ledger, struct wait_ring *ring, u64 since)
{
	if (!ring)
		return;
	ledger->flags |= THREAD_WORKING;
	ring->work.key.comm[0] = 0;
	restart_claims(&ring->work.by_operations, since);
	restart_claims(&ring->work.by_any, since);
}

/* The current thread may go by another name than before, a worker with each work: then what it
 * has done since `since`, when it last went on, is done under the new one. What it did since it
 * had nothing to do, and has no name yet, is too: it was woken for that. Of works that a worker
 * does without a sleep between them, the last gives the name to all. */
VERIFIED_ONCE int name_work(struct ledger *ledger, struct wait_ring *ring, u64 since)
{
	struct task_struct *task = current_task();
	struct iopath_helper_key key = {};
	u64 *known, *now = (u64 *)&key, differs = 0;

	if (!ledger || !ring)
		return 0;
	if (TASK(task, flags) & PF_WQ_WORKER) {
		__builtin_memcpy(key.comm, "kworker", sizeof("kworker"));
		read_work(key.work, IOPATH_WORK, task);
	} else {
		read_comm(key.comm, task);
	}
	known = (u64 *)&ring->work.key;
	for (u32 i = 0; i < sizeof(key) / sizeof(u64); i++)
		differs |= known[i] ^ now[i];
	if (!differs)
		return 0;
	if (ring->work.key.comm[0]) {
		write_work(ledger, &ring->work, since);
		restart_claims(&ring->work.by_operations, since);
		restart_claims(&ring->work.by_any, since);
	}
	ring->work.key = key;
	return 0;
}

/* A kernel thread, the current one, leaves the CPU. `idle`: it has nothing to do. */
VERIFIED_ONCE int leave_work(struct ledger *ledger, const struct moment *moment, u32 idle)
{
	struct wait_ring *ring = find_ring(current_task());
	struct moment since;

	if (!ledger || !moment || !ring)
		return 0;
	if (ledger->flags & THREAD_WORKING) {
		since = last_transition(ledger);
		name_work(ledger, ring, since.now);
		charge_run(ledger, &since, moment);
		if (idle || moment->now - ring->work.written > WRITE_WORK_EVERY)
			write_work(ledger, &ring->work, moment->now);
	} else if (!idle) { /* not seen before */
		begin_work(ledger, ring, moment->now);
		name_work(ledger, ring, moment->now);
	}
	if (idle)
		ledger->flags &= ~THREAD_WORKING;
	return 0;
}

/* Who is woken by a thread was waiting for what it did meanwhile. Many may have waited for the
 * same: what none of them has claimed yet counts. Their waits end one after another; of those that
 * lie apart a few are kept, for one that ends later and began before them. */
VERIFIED_ONCE int add_claim(struct claims *claims, u64 begin, u64 end)
{
	u64 known = 0;

	if (!claims)
		return 0;
	if (begin < claims->floor)
		begin = claims->floor;
	if (end <= begin)
		return 0;
	for (u32 i = 0; i < CLAIMS; i++) {
		struct claim *last = &claims->spans[(claims->count - 1) & (CLAIMS - 1)];

		if (!claims->count || last->end < begin)
			break;
		if (last->begin < begin)
			begin = last->begin;
		if (last->end > end)
			end = last->end;
		known += last->end - last->begin;
		claims->count--;
	}
	if (claims->count >= CLAIMS) {
		claims->floor = claims->spans[0].end;
		for (u32 i = 1; i < CLAIMS; i++)
			claims->spans[i - 1] = claims->spans[i];
		claims->count = CLAIMS - 1;
	}
	claims->spans[claims->count & (CLAIMS - 1)] = (struct claim){begin, end};
	claims->count++;
	claims->ns += end - begin - known;
	return 0;
}

/* The current thread ends a wait; if it is a kernel thread, its work in that time was waited for.
 * What it has done up to now goes to the ledger first: a claim never exceeds it. */
VERIFIED_ONCE int claim_work(u64 begin, u64 end, u32 by_operation)
{
	struct task_struct *waker = current_task();
	struct ledger *ledger = find_ledger(waker);
	struct cpu_state *cpu = this_cpu();
	struct moment since, moment;
	struct wait_ring *ring;

	if (!ledger || !cpu || !(ledger->flags & THREAD_WORKING))
		return 0;
	ring = find_ring(waker);
	if (!ring)
		return 0;
	since = last_transition(ledger);
	name_work(ledger, ring, since.now);
	read_moment(&moment, cpu);
	charge_run(ledger, &since, &moment);
	ledger->mark = moment.now;
	ledger->hard_ns = moment.hard_ns;
	ledger->soft_ns = moment.soft_ns;
	add_claim(&ring->work.by_any, begin, end);
	if (by_operation)
		add_claim(&ring->work.by_operations, begin, end);
	return 0;
}

#endif
