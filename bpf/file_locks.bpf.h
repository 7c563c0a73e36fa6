/* SPDX-License-Identifier: GPL-2.0-only */
/* A call has to wait for another's lock of a file. The wait ends in lock_waits.bpf.h. */
#ifndef IOPATH_FILE_LOCKS_BPF_H
#define IOPATH_FILE_LOCKS_BPF_H

#include "compat_locks.bpf.h"
#include "file_holds.bpf.h"
#include "ledger.bpf.h"
#include "paths.bpf.h"

#define MOST_WAITERS_IN_FRONT 32

/* The process whose lock it is that is in the way, behind all who wait for it, too; 0: unknown,
 * or nothing is in the way any more.
 * Takes numbers only, as the next one does: one path for the verifier. */
__noinline u32 holder_of(u64 address)
{
	void *request = (void *)address, *first = lock_blocker(request), *lock = first, *next;
	u32 pid;

	if (!first)
		return 0;
	for (int i = 0; i < MOST_WAITERS_IN_FRONT; i++) {
		next = lock_blocker(lock);
		if (!next)
			break;
		lock = next;
	}
	if (next)
		return 0;
	pid = LOCK_FIELD(lock, pid);
	/* A lock that goes lets its waiters go first: until then it has been there. */
	return lock_blocker(request) == first ? pid : 0;
}

__noinline u32 type_of_lock(u32 flags)
{
	if (flags & FL_FLOCK)
		return IOPATH_LOCK_FLOCK;
	if (flags & (FL_LEASE | FL_DELEG | FL_LAYOUT))
		return IOPATH_LOCK_LEASE;
	return flags & FL_OFDLCK ? IOPATH_LOCK_OFD : IOPATH_LOCK_POSIX;
}

static __always_inline void describe_lock(struct iopath_file_lock_key *key, void *inode,
                                          void *request)
{
	void *sb = READ_FIELD(inode, inode, i_sb);

	key->inode = READ_FIELD(inode, inode, i_ino);
	key->dev = READ_FIELD(sb, super_block, s_dev);
	key->type = type_of_lock(LOCK_FIELD(request, flags));
	key->exclusive = LOCK_FIELD(request, type) == F_WRLCK;
	key->end = IOPATH_LOCK_END;
	if (key->type == IOPATH_LOCK_POSIX || key->type == IOPATH_LOCK_OFD) {
		key->start = lock_start(request);
		key->end = lock_end(request);
	}
}

static __always_inline void read_path(struct iopath_locked_file *into, void *file)
{
	struct path_walk *walk = this_walk();

	if (!walk || !begin_walk(walk, READ_FIELD(file, file, f_path.dentry),
	                         READ_FIELD(file, file, f_path.mnt)))
		return;
	set_walk_root(walk, current_task());
	walk_up(walk);
	keep_names(&into->names, walk);
}

static __always_inline struct iopath_locked_file *
make_locked_file(const struct iopath_file_lock_key *lock, void *request, void *blocker)
{
	struct iopath_locked_file_key key = {.inode = lock->inode, .dev = lock->dev};
	struct iopath_locked_file *known = bpf_map_lookup_elem(&locked_files, &key);
	void *file;
	u32 zero = 0;

	if (known)
		return known;
	known = bpf_map_lookup_elem(&zeroed_locked_file, &zero);
	if (known)
		bpf_map_update_elem(&locked_files, &key, known, BPF_NOEXIST);
	known = bpf_map_lookup_elem(&locked_files, &key);
	if (!known) {
		count_loss(IOPATH_LOSS_detail_full);
		return NULL;
	}
	file = LOCK_FIELD(request, file);
	if (!file) /* who breaks a lease has none yet */
		file = LOCK_FIELD(blocker, file);
	if (file)
		read_path(known, file);
	return known;
}

/* The one whom the lock names may have handed it on, by fork, and be gone: who lets go of it
 * tells. One that was woken for the lock, and did not get it, was no holder. */
static __always_inline void note_holder(struct iopath_locked_file *file,
                                        const struct iopath_lock_wait *wait)
{
	u32 last = last_hold(file, wait);
	struct iopath_lock_hold *hold;

	if (!wait->key.holder)
		return;
	if (last < IOPATH_LOCK_HOLDS) {
		hold = &file->holds[last & (IOPATH_LOCK_HOLDS - 1)];
		if (hold->pid == wait->key.holder)
			return;
		if (hold->pid == wait->key.waiter) {
			hold->pid = wait->key.holder;
			hold->comm[0] = 0;
			return;
		}
	}
	add_hold(file, wait, wait->key.holder, wait->begin);
}

/* `in_the_way`: from 7.x on the event of a lease gives no request but the lease that is in the
 * way. What breaks it is not told there: it is taken for a writer, as it is for a read lease. */
static __always_inline int on_lock_wait(void *inode, void *request, bool in_the_way)
{
	struct ledger *ledger = open_ledger_of_current();
	struct task_struct *task = current_task();
	struct iopath_lock_wait wait = {};
	struct iopath_locked_file *file;
	u32 thread = TASK(task, pid);
	void *blocker;

	if (!ledger)
		return 0;
	blocker = lock_blocker(request);
	in_the_way = in_the_way && !blocker;
	if (!blocker && !in_the_way) /* it has gone meanwhile */
		return 0;
	describe_lock(&wait.key, inode, request);
	wait.key.exclusive |= in_the_way;
	wait.key.waiter = TASK(task, tgid);
	wait.key.holder = in_the_way ? (u32)LOCK_FIELD(request, pid) : holder_of((u64)request);
	wait.operation = ledger->start;
	read_comm(wait.comm, task);
	file = make_locked_file(&wait.key, request, blocker);
	wait.begin = bpf_ktime_get_ns();
	if (file)
		note_holder(file, &wait);
	if (bpf_map_update_elem(&lock_waits, &thread, &wait, BPF_ANY)) {
		count_loss(IOPATH_LOSS_detail_full);
		return 0;
	}
	/* What ends it finds the ledger with more than run time, and so clears this. */
	ledger->touched |= 1U << IOPATH_STAGE_cpu;
	ledger->armed |= ARMED_FILE_LOCK;
	return 0;
}

#endif
