/* SPDX-License-Identifier: GPL-2.0-only */
/* A lock of a file: what locks and leases share moved into struct file_lock_core in 6.9. */
#ifndef IOPATH_COMPAT_LOCKS_BPF_H
#define IOPATH_COMPAT_LOCKS_BPF_H

#include "compat.bpf.h"

struct file_lock___before_6_9 {
	struct file_lock___before_6_9 *fl_blocker;
	unsigned int fl_flags;
	unsigned char fl_type;
	int fl_pid;
	struct file *fl_file;
	s64 fl_start;
	s64 fl_end;
} __attribute__((preserve_access_index));

#define LOCK_FIELD(lock, field)                                                                    \
	(bpf_core_type_exists(struct file_lock_core)                                               \
	     ? READ_FIELD(lock, file_lock_core, flc_##field)                                       \
	     : READ_FIELD(lock, file_lock___before_6_9, fl_##field))

/* The lock or the waiting call that is in the way of a waiting one. */
static __always_inline void *lock_blocker(void *lock)
{
	if (bpf_core_type_exists(struct file_lock_core))
		return READ_FIELD(lock, file_lock_core, flc_blocker);
	return READ_FIELD(lock, file_lock___before_6_9, fl_blocker);
}

static __always_inline u64 lock_start(void *lock)
{
	if (bpf_core_type_exists(struct file_lock_core))
		return READ_FIELD(lock, file_lock, fl_start);
	return READ_FIELD(lock, file_lock___before_6_9, fl_start);
}

static __always_inline u64 lock_end(void *lock)
{
	if (bpf_core_type_exists(struct file_lock_core))
		return READ_FIELD(lock, file_lock, fl_end);
	return READ_FIELD(lock, file_lock___before_6_9, fl_end);
}

#endif
