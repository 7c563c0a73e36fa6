/* SPDX-License-Identifier: GPL-2.0-only */
/* What failed, on which path: looked at when a call has returned an error, never before. */
#ifndef IOPATH_FAILURES_BPF_H
#define IOPATH_FAILURES_BPF_H

#include "call_names.bpf.h"
#include "maps_failure.bpf.h"
#include "scope.bpf.h"

/* A failure that found no place of its own. */
static __always_inline void count_beyond(u32 op, u32 error)
{
	struct iopath_failures_beyond *beyond;
	u32 zero = 0;

	count_loss(IOPATH_LOSS_detail_full);
	beyond = bpf_map_lookup_elem(&failures_beyond, &zero);
	if (error >= IOPATH_FAILURE_ERRORS)
		error = 0;
	if (beyond && op < IOPATH_OP_COUNT)
		__sync_fetch_and_add(&beyond->count[op * IOPATH_FAILURE_ERRORS + error], 1);
}

/* The key in the making: of what, of whom. */
static __always_inline void begin_failure(struct call_work *work, struct path_walk *walk, u32 tgid,
                                          u32 row, u32 error)
{
	forget_name(work, walk);
	work->key.tgid = tgid;
	work->key.row = row;
	work->key.error = error;
}

/* One that has no place yet gets that in the making. */
static __always_inline struct iopath_failure *enter_failure(struct call_work *work)
{
	bpf_map_update_elem(&failures, &work->key, &work->failure, BPF_NOEXIST);
	return bpf_map_lookup_elem(&failures, &work->key);
}

/* `known`: NULL where there was no room. */
static __always_inline void count_one(struct iopath_failure *known, u32 op, u32 error, u64 ns)
{
	if (!known) {
		count_beyond(op, error);
		return;
	}
	__sync_fetch_and_add(&known->count, 1);
	__sync_fetch_and_add(&known->ns, ns);
}

/* Of what the key in the making says, another one that took `ns`. `own`: the current thread's
 * process did it. */
static __always_inline int add_failure(u32 op, u64 ns, u32 own)
{
	struct call_work *work = this_call();
	struct task_struct *task = current_task();
	struct path_walk *walk = this_walk();
	struct iopath_failure *known;

	if (!work || !walk)
		return 0;
	known = bpf_map_lookup_elem(&failures, &work->key);
	if (!known) {
		walk_from_beginning();
		keep_names(&work->failure.names, walk);
		__builtin_memset(work->failure.comm, 0, sizeof(work->failure.comm));
		if (own)
			read_comm(work->failure.comm, named_task(task));
		known = enter_failure(work);
	}
	count_one(known, op, work->key.error, ns);
	return 0;
}

/* The current thread's operation has failed after `ns`. */
__noinline int count_failure(u32 row, u32 op, u32 error, u64 ns)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();

	if (!work || !walk)
		return 0;
	begin_failure(work, walk, TASK(current_task(), tgid), row, error);
	name_call();
	return add_failure(op, ns, 1);
}

#endif
