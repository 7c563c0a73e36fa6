// SPDX-License-Identifier: GPL-2.0-only
/* Layer sched: threads leave the CPU, are woken, come back; scopes are inherited. */
#include "lock_waits.bpf.h"
#include "waits.bpf.h"
#include "scope.bpf.h"
#include "work.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline struct iopath_sched *sched_counts(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scheduler, &zero);
}

/* The record of a thread that leaves the CPU: made for everybody in a system
 * scope (waits are measured between operations, too), else for helpers. */
static __always_inline struct ledger *ledger_of_leaving(struct task_struct *task)
{
	struct ledger *ledger = find_ledger(task);

	if (ledger || !TASK(task, pid))
		return ledger;
	if (config.scope == IOPATH_SCOPE_SYSTEM || is_helper(task))
		return make_ledger(task);
	return NULL;
}

static __always_inline void leave(struct ledger *ledger, const struct moment *moment, bool runnable,
                                  u32 state, struct iopath_sched *counts)
{
	if (ledger->flags & THREAD_KERNEL) {
		leave_work(ledger, moment, !runnable && !sleeps_at_work(state));
	} else if (ledger->start) {
		struct moment since = last_transition(ledger);

		charge_run(ledger, &since, moment);
		if (runnable)
			ledger->involuntary++;
		else
			ledger->voluntary++;
	}
	if (ledger->flags & THREAD_IN_SCOPE) {
		if (runnable)
			counts->involuntary++;
		else
			counts->voluntary++;
	}
	if (state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL))
		ledger->armed |= ARMED_INTERRUPTIBLE;
	else
		ledger->armed &= ~ARMED_INTERRUPTIBLE;
	ledger->mark = moment->now;
	ledger->state = runnable ? PREEMPTED : BLOCKED;
}

static __always_inline void count_runqueue(struct iopath_sched *counts, u64 ns)
{
	counts->runqueue_ns += ns;
	if (ns > counts->runqueue_max_ns)
		counts->runqueue_max_ns = ns;
	counts->runqueue[bucket_of(ns) & (IOPATH_BUCKETS - 1)]++;
}

/* Back on a CPU. A block that ends here without its wake-up having been charged
 * was ended before the thread had left (the stamp is older than the block), or
 * by a wake-up that we missed. */
static __always_inline void enter(struct ledger *ledger, struct task_struct *task,
                                  const struct moment *moment, struct iopath_sched *counts)
{
	u64 waited = span(ledger->mark, moment->now);
	bool missed = ledger->state == BLOCKED && !ledger->waking;

	if ((ledger->flags & (THREAD_KERNEL | THREAD_WORKING)) == THREAD_KERNEL && !missed)
		begin_work(ledger, find_ring(task), ledger->mark); /* woken before it had left */
	if (is_charged(ledger)) {
		if (missed) {
			charge(ledger, IOPATH_STAGE_other, waited);
			count_loss(IOPATH_LOSS_missed_run);
		} else if (ledger->state == PREEMPTED) {
			charge(ledger, IOPATH_STAGE_preempted, waited);
		} else {
			charge(ledger, IOPATH_STAGE_runqueue, waited);
		}
	}
	if (ledger->flags & THREAD_IN_SCOPE && !missed)
		count_runqueue(counts, waited);
	ledger->armed &= ~(ARMED_THROTTLE | ARMED_INTERRUPTIBLE);
	ledger->waking = 0;
	ledger->state = RUNNING;
	ledger->mark = moment->now;
	ledger->hard_ns = moment->hard_ns;
	ledger->soft_ns = moment->soft_ns;
}

static __always_inline int on_switch(bool preempt, struct task_struct *prev,
                                     struct task_struct *next, u32 prev_state)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_sched *counts = sched_counts();
	struct ledger *leaving = ledger_of_leaving(prev), *entering = find_ledger(next);
	struct moment moment;
	u32 bio_pid;

	if (!cpu || !counts)
		return 0;
	cpu->hard_kind = NO_HARDIRQ;
	cpu->soft_vector = 0;
	cpu->request[IN_TASK].completed = 0;
	cpu->packet_context = 0;
	bio_pid = cpu->bio_pid;
	cpu->bio_pid = 0;
	if (!leaving) {
		asm volatile("" : "+r"(entering)); /* or clang 19 tests both as one number */
		if (!entering)
			return 0;
	}
	read_moment(&moment, cpu);
	if (leaving && bio_pid && (bio_pid & ~IN_LIMITS) == TASK(prev, pid))
		leaving->armed |= ARMED_REQUEST | (bio_pid & IN_LIMITS ? ARMED_LIMIT : 0);
	if (leaving)
		leave(leaving, &moment, preempt || !prev_state, prev_state, counts);
	if (entering && entering->state != RUNNING)
		enter(entering, next, &moment, counts);
	if (prev_state & TASK_DEAD)
		forget_thread(prev);
	return 0;
}

/* The wait for another's lock of a file ends: by who lets go of it, or by a signal or timer. */
static __always_inline void note_lock_wake(struct ledger *ledger, struct task_struct *sleeper,
                                           u64 now)
{
	struct cpu_state *cpu = this_cpu();
	u64 begin = ledger->state == BLOCKED && ledger->mark < now ? ledger->mark : now;
	bool cut = ledger->armed & ARMED_INTERRUPTIBLE && signal_pending(sleeper);

	if (cpu)
		end_lock_wait(ledger, TASK(sleeper, pid), begin, now,
		              !cut && current_context(cpu) == IN_TASK && TASK(current_task(), pid));
}

/* A kernel thread that a signal could have woken, but a timer has, had made a pause between works
 * (xfsaild). */
static __always_inline bool ended_by_pause(const struct ledger *ledger, const struct cpu_state *cpu)
{
	return ledger->flags & THREAD_WORKING && ledger->armed & ARMED_INTERRUPTIBLE &&
	       interrupt_stage(ledger, cpu) == IOPATH_STAGE_timer;
}

/* Was there something that it could not do without? Helpers also wait for work. */
static __always_inline bool is_wait(const struct ledger *ledger)
{
	if (ledger->flags & THREAD_KERNEL)
		return ledger->flags & THREAD_WORKING;
	return ledger->start || !(ledger->armed & ARMED_INTERRUPTIBLE);
}

/* Charges the wait as soon as it ends; what follows until the thread runs is the
 * run queue's. A thread that has not left the CPU yet keeps the stamp only. */
static __always_inline int on_waking(struct task_struct *sleeper)
{
	struct ledger *ledger = find_ledger(sleeper);
	struct task_struct *waker;
	struct cpu_state *cpu;
	struct ended_wait wait;

	if (!ledger)
		return 0;
	wait.end = bpf_ktime_get_ns();
	ledger->waking = wait.end;
	wait.file_lock = ledger->armed & ARMED_FILE_LOCK;
	if (wait.file_lock)
		note_lock_wake(ledger, sleeper, wait.end);
	if (ledger->state != BLOCKED || wait.end <= ledger->mark)
		return 0;
	wait.begin = ledger->mark;
	wait.ledger = ledger;
	wait.ring = NULL;
	if (ledger->start || ledger->flags & THREAD_HELPER) {
		waker = current_task();
		cpu = this_cpu();
		if (!cpu)
			return 0;
		if (ledger->flags & THREAD_HELPER)
			wait.ring = find_ring(sleeper);
		if (ended_by_pause(ledger, cpu))
			ledger->flags &= ~THREAD_WORKING;
		charge_wait(&wait, sleeper, waker, cpu);
		if (TASK(waker, flags) & PF_KTHREAD && current_context(cpu) == IN_TASK &&
		    is_wait(ledger))
			claim_work(wait.begin, wait.end, !(ledger->flags & THREAD_KERNEL));
		if (wait.ring)
			note_asker(wait.ring, waker, current_context(cpu));
		if ((ledger->flags & (THREAD_KERNEL | THREAD_WORKING)) == THREAD_KERNEL)
			begin_work(ledger, wait.ring, wait.end);
	}
	if (ledger->async.call)
		ledger->async.blocked += wait.end - wait.begin;
	ledger->mark = wait.end;
	ledger->state = WOKEN;
	return 0;
}

static __always_inline int on_migrate(struct task_struct *task)
{
	struct ledger *ledger = find_ledger(task);
	struct iopath_sched *counts = sched_counts();

	if (ledger && counts && ledger->flags & THREAD_IN_SCOPE)
		counts->migrations++;
	return 0;
}

/* ---- scopes ------------------------------------------------------------------ */

/* What a command forks belongs to it, what a process clones belongs to it only
 * as a thread. The parent of a thread may not have been marked yet (the task
 * iterator is still on its way): then its process id tells. */
static __always_inline int on_fork(struct task_struct *parent, struct task_struct *child)
{
	struct ledger *ledger;
	u32 tgid = TASK(parent, tgid);
	bool marked;

	forget_thread(child);
	if (config.scope != IOPATH_SCOPE_COMMAND && config.scope != IOPATH_SCOPE_PID)
		return 0;
	ledger = find_ledger(parent);
	marked = ledger && ledger->flags & THREAD_MARKED;
	if (config.scope == IOPATH_SCOPE_PID) {
		if (TASK(child, tgid) != tgid)
			return 0;
		marked = marked || bpf_map_lookup_elem(&scope_pids, &tgid);
	}
	if (marked)
		mark(child, THREAD_MARKED);
	return 0;
}

/* A program that the kernel starts was a kernel thread. */
static __always_inline void leave_kernel(struct ledger *ledger, struct wait_ring *ring)
{
	if (ring)
		write_work(ledger, &ring->work, bpf_ktime_get_ns());
	ledger->flags &= ~(THREAD_HELPER | THREAD_KERNEL | THREAD_WORKING);
}

static __always_inline int on_exec(struct task_struct *task)
{
	struct ledger *ledger;

#ifdef IOPATH_UNTYPED
	mark_listed(task); /* where no task iterator has */
#endif
	ledger = find_ledger(task);
	if (ledger && ledger->flags & THREAD_KERNEL)
		leave_kernel(ledger, find_ring(task));
	if (ledger && ledger->flags & THREAD_PENDING) {
		ledger->flags &= ~THREAD_PENDING;
		mark(task, THREAD_MARKED);
	}
	return 0;
}

TRACE(sched_switch, sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
      unsigned int prev_state)
{
	return on_switch(preempt, prev, next, prev_state);
}

/* Before 5.18 the event has three arguments, and the state is still in the task. */
VARIANT(sched_switch, sched_switch, 3, bool preempt, struct task_struct *prev,
        struct task_struct *next)
{
	return on_switch(preempt, prev, next, task_state(prev));
}

TRACE(sched_waking, sched_waking, struct task_struct *sleeper)
{
	return on_waking(sleeper);
}

TRACE(sched_migrate_task, sched_migrate, struct task_struct *task)
{
	return on_migrate(task);
}

TRACE(sched_process_fork, process_fork, struct task_struct *parent, struct task_struct *child)
{
	return on_fork(parent, child);
}

TRACE(sched_process_exec, process_exec, struct task_struct *task)
{
	return on_exec(task);
}

SEC("?iter/task")
int mark_scope__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		mark_listed(task);
	return 0;
}
