/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps and what they hold inside the kernel. Every object names these, each a descriptor; those
 * that few need are in files of their own. The loader makes all of them once, from maps.bpf.c, and
 * hands them to the others. */
#ifndef IOPATH_MAPS_BPF_H
#define IOPATH_MAPS_BPF_H

#include "async_thread.bpf.h"
#include <bpf/bpf_helpers.h>
#include "iopath.h"

/* Contexts in which a wake-up can happen; the higher interrupts the lower. */
enum context { IN_TASK, IN_SOFTIRQ, IN_HARDIRQ, CONTEXTS };

/* What the hard interrupt at hand is. */
enum hardirq_kind { NO_HARDIRQ, HARDIRQ_DEVICE, HARDIRQ_TIMER, HARDIRQ_OTHER };

/* A request just completed in this context: who is woken next waited for it. */
struct request_note {
	u64 admitted;  /* let through by a limit that had held it back; 0: none had */
	u64 issued;    /* 0: not seen */
	u64 completed; /* 0: no note */
	u32 pid;       /* of the thread, for context task */
	u32 kind;      /* enum note_kind */
};

enum note_kind {
	NOTE_FLUSH = 1,   /* a flush, or a write with one */
	NOTE_METADATA = 2 /* a write of the file system's own, not of what users wrote */
};

/* One CPU. hard_ns and soft_ns only grow and exclude each other. */
struct cpu_state {
	u64 hard_ns;
	u64 soft_ns;
	u64 hard_start;
	u64 soft_start;
	u32 hard_kind;               /* enum hardirq_kind */
	u32 soft_vector;             /* 1 + vector, 0: none */
	u64 raised[IOPATH_SOFTIRQS]; /* first raise since the last run, 0: none */
	u64 softirq_arrival;         /* when the running softirq had been raised, 0: unknown */
	struct request_note request[CONTEXTS];
	/* A packet being delivered in this context. */
	u32 packet_context; /* 1 + enum context, 0: none */
	u32 packet_pid;
	u32 packet_loopback;
	u32 bio_pid; /* of the running thread if it is between a bio and its request; | IN_LIMITS */
};

/* Of cpu_state.bio_pid: what ARMED_LIMIT is of a thread that sleeps. */
#define IN_LIMITS 0x80000000u

/* Where a thread is. */
enum thread_state { RUNNING, PREEMPTED, BLOCKED, WOKEN };

enum thread_flags {
	THREAD_KNOWN = 1,    /* record initialised */
	THREAD_IN_SCOPE = 2, /* its operations are looked at */
	THREAD_HELPER = 4,   /* its waits are kept for those who wait for it */
	THREAD_PENDING = IOPATH_MARK_PENDING,
	THREAD_SELF = 16,                   /* iopath's own */
	THREAD_MARKED = IOPATH_MARK_MEMBER, /* --comm may still leave it out */
	THREAD_KERNEL = 64,                 /* a helper that has no operations of its own */
	THREAD_WORKING = 128,               /* such a one, and it does not wait for work */
};

/* What a coming block is charged to, whoever ends it. */
enum armed {
	ARMED_THROTTLE = 1,      /* balance_dirty_pages is about to pause it */
	ARMED_RECLAIM = 2,       /* between begin and end of direct reclaim or compaction */
	ARMED_REQUEST = 4,       /* between a bio and its request */
	ARMED_INTERRUPTIBLE = 8, /* the block in progress can be cut by a signal */
	ARMED_LIMIT = 16,        /* of ARMED_REQUEST: in the hands of iocost, iolatency or wbt */
	ARMED_FILE_LOCK = 32,    /* another's lock of a file is in the way */
	ARMED_COMMIT = 64        /* its data are written: from here on it waits for a commit */
};

enum file_flags {
	FILE_WAITS_FOR_PEER = 1 /* tty, FUSE: whoever wakes its reader stands for the other end */
};

/* Where an operation is counted, and what it is about. */
struct row_place {
	u16 row;       /* 0: not known yet */
	u8 file_flags; /* enum file_flags */
	u8 target;     /* enum iopath_target */
} __attribute__((aligned(4)));

/* What rows need to know of a file, and nothing that outlives the call: two
 * files with equal identities belong to the same row. */
struct file_identity {
	u64 fs_type; /* regular files and directories */
	u32 dev;     /* of the file system; the device's own of block and character devices */
	/* S_IFMT bits << 8 | family and type of a socket, or, with --by file, the number of any
	 * other file; 0: no file */
	u32 kind;
};

/* What the thread last did with each op: the row it belongs to, found again
 * without a dictionary, and the time not yet added to `top`. */
struct row_cache {
	u64 fs_type;
	u64 scope;
	u64 top_ns;
	u32 dev;
	u32 kind; /* see resolve.bpf.h */
	struct row_place place;
	u32 pad;
};

/* Whom the open operation waited for; of a few only, the first. */
#define WAITED_FOR 3
struct waited_for {
	u64 comm[IOPATH_COMM / sizeof(u64)];
	u64 ns; /* 0: free */
	u32 stage;
	u32 pad;
};

/* Kernel locks that the open operation waited for; of a few only, the first. */
#define WAITED_LOCKS 6
struct waited_lock {
	u64 site; /* key of kernel_locks; 0: free */
	u64 ns;
	u64 max_ns;
	u64 waits;
};

/* Pages of the operation that began at `operation`. */
struct cache_use {
	u64 operation;
	u64 asked;
	u64 asked_end; /* those below it are among them */
	/* Brought in since it last got pages: between these two, so many. */
	u64 first;
	u64 end;
	u64 added;
	/* What it is about to read where that is known beforehand: pages, and a byte of the file.
	 */
	u64 wanted;
	u64 wanted_end; /* 0: not known */
	u64 position;
	u64 folio; /* the last that it brought in; as an address only */
};

/* Pages brought in while nobody can tell for which of several requests of io_uring: the next of
 * this file's to end counts them. */
struct cache_rest {
	u64 mapping; /* as an address only */
	struct iopath_async_pages pages;
};

/* Names that the operation which began at `operation` did not find in the dentry cache. */
struct name_search {
	u64 operation;
	u64 begin; /* of the search at hand, 0: none */
	/* Of that; as addresses only. */
	u64 parent;
	u64 name;
	u64 sb;
	u64 device_ns; /* of stage device before it */
	u64 reads;
	u64 read_bytes;
	struct iopath_lookups sum;
};

/* One for each op of system calls, and one for the faults of mapped files. */
#define FAULT_CACHE IOPATH_OP_COUNT
#define ROW_CACHES  (IOPATH_OP_COUNT + 1)

/* One thread: the ledger of its open operation, and where it is. What an operation
 * that only runs needs comes first, in one cache line. */
struct ledger {
	u64 start;   /* of the open operation, 0: none */
	u64 mark;    /* last transition */
	u64 hard_ns; /* this CPU's counters at `mark` */
	u64 soft_ns;
	struct row_place place;
	u16 syscall;       /* number | COMPAT_CALL */
	u8 state;          /* enum thread_state */
	u8 flags;          /* enum thread_flags */
	u32 touched;       /* stages other than the cpu time since `mark` */
	u32 armed;         /* enum armed */
	u32 depth;         /* of a function that calls itself */
	u64 waking;        /* woken since it last ran, 0: no */
	u64 spin_lock;     /* address of the lock it spins for */
	u64 blocking_lock; /* address of the lock it blocks on */
	u64 entry_stack;   /* stack pointer at a function's entry, 0: not known */
	struct async_thread async;
	u32 voluntary;
	u32 involuntary;
	u64 flush_ns;
	u64 dirty_ns;        /* of stage throttle: by dirty page limits */
	u64 contended;       /* address of the kernel lock that is waited for */
	u64 contention_site; /* key of kernel_locks */
	u64 contention_ns;   /* of stage lock before that wait */
	u32 lock_holder;     /* 1 + whom a wait for a file's lock was last counted for; 0: none */
	u32 cluster_lock;    /* IOPATH_CLUSTER_FLAGS of the one it asks for; 0: none */
	u64 wait_ns[IOPATH_WAIT_COUNT];
	u64 commit_seen; /* when the commit that it waited for last had begun, 0: none */
	u64 merged;      /* it waited for a commit that had served another before */
	struct cache_use pages;
	struct cache_rest rest;
	struct name_search search;
	u64 stage_ns[IOPATH_STAGE_COUNT];
	struct waited_for waited_for[WAITED_FOR];
	struct waited_lock waited_locks[WAITED_LOCKS];
	struct row_cache cache[ROW_CACHES];
};

#define COMPAT_CALL 0x8000

/* Who wakes a helper, and so asks it for something. */
struct asker {
	u32 kind; /* enum asker_kind */
	u32 tgid;
	u64 comm[IOPATH_COMM / sizeof(u64)];
};
enum asker_kind { ASKED_UNSEEN, ASKED_BY_TASK, ASKED_BY_TIMER, ASKED_SEEN };

/* A helper's recent waits, disjoint, each clipped to its own span. */
#define WAITS 16
struct wait_span {
	u64 begin;
	u64 end;
	u32 stage; /* may carry FLUSH */
	u32 pad;
};
/* When a helper's work was waited for: disjoint, ascending. */
#define CLAIMS 4
struct claims {
	u64 ns;    /* claimed since it was last written to the map */
	u64 floor; /* what was before is claimed no more */
	u32 count;
	u32 pad;
	struct claim {
		u64 begin;
		u64 end;
	} spans[CLAIMS];
};

/* What a kernel thread is at. Its stages are in its ledger; all of these sums are since they
 * were last written to the map. */
struct work {
	struct iopath_helper_key key;
	u64 written;
	struct claims by_operations;
	struct claims by_any; /* helpers, too */
};

struct wait_ring {
	u32 next;
	u32 served;   /* operations that waited for the commit at hand, or the last */
	u32 last_dev; /* of the last commit */
	u32 pad;
	u64 commit_begin;   /* of that commit; 0: the thread has made none */
	struct asker asker; /* who woke it last */
	struct asker first; /* of a commit whose asker was not seen: whom it served first */
	struct wait_span spans[WAITS];
	struct work work; /* of kernel threads */
};

/* What threads keep: in the task itself, or, where the kernel has no task storage
 * for tracing programs (before 5.13), in a hash by the task's address. The hash is
 * allocated beforehand: memory asked for at sched_switch could wake kswapd under the
 * run queue's lock. */
#ifdef IOPATH_UNTYPED
#define THREAD_MAP(name, value_type, threads)                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, threads);                                                      \
		__type(key, u64);                                                                  \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

/* Values too large for the stack start as copies of these. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ledger);
} zeroed_ledger SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct wait_ring);
} zeroed_ring SEC(".maps");

/* See forget_values(). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct file_identity);
} identities SEC(".maps");

/* Numbers given away: see take_number(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u32);
} numbers_claimed SEC(".maps");
#else
#define THREAD_MAP(name, value_type, threads)                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE);                                           \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__type(key, int);                                                                  \
		__type(value, value_type);                                                         \
	} name SEC(".maps")
#endif

THREAD_MAP(ledgers, struct ledger, 16384);
THREAD_MAP(wait_rings, struct wait_ring, 4096); /* of helpers */

/* How many rows of each kind are taken. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IOPATH_NUMBERED_COUNT);
	__type(key, u32);
	__type(value, u32);
} numbers_taken SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct cpu_state);
} cpu_states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_counters);
} counters SEC(".maps");

/* Sizes of the next ones are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, struct iopath_row_key);
	__type(value, u32);
} row_dictionary SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, u32);
	__type(value, struct iopath_row_info);
} row_infos SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 512);
	__type(key, u32);
	__type(value, struct iopath_row);
} rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, u64);
} stage_buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct iopath_via_key);
	__type(value, u64);
} vias SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct iopath_top_key);
	__type(value, struct iopath_top);
} tops SEC(".maps");

/* Allocated beforehand: an interrupt finds no memory for a value of this size. The
 * loader sets its size, too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, struct iopath_irq_key);
	__type(value, struct iopath_latency);
} irqs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_latency);
} zeroed_latency SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IOPATH_SOFTIRQS);
	__type(key, u32);
	__type(value, struct iopath_softirq);
} softirqs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_sched);
} scheduler SEC(".maps");

/* Process ids to mark at the start (scopes command and pid); value: thread_flags. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} scope_pids SEC(".maps");

/* With -d: numbers of the device, its partitions and the file systems on them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} wanted_devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} scope_cgroup SEC(".maps");

#include "maps_block.bpf.h"
#include "maps_locks.bpf.h"

/* ---- small helpers on them ------------------------------------------------ */

static __always_inline struct cpu_state *this_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&cpu_states, &zero);
}

static __always_inline void count_loss(enum iopath_loss reason)
{
	u32 zero = 0;
	struct iopath_counters *all = bpf_map_lookup_elem(&counters, &zero);

	if (all)
		all->losses[reason]++;
}

/* The context that runs on this CPU right now. */
static __always_inline enum context current_context(const struct cpu_state *cpu)
{
	if (cpu->hard_kind)
		return IN_HARDIRQ;
	return cpu->soft_vector ? IN_SOFTIRQ : IN_TASK;
}

#endif
