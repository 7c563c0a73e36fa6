/* SPDX-License-Identifier: GPL-2.0-only */
/* The ledger: every nanosecond between two transitions of a thread goes to
 * exactly one stage. */
#ifndef IOPATH_LEDGER_BPF_H
#define IOPATH_LEDGER_BPF_H

#include "threads.bpf.h"
#include "hist.bpf.h"

/* A moment, with what interrupts had taken of this CPU until then. */
struct moment {
	u64 now;
	u64 hard_ns;
	u64 soft_ns;
};

/* Where a span begins: an interrupt between the two readings counts as run time of
 * the span, never as more interrupt time than the span has. */
static __always_inline void read_begin(struct moment *moment, const volatile struct cpu_state *cpu)
{
	moment->now = bpf_ktime_get_ns();
	moment->hard_ns = cpu->hard_ns;
	moment->soft_ns = cpu->soft_ns;
}

/* Where it ends, likewise. */
static __always_inline void read_end(struct moment *moment, const volatile struct cpu_state *cpu)
{
	moment->hard_ns = cpu->hard_ns;
	moment->soft_ns = cpu->soft_ns;
	moment->now = bpf_ktime_get_ns();
}

/* Where one span ends and the next begins: both as of one instant. An interrupt in
 * between moves the counters, and then they are read again. */
static __always_inline void read_moment(struct moment *moment, const volatile struct cpu_state *cpu)
{
	moment->hard_ns = cpu->hard_ns;
	moment->soft_ns = cpu->soft_ns;
	moment->now = bpf_ktime_get_ns();
	if (cpu->hard_ns != moment->hard_ns || cpu->soft_ns != moment->soft_ns) {
		moment->hard_ns = cpu->hard_ns;
		moment->soft_ns = cpu->soft_ns;
		barrier();
		moment->now = bpf_ktime_get_ns();
	}
}

/* end - begin, never below zero. */
static __always_inline u64 span(u64 begin, u64 end)
{
	if (end >= begin)
		return end - begin;
	count_loss(IOPATH_LOSS_clock_back);
	return 0;
}

static __always_inline void charge(struct ledger *ledger, enum iopath_stage stage, u64 ns)
{
	ledger->stage_ns[stage] += ns;
	ledger->touched |= 1U << stage;
}

/* Is its time accounted for: of an operation, or of a kernel thread at work. */
static __always_inline bool is_charged(const struct ledger *ledger)
{
	return ledger->start || ledger->flags & THREAD_WORKING;
}

/* What running means at the moment. */
static __always_inline enum iopath_stage running_stage(const struct ledger *ledger)
{
	if (ledger->spin_lock)
		return IOPATH_STAGE_lock;
	return ledger->armed & ARMED_RECLAIM ? IOPATH_STAGE_reclaim : IOPATH_STAGE_cpu;
}

/* The ledger's last transition. */
static __always_inline struct moment last_transition(const volatile struct ledger *ledger)
{
	return (struct moment){ledger->mark, ledger->hard_ns, ledger->soft_ns};
}

/* The thread ran from `since` until now: interrupts take their part first. */
static __always_inline void charge_run(struct ledger *ledger, const struct moment *since,
                                       const struct moment *moment)
{
	u64 ran = span(since->now, moment->now);
	u64 hard = moment->hard_ns - since->hard_ns;
	u64 soft = moment->soft_ns - since->soft_ns;

	if (hard > ran)
		hard = ran;
	if (soft > ran - hard)
		soft = ran - hard;
	if (ledger->state != RUNNING) {
		/* Its way back to a CPU was not seen: what was run, what waited? */
		ledger->state = RUNNING;
		charge(ledger, IOPATH_STAGE_other, ran);
		count_loss(IOPATH_LOSS_missed_run);
		return;
	}
	if (hard)
		charge(ledger, IOPATH_STAGE_hardirq, hard);
	if (soft)
		charge(ledger, IOPATH_STAGE_softirq, soft);
	charge(ledger, running_stage(ledger), ran - hard - soft);
}

/* Moves the mark, unless the thread has been off the CPU since it was `from`. */
static __always_inline bool move_mark(struct ledger *ledger, u64 from, u64 to)
{
#ifndef IOPATH_UNTYPED /* no compare-and-swap before 5.12 */
	if (config.preemptible)
		return __sync_val_compare_and_swap(&ledger->mark, from, to) == from;
#endif
	if (*(volatile u64 *)&ledger->mark != from)
		return false;
	ledger->mark = to;
	return true;
}

/* Ends the span of the run so far: what is [since, moment] from here on belongs to nobody
 * else. False where the thread was preempted on the way. */
static __always_inline bool end_span(struct ledger *ledger, struct moment *since,
                                     struct moment *moment)
{
	struct cpu_state *cpu = this_cpu();

	*since = last_transition(ledger);
	if (!cpu)
		return false;
	read_moment(moment, cpu);
	*(volatile u64 *)&ledger->hard_ns = moment->hard_ns;
	*(volatile u64 *)&ledger->soft_ns = moment->soft_ns;
	return move_mark(ledger, since->now, moment->now);
}

/* Charges the run so far, so that what follows can go to another stage. The span is taken
 * first: a switch in the midst of this would charge it again. */
static __always_inline void turn_page(struct ledger *ledger)
{
	struct moment since, moment;

	if (end_span(ledger, &since, &moment) || end_span(ledger, &since, &moment))
		charge_run(ledger, &since, &moment);
}

/* The ledger of the current thread, if it has an operation open and is not
 * merely under an interrupt that has nothing to do with it. */
static __always_inline struct ledger *open_ledger_of_current(void)
{
	struct cpu_state *cpu = this_cpu();
	struct ledger *ledger;

	if (!cpu || current_context(cpu) != IN_TASK)
		return NULL;
	ledger = find_ledger(current_task());
	return ledger && ledger->start ? ledger : NULL;
}

/* This CPU's part of it. NULL for what is no operation, or whose row is known at its end only. */
static __always_inline struct iopath_row *row_of_operation(const struct ledger *ledger)
{
	u32 row = ledger ? ledger->place.row : 0;

	return row ? bpf_map_lookup_elem(&rows, &row) : NULL;
}

#endif
