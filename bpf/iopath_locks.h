/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks of files; part of iopath.h. */
#ifndef IOPATH_LOCKS_H
#define IOPATH_LOCKS_H

#define IOPATH_LOCK_END (~0ULL >> 1) /* `end` of a lock that goes to the end of the file */

enum iopath_lock_type {
	IOPATH_LOCK_POSIX,
	IOPATH_LOCK_FLOCK,
	IOPATH_LOCK_OFD,
	IOPATH_LOCK_LEASE,
	IOPATH_LOCK_TYPES
};

/* One process that waited for another one's lock. */
struct iopath_file_lock_key {
	iop_u64 inode;
	iop_u64 start; /* the range asked for, in bytes, `end` included */
	iop_u64 end;
	iop_u32 dev; /* kernel dev_t of the file system */
	iop_u32 waiter;
	iop_u32 holder; /* 0: unknown */
	iop_u8 exclusive;
	iop_u8 type; /* enum iopath_lock_type */
	iop_u16 pad;
};

struct iopath_file_lock {
	iop_u64 waits; /* calls that waited for this holder, those that still wait not among them */
	iop_u64 ns;
	iop_u64 max_ns; /* of what one call waited for this holder without a break */
	char waiter[IOPATH_COMM];
	char holder[IOPATH_COMM]; /* empty: not seen at work */
};

/* A call that waits, by the id of its thread. */
struct iopath_lock_wait {
	struct iopath_file_lock_key key; /* its holder as the lock itself names it */
	iop_u64 begin;
	iop_u64 operation; /* when the operation began */
	char comm[IOPATH_COMM];
};

struct iopath_locked_file_key {
	iop_u64 inode;
	iop_u32 dev;
	iop_u32 pad;
};

/* Who holds a lock of a file that others wait for, since when. */
struct iopath_lock_hold {
	iop_u64 since; /* 0: free */
	iop_u64 start;
	iop_u64 end;
	iop_u32 pid;
	iop_u32 exclusive;
	char comm[IOPATH_COMM]; /* empty: not seen at work yet */
};

#define IOPATH_LOCK_HOLDS 8 /* a power of two */
struct iopath_locked_file {
	struct iopath_names names; /* as who first waited for it sees them; none: it has no path */
	struct iopath_lock_hold holds[IOPATH_LOCK_HOLDS];
	iop_u32 next; /* entry of `holds` */
	iop_u32 pad;
};

/* Kernel locks that operations waited for. The callers: the lock's own functions come
 * first, then who asked for it. */
#define IOPATH_LOCK_CALLERS 8
#define IOPATH_LOCK_SLEEP   (1U << 31) /* in `flags`: no event told of it */
struct iopath_kernel_lock {
	iop_u64 callers[IOPATH_LOCK_CALLERS];
	iop_u32 flags; /* LCB_F_* of include/trace/events/lock.h, or IOPATH_LOCK_SLEEP */
	iop_u32 row;   /* of the operation; 0: not known until it ends */
	iop_u64 waits;
	iop_u64 ns; /* of stage lock */
	iop_u64 max_ns;
};

#endif
