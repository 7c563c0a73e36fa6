/* SPDX-License-Identifier: GPL-2.0-only */
/* What each thread keeps: its ledger and, of helpers, its recent waits. */
#ifndef IOPATH_THREADS_BPF_H
#define IOPATH_THREADS_BPF_H

#include "compat.bpf.h"

#ifdef IOPATH_UNTYPED

static __always_inline struct ledger *find_ledger(struct task_struct *task)
{
	u64 key = address_of(task);

	return bpf_map_lookup_elem(&ledgers, &key);
}

static __always_inline struct wait_ring *find_ring(struct task_struct *task)
{
	u64 key = address_of(task);

	return bpf_map_lookup_elem(&wait_rings, &key);
}

/* A thread that is past its exit gets no record any more: nobody would take it away. */
static __always_inline struct ledger *new_ledger(struct task_struct *task)
{
	u64 key = address_of(task);
	struct ledger *known = bpf_map_lookup_elem(&ledgers, &key);
	u32 zero = 0;

	if (known || TASK(task, flags) & PF_EXITING)
		return known;
	known = bpf_map_lookup_elem(&zeroed_ledger, &zero);
	if (known)
		bpf_map_update_elem(&ledgers, &key, known, BPF_NOEXIST);
	known = bpf_map_lookup_elem(&ledgers, &key);
	if (!known)
		count_loss(IOPATH_LOSS_no_storage);
	return known;
}

static __always_inline void new_ring(struct task_struct *task)
{
	u64 key = address_of(task);
	struct wait_ring *fresh;
	u32 zero = 0;

	fresh = bpf_map_lookup_elem(&zeroed_ring, &zero);
	if (fresh && bpf_map_update_elem(&wait_rings, &key, fresh, BPF_ANY))
		count_loss(IOPATH_LOSS_detail_full);
}

/* After its last run, and at its beginning: the address may have been another's. */
static __always_inline void forget_thread(struct task_struct *task)
{
	u64 key = address_of(task);

	bpf_map_delete_elem(&ledgers, &key);
	bpf_map_delete_elem(&wait_rings, &key);
}

#else

static __always_inline struct ledger *find_ledger(struct task_struct *task)
{
	return bpf_task_storage_get(&ledgers, task, NULL, 0);
}

static __always_inline struct wait_ring *find_ring(struct task_struct *task)
{
	return bpf_task_storage_get(&wait_rings, task, NULL, 0);
}

static __always_inline struct ledger *new_ledger(struct task_struct *task)
{
	struct ledger *ledger =
	    bpf_task_storage_get(&ledgers, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!ledger)
		count_loss(IOPATH_LOSS_no_storage);
	return ledger;
}

static __always_inline void new_ring(struct task_struct *task)
{
	bpf_task_storage_get(&wait_rings, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* Task storage goes with its task. */
static __always_inline void forget_thread(struct task_struct *task)
{
}

#endif

#endif
