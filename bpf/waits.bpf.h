/* SPDX-License-Identifier: GPL-2.0-only */
/* What was a wait for? Whoever ends it tells (design: "ask who wakes it").
 * Runs at sched_waking, on the waker's CPU, under the sleeper's pi_lock. */
#ifndef IOPATH_WAITS_BPF_H
#define IOPATH_WAITS_BPF_H

#include "kernel_locks.bpf.h"
#include "ledger.bpf.h"
#include "via.bpf.h"

/* The wait that ends now. */
struct ended_wait {
	struct ledger *ledger;  /* of the sleeper */
	struct wait_ring *ring; /* of the sleeper, if it is a helper */
	u64 begin;
	u64 end;
	bool file_lock; /* another's lock of a file was in the way */
};

static __always_inline void keep_span(struct wait_ring *ring, u64 begin, u64 end, u32 stage)
{
	struct wait_span *slot = &ring->spans[ring->next & (WAITS - 1)];

	slot->begin = begin;
	slot->end = end;
	slot->stage = stage;
	ring->next++;
}

/* Charges [begin, end] to a stage; a helper also remembers it in its ring for those
 * who wait for the helper. `stage` may carry FLUSH. */
#define FLUSH 0x100
VERIFIED_ONCE int charge_part(struct ledger *ledger, struct wait_ring *ring, u64 begin, u64 end,
                              u32 stage)
{
	u32 flush = stage & FLUSH;

	stage &= FLUSH - 1;
	if (!ledger || end <= begin || stage >= IOPATH_STAGE_COUNT)
		return 0;
	if (is_charged(ledger)) {
		charge(ledger, stage, end - begin);
		if (flush)
			ledger->flush_ns += end - begin;
	}
	if (ring)
		keep_span(ring, begin, end, stage | flush);
	return 0;
}

/* Of all that a wait took, `ns` were for no flush: for what else? `helper` ended it, or
 * nobody's ring did. */
VERIFIED_ONCE int sort_wait(struct ledger *ledger, struct wait_ring *helper, u32 kind, u64 ns)
{
	u32 wait = IOPATH_WAIT_data;

	if (!ledger)
		return 0;
	if (ledger->armed & ARMED_COMMIT || kind & NOTE_METADATA)
		wait = IOPATH_WAIT_commit;
	if (helper && helper->commit_begin) {
		wait = IOPATH_WAIT_commit;
		if (helper->commit_begin < ledger->start)
			wait = IOPATH_WAIT_others_commit;
		else if (ledger->commit_seen != helper->commit_begin && helper->served++)
			ledger->merged = 1;
		ledger->commit_seen = helper->commit_begin;
	}
	ledger->wait_ns[wait] += ns;
	return 0;
}

/* Asked for while another was under way, a commit has woken nobody at its beginning: who asked
 * is taken to be whom it serves first. */
static __always_inline void note_first_served(struct wait_ring *ring, struct task_struct *sleeper)
{
	if (ring->first.kind != ASKED_UNSEEN || ring->served != 1)
		return;
	ring->first.kind = ASKED_BY_TASK;
	ring->first.tgid = TASK(sleeper, tgid);
	read_comm((char *)ring->first.comm, sleeper);
}

/* Who is it that wakes a helper? Names cost something: of those who wake journals alone. */
static __always_inline void note_asker(struct wait_ring *ring, struct task_struct *waker,
                                       enum context context)
{
	if (context != IN_TASK) {
		ring->asker.kind = ASKED_BY_TIMER;
		return;
	}
	ring->asker.kind = ASKED_BY_TASK;
	ring->asker.tgid = TASK(waker, tgid);
	if (ring->commit_begin)
		read_comm((char *)ring->asker.comm, waker);
}

/* Without a branch, as the verifier walks every path. */
static __always_inline u64 clamp(u64 value, u64 low, u64 high)
{
	value += (low - value) & -below(value, low);
	return value - ((value - high) & -below(high, value));
}

/* The request's own times split the wait: held back by a limit, not yet issued, with the
 * device, done but nobody told. */
static __always_inline void charge_request(struct ended_wait *wait, const struct request_note *note)
{
	u64 issued = clamp(note->issued, wait->begin, wait->end);
	u64 completed = clamp(note->completed, issued, wait->end);
	u64 admitted = clamp(note->admitted, wait->begin, issued);
	u64 flushed = note->kind & NOTE_FLUSH ? completed - issued : 0;

	charge_part(wait->ledger, wait->ring, wait->begin, admitted, IOPATH_STAGE_throttle);
	charge_part(wait->ledger, wait->ring, admitted, issued, IOPATH_STAGE_block_queue);
	charge_part(wait->ledger, wait->ring, issued, completed,
	            IOPATH_STAGE_device | (note->kind & NOTE_FLUSH ? FLUSH : 0));
	charge_part(wait->ledger, wait->ring, completed, wait->end, IOPATH_STAGE_completion);
	if (wait->ledger->start)
		sort_wait(wait->ledger, NULL, note->kind, wait->end - wait->begin - flushed);
}

/* A packet ended it: on its way until this host took note of it. */
static __always_inline void charge_packet(struct ended_wait *wait, const struct cpu_state *cpu)
{
	u64 arrival = cpu->softirq_arrival;
	u32 stage = cpu->packet_loopback ? IOPATH_STAGE_peer : IOPATH_STAGE_network;

	arrival = arrival ? clamp(arrival, wait->begin, wait->end) : wait->end;
	charge_part(wait->ledger, wait->ring, wait->begin, arrival, stage);
	charge_part(wait->ledger, wait->ring, arrival, wait->end, IOPATH_STAGE_net_rx);
}

/* Of a span of time: what nothing was charged for yet. */
struct uncharged {
	u64 begin;
	u64 end;
	u64 rest;
};

/* The part of it that a helper spent in one of its waits. */
VERIFIED_ONCE int charge_kept_wait(struct ledger *ledger, struct wait_ring *own,
                                   const struct wait_span *kept, struct uncharged *span)
{
	u64 from, to;

	if (!ledger || !kept || !span)
		return 0;
	from = clamp(kept->begin, span->begin, span->end);
	to = clamp(kept->end, span->begin, span->end);
	if (to <= from || to - from > span->rest)
		return 0;
	span->rest -= to - from;
	charge_part(ledger, own, from, to, kept->stage);
	return 0;
}

/* Charges what of [begin, end] a helper spent waiting itself, by its ring; `own` is
 * the sleeper's ring if it is a helper, too. Returns what is left. */
VERIFIED_ONCE u64 charge_helper_waits(struct ledger *ledger, struct wait_ring *own,
                                      const struct wait_ring *ring, u64 begin, u64 end)
{
	struct uncharged span = {.begin = begin, .end = end, .rest = end - begin};

	if (!ledger || !ring)
		return span.rest;
	for (int i = 0; i < WAITS; i++)
		charge_kept_wait(ledger, own, &ring->spans[i], &span);
	return span.rest;
}

/* A helper ended it: what the helper itself waited for meanwhile is what we
 * waited for, the rest is the helper's work. */
static __always_inline void charge_helper(struct ended_wait *wait, struct task_struct *sleeper,
                                          struct task_struct *helper)
{
	struct wait_ring *ring = find_ring(helper);
	u64 flushed = wait->ledger->flush_ns;
	u64 rest = charge_helper_waits(wait->ledger, wait->ring, ring, wait->begin, wait->end);

	if (rest && is_charged(wait->ledger))
		charge(wait->ledger, IOPATH_STAGE_helper, rest);
	if (!wait->ledger->start)
		return;
	sort_wait(wait->ledger, ring, 0,
	          wait->end - wait->begin - (wait->ledger->flush_ns - flushed));
	if (ring && ring->commit_begin > wait->ledger->start)
		note_first_served(ring, sleeper);
	if (rest)
		note_via(wait->ledger, IOPATH_STAGE_helper, rest);
}

/* All of it to one stage; `named`: the waker's name says something. */
static __always_inline void charge_whole(struct ended_wait *wait, u32 stage, bool named)
{
	u64 ns = wait->end - wait->begin;

	if (!ns || !is_charged(wait->ledger))
		return;
	charge(wait->ledger, stage, ns);
	if (named && wait->ledger->start)
		note_via(wait->ledger, stage, ns);
}

/* Dirty page limits, told apart from those of the block layer. */
static __always_inline void charge_dirty(struct ended_wait *wait)
{
	if (wait->ledger->start)
		wait->ledger->dirty_ns += wait->end - wait->begin;
	charge_whole(wait, IOPATH_STAGE_throttle, false);
}

static __always_inline bool is_file_like(const struct ledger *ledger)
{
	return ledger->place.target == IOPATH_TARGET_file ||
	       ledger->place.target == IOPATH_TARGET_blockdev;
}

/* Another task of this host ended it: the other end, or one that held the file. */
static __always_inline u32 peer_stage(const struct ledger *ledger)
{
	if (is_file_like(ledger) && !(ledger->place.file_flags & FILE_WAITS_FOR_PEER))
		return IOPATH_STAGE_lock;
	return IOPATH_STAGE_peer;
}

static __always_inline void charge_peer(struct ended_wait *wait, struct task_struct *sleeper)
{
	struct ledger *ledger = wait->ledger;
	u32 stage = peer_stage(ledger);
	u64 ns = wait->end - wait->begin;

	charge_whole(wait, stage, true);
	if (!ledger->start || stage != IOPATH_STAGE_lock)
		return;
	if (ledger->armed & ARMED_COMMIT) /* it is the other's commit */
		ledger->wait_ns[IOPATH_WAIT_others_commit] += ns;
	note_sleep(ledger, sleeper, ns);
}

/* Ended by an interrupt that completed no request. */
static __always_inline u32 interrupt_stage(const struct ledger *ledger, const struct cpu_state *cpu)
{
	if (cpu->hard_kind == HARDIRQ_TIMER)
		return IOPATH_STAGE_timer;
	if (!cpu->hard_kind) {
		u32 vector = cpu->soft_vector - 1;

		if (vector == 1 || vector == 8) /* TIMER_SOFTIRQ, HRTIMER_SOFTIRQ */
			return IOPATH_STAGE_timer;
		if (vector == 2 || vector == 3) /* NET_TX_SOFTIRQ, NET_RX_SOFTIRQ */
			return cpu->packet_loopback ? IOPATH_STAGE_peer : IOPATH_STAGE_network;
	}
	return IOPATH_STAGE_other;
}

/* Ended while the thread had no request yet. Tags come free as requests complete; those whom
 * a timer wakes, or who are known to be in its hands, waited for a limit. */
static __always_inline u32 request_stage(const struct ledger *ledger, const struct cpu_state *cpu,
                                         const struct request_note *note)
{
	if (ledger->armed & ARMED_LIMIT ||
	    (!note->completed && interrupt_stage(ledger, cpu) == IOPATH_STAGE_timer))
		return IOPATH_STAGE_throttle;
	return IOPATH_STAGE_block_queue;
}

/* In task context only threaded NAPI counts: a helper that polls. */
static __always_inline bool packet_at_hand(const struct cpu_state *cpu, enum context context,
                                           struct task_struct *waker)
{
	if (cpu->packet_context != 1 + context)
		return false;
	return context != IN_TASK || (cpu->packet_pid == TASK(waker, pid) && is_helper(waker));
}

/* Charges the wait that `waker` (current) ends, by its cause. */
static __always_inline void charge_wait(struct ended_wait *wait, struct task_struct *sleeper,
                                        struct task_struct *waker, struct cpu_state *cpu)
{
	enum context context = current_context(cpu);
	const struct request_note *note = &cpu->request[context];
	struct ledger *ledger = wait->ledger;
	u32 armed = ledger->armed, waker_pid = TASK(waker, pid);

	if (armed & ARMED_THROTTLE)
		charge_dirty(wait);
	else if (armed & ARMED_RECLAIM)
		charge_whole(wait, IOPATH_STAGE_reclaim, false);
	else if (ledger->blocking_lock)
		charge_whole(wait, IOPATH_STAGE_lock, context == IN_TASK);
	else if (armed & ARMED_REQUEST)
		charge_part(wait->ledger, wait->ring, wait->begin, wait->end,
		            request_stage(ledger, cpu, note));
	else if (note->completed > wait->begin && (context != IN_TASK || note->pid == waker_pid))
		charge_request(wait, note);
	else if (armed & ARMED_INTERRUPTIBLE && signal_pending(sleeper))
		charge_whole(wait, IOPATH_STAGE_other, false);
	else if (wait->file_lock) /* also where a lease's time is up */
		charge_whole(wait, IOPATH_STAGE_lock, context == IN_TASK);
	else if (packet_at_hand(cpu, context, waker))
		charge_packet(wait, cpu);
	else if (context != IN_TASK)
		charge_whole(wait, interrupt_stage(ledger, cpu), false);
	else if (!waker_pid) /* the idle task wakes nobody of its own accord */
		charge_whole(wait, IOPATH_STAGE_other, false);
	else if (is_helper(waker) && !(ledger->place.file_flags & FILE_WAITS_FOR_PEER))
		charge_helper(wait, sleeper, waker);
	else
		charge_peer(wait, sleeper);
}

#endif
