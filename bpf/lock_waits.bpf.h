/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a wait for another's lock of a file: whoever lets go of it wakes the waiter. */
#ifndef IOPATH_LOCK_WAITS_BPF_H
#define IOPATH_LOCK_WAITS_BPF_H

#include "file_holds.bpf.h"
#include "ledger.bpf.h"

static const struct iopath_file_lock fresh_file_lock; /* sched_waking has no stack left for it */

/* Adds a part of the wait to what its process waited for one holder. */
VERIFIED_ONCE int count_lock_wait(struct ledger *ledger, const struct iopath_lock_wait *wait,
                                  const struct iopath_lock_hold *by, u64 ns)
{
	struct iopath_file_lock *known;
	struct iopath_file_lock_key key;

	if (!ledger || !wait || !by)
		return 0;
	key = wait->key;
	key.holder = by->pid;
	known = bpf_map_lookup_elem(&file_locks, &key);
	if (!known) {
		bpf_map_update_elem(&file_locks, &key, &fresh_file_lock, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&file_locks, &key);
	}
	if (!known) {
		count_loss(IOPATH_LOSS_detail_full);
		return 0;
	}
	__builtin_memcpy(known->waiter, wait->comm, IOPATH_COMM);
	if (by->comm[0])
		__builtin_memcpy(known->holder, by->comm, IOPATH_COMM);
	__sync_fetch_and_add(&known->ns, ns);
	if (ns > known->max_ns)
		known->max_ns = ns;
	/* Woken, and he has it again: still the same wait. */
	if (ledger->lock_holder != by->pid + 1)
		__sync_fetch_and_add(&known->waits, 1);
	ledger->lock_holder = by->pid + 1;
	return 0;
}

/* Splits [begin, end] by who held the lock when; returns where the last one's part begins. */
VERIFIED_ONCE u64 count_earlier_holders(struct ledger *ledger, const struct iopath_lock_wait *wait,
                                        const struct iopath_locked_file *file, u64 begin, u64 end)
{
	struct iopath_lock_hold by = {};
	u32 oldest;

	if (!ledger || !wait || !file)
		return begin;
	oldest = file->next;
	by.pid = wait->key.holder;
	for (u32 i = 0; i < IOPATH_LOCK_HOLDS; i++) {
		const struct iopath_lock_hold *hold =
		    &file->holds[(oldest + i) & (IOPATH_LOCK_HOLDS - 1)];

		if (!(conflicts(hold, &wait->key) & below(hold->since, end)))
			continue;
		if (below(begin, hold->since) & below(0, hold->pid ^ by.pid)) {
			count_lock_wait(ledger, wait, &by, hold->since - begin);
			begin = hold->since;
		}
		by.pid = hold->pid;
		__builtin_memcpy(by.comm, hold->comm, IOPATH_COMM);
	}
	return begin;
}

/* Who let go of it is the last holder, whatever process had asked for it. Then it is the
 * waiter's, or of one that is faster, which the waiter will tell. */
static __always_inline void hand_on(struct iopath_locked_file *file, struct iopath_lock_hold *last,
                                    const struct iopath_lock_wait *wait,
                                    const struct iopath_lock_hold *by, u64 now)
{
	struct iopath_lock_hold *hold;

	if (last) {
		last->pid = by->pid;
		__builtin_memcpy(last->comm, by->comm, IOPATH_COMM);
	}
	hold = add_hold(file, wait, wait->key.waiter, now);
	hold->exclusive = wait->key.exclusive;
	__builtin_memcpy(hold->comm, wait->comm, IOPATH_COMM);
}

/* `thread` sleeps, or was about to, since `begin`. `released`: by the current task, a signal or
 * a timer is no answer. */
VERIFIED_ONCE int end_lock_wait(struct ledger *ledger, u32 thread, u64 begin, u64 end, u32 released)
{
	struct iopath_lock_wait *wait = bpf_map_lookup_elem(&lock_waits, &thread);
	struct task_struct *waker = current_task();
	struct iopath_lock_hold by = {}, *last = NULL;
	struct iopath_locked_file *file;
	u32 number;

	if (!ledger)
		return 0;
	ledger->armed &= ~ARMED_FILE_LOCK;
	if (!wait)
		return 0;
	if (wait->operation == ledger->start && begin <= end) {
		by.pid = wait->key.holder;
		file = find_locked_file(&wait->key);
		if (file) {
			begin = count_earlier_holders(ledger, wait, file, begin, end);
			number = last_hold(file, wait);
			if (number < IOPATH_LOCK_HOLDS) {
				last = &file->holds[number & (IOPATH_LOCK_HOLDS - 1)];
				by.pid = last->pid;
				__builtin_memcpy(by.comm, last->comm, IOPATH_COMM);
			}
		}
		if (released) {
			by.pid = TASK(waker, tgid);
			read_comm(by.comm, waker);
		}
		count_lock_wait(ledger, wait, &by, end - begin);
		if (file && released)
			hand_on(file, last, wait, &by, end);
	}
	bpf_map_delete_elem(&lock_waits, &thread);
	return 0;
}

#endif
