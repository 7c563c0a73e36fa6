/* SPDX-License-Identifier: GPL-2.0-only */
/* Who held the lock of a file while others waited for it. Waiters stand in a queue: most of them
 * see neither who comes before them nor that the lock goes from one to the next. */
#ifndef IOPATH_FILE_HOLDS_BPF_H
#define IOPATH_FILE_HOLDS_BPF_H

#include "compat.bpf.h"
#include "hist.bpf.h"

static __always_inline struct iopath_locked_file *
find_locked_file(const struct iopath_file_lock_key *lock)
{
	struct iopath_locked_file_key key = {.inode = lock->inode, .dev = lock->dev};

	return bpf_map_lookup_elem(&locked_files, &key);
}

/* 1: the two cannot be held at the same time. Without a branch, as the verifier walks every path.
 */
static __always_inline u64 conflicts(const struct iopath_lock_hold *hold,
                                     const struct iopath_file_lock_key *lock)
{
	u64 apart = below(lock->end, hold->start) | below(hold->end, lock->start);

	return (hold->exclusive | lock->exclusive) & below(0, hold->since) & (apart ^ 1);
}

/* The number of the last one that is in the way of `lock`; IOPATH_LOCK_HOLDS: none is known. */
VERIFIED_ONCE u32 last_hold(struct iopath_locked_file *file, const struct iopath_lock_wait *wait)
{
	u32 found = IOPATH_LOCK_HOLDS;
	u64 latest = 0;

	if (!file || !wait)
		return found;
	for (u32 i = 0; i < IOPATH_LOCK_HOLDS; i++) {
		const struct iopath_lock_hold *hold = &file->holds[i];
		u64 later = conflicts(hold, &wait->key) & (below(hold->since, latest) ^ 1);

		latest += (hold->since - latest) & -later;
		found += (i - found) & -(u32)later;
	}
	return found;
}

/* `pid` has the lock that `wait` is about from `since` on. Its name is told by who calls. */
static __always_inline struct iopath_lock_hold *
add_hold(struct iopath_locked_file *file, const struct iopath_lock_wait *wait, u32 pid, u64 since)
{
	struct iopath_lock_hold *hold = &file->holds[file->next++ & (IOPATH_LOCK_HOLDS - 1)];

	hold->since = since;
	hold->start = wait->key.start;
	hold->end = wait->key.end;
	hold->pid = pid;
	/* A reader may be in the way of a writer, and a writer of a reader. */
	hold->exclusive = 1;
	hold->comm[0] = 0;
	return hold;
}

#endif
