/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose operations are looked at. */
#ifndef IOPATH_SCOPE_BPF_H
#define IOPATH_SCOPE_BPF_H

#include "threads.bpf.h"

/* Flags of a thread whose record has just been made. */
static __always_inline u8 first_flags(struct task_struct *task)
{
	u8 flags = THREAD_KNOWN;

	if (TASK(task, tgid) == config.self_tgid)
		return flags | THREAD_SELF;
	if (is_helper(task))
		flags |= THREAD_HELPER | (TASK(task, flags) & PF_KTHREAD ? THREAD_KERNEL : 0);
	if (config.scope == IOPATH_SCOPE_SYSTEM && !config.filter_comm)
		flags |= THREAD_IN_SCOPE;
	return flags;
}

/* The thread's ledger, made if it has none; NULL where memory is short. */
static __always_inline struct ledger *make_ledger(struct task_struct *task)
{
	struct ledger *ledger = new_ledger(task);

	if (!ledger)
		return NULL;
	if (!ledger->flags) {
		ledger->flags = first_flags(task);
		if (ledger->flags & THREAD_HELPER)
			new_ring(task);
	}
	return ledger;
}

static __always_inline void mark(struct task_struct *task, u8 flags)
{
	struct ledger *ledger = make_ledger(task);

	if (!ledger || ledger->flags & THREAD_SELF)
		return;
	ledger->flags |= flags;
	if (flags & THREAD_MARKED && !config.filter_comm)
		ledger->flags |= THREAD_IN_SCOPE;
}

/* Marks a thread whose process is on the list. */
static __always_inline void mark_listed(struct task_struct *task)
{
	u32 tgid = TASK(task, tgid);
	u32 *flags = bpf_map_lookup_elem(&scope_pids, &tgid);

	if (flags)
		mark(task, *flags);
}

static __always_inline bool comm_matches(struct task_struct *task)
{
	char comm[IOPATH_COMM] = {};

	if (bpf_probe_read_kernel_str(comm, sizeof(comm), &task->comm) < 0) {
		count_loss(IOPATH_LOSS_read_failed);
		return false;
	}
	return *(u64 *)comm == *(const volatile u64 *)config.comm &&
	       *(u64 *)(comm + 8) == *(const volatile u64 *)(config.comm + 8);
}

/* Scopes that a thread can enter and leave on its own are asked anew at each
 * operation; the others are marks. */
static __always_inline bool scope_is_asked(void)
{
	return config.scope == IOPATH_SCOPE_CGROUP || config.filter_comm;
}

static __always_inline bool ask_scope(struct ledger *ledger, struct task_struct *task)
{
	bool in = config.scope == IOPATH_SCOPE_SYSTEM;

	if (ledger->flags & THREAD_SELF)
		return false;
	if (config.scope == IOPATH_SCOPE_CGROUP)
		in = bpf_current_task_under_cgroup(&scope_cgroup, 0) == 1;
	else if (config.scope != IOPATH_SCOPE_SYSTEM)
		in = ledger->flags & THREAD_MARKED;
	if (in && config.filter_comm)
		in = comm_matches(task);
	if (in)
		ledger->flags |= THREAD_IN_SCOPE;
	else
		ledger->flags &= ~THREAD_IN_SCOPE;
	return in;
}

/* Workers of io_uring and the threads that poll its queues are never forked as threads are,
 * and their names are numbers: they belong to the scope of their process, and bear its name. */
static __always_inline struct task_struct *named_task(struct task_struct *task)
{
	if (TASK(task, flags) & PF_IO_WORKER)
		return READ_FIELD(task, task_struct, group_leader);
	return task;
}

static __always_inline struct ledger *marked_ledger(struct task_struct *task)
{
	if (TASK(task, flags) & PF_IO_WORKER)
		return find_ledger(TASK(task, group_leader));
	return find_ledger(task);
}

/* Does the current thread act for a process that is looked at? */
static __always_inline bool process_in_scope(struct task_struct *task)
{
	struct ledger *ledger;

	if (TASK(task, tgid) == config.self_tgid)
		return false;
	if (config.scope == IOPATH_SCOPE_CGROUP) {
		if (bpf_current_task_under_cgroup(&scope_cgroup, 0) != 1)
			return false;
	} else if (config.scope != IOPATH_SCOPE_SYSTEM) {
		ledger = marked_ledger(task);
		if (!ledger || !(ledger->flags & THREAD_MARKED))
			return false;
	}
	return !config.filter_comm || comm_matches(named_task(task));
}

/* The ledger of the current thread if its operations are looked at. */
static __always_inline struct ledger *ledger_in_scope(struct task_struct *task)
{
	struct ledger *ledger;

	if (config.scope == IOPATH_SCOPE_SYSTEM || config.scope == IOPATH_SCOPE_CGROUP)
		ledger = make_ledger(task);
	else
		ledger = find_ledger(task);
	if (!ledger) {
#ifdef IOPATH_UNTYPED
		/* Without BTF no task iterator has marked what was there before. */
		if (config.scope == IOPATH_SCOPE_PID)
			mark_listed(task);
#endif
		return NULL;
	}
	if (scope_is_asked())
		return ask_scope(ledger, task) ? ledger : NULL;
	return ledger->flags & THREAD_IN_SCOPE ? ledger : NULL;
}

#endif
