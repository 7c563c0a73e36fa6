/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BPF programs and the collector agree on: ids, configuration, map
 * keys and values. Times are nanoseconds of CLOCK_MONOTONIC unless said. */
#ifndef IOPATH_H
#define IOPATH_H

#include "buckets.h"
#include "words.h"

#ifdef __bpf__
typedef __u8 iop_u8;
typedef __u16 iop_u16;
typedef __u32 iop_u32;
typedef __u64 iop_u64;
#else
#include <stdint.h>
typedef uint8_t iop_u8;
typedef uint16_t iop_u16;
typedef uint32_t iop_u32;
typedef uint64_t iop_u64;
#endif

#define IOPATH_ID(id, word)           IOPATH_##id,
#define IOPATH_OP_ID(id, word)        IOPATH_OP_##id,
#define IOPATH_TARGET_ID(id, word)    IOPATH_TARGET_##id,
#define IOPATH_STAGE_ID(id, word)     IOPATH_STAGE_##id,
#define IOPATH_LOSS_ID(id, word)      IOPATH_LOSS_##id,
#define IOPATH_INTERFACE_ID(id, word) IOPATH_INTERFACE_##id,
#define IOPATH_PUNT_ID(id, word)      IOPATH_PUNT_##id,
#define IOPATH_WAIT_ID(id, word)      IOPATH_WAIT_##id,
#define IOPATH_RECLAIM_ID(id, word)   IOPATH_RECLAIM_##id,
enum iopath_op { IOPATH_OPS(IOPATH_OP_ID) IOPATH_OP_COUNT };
enum iopath_target { IOPATH_TARGETS(IOPATH_TARGET_ID) IOPATH_TARGET_COUNT };
enum iopath_stage { IOPATH_STAGES(IOPATH_STAGE_ID) IOPATH_STAGE_COUNT };
enum iopath_wait { IOPATH_WAITS(IOPATH_WAIT_ID) IOPATH_WAIT_COUNT };
enum iopath_loss { IOPATH_LOSSES(IOPATH_LOSS_ID) IOPATH_LOSS_COUNT };
enum iopath_interface { IOPATH_INTERFACES(IOPATH_INTERFACE_ID) IOPATH_INTERFACE_COUNT };
enum iopath_punt { IOPATH_PUNTS(IOPATH_PUNT_ID) IOPATH_PUNT_COUNT };
enum iopath_reclaim { IOPATH_RECLAIMS(IOPATH_RECLAIM_ID) IOPATH_RECLAIM_COUNT };

#define IOPATH_COMM           16
#define IOPATH_NO_PEER_TARGET 0xff

/* ---- system calls ------------------------------------------------------ */

#define IOPATH_SYSCALLS 512

/* Where a system call names its file. */
enum iopath_file_arg {
	IOPATH_FILE_PATH,        /* by a path: file system and device unknown */
	IOPATH_FILE_FD,          /* descriptor in `fd` */
	IOPATH_FILE_RETURN,      /* the descriptor it returns */
	IOPATH_FILE_EMPTY_PATH,  /* descriptor in `fd` if argument `other` has AT_EMPTY_PATH */
	IOPATH_FILE_NULL_PATH,   /* descriptor in `fd` if argument `other` is NULL */
	IOPATH_FILE_BOTH,        /* descriptors in `fd` (output) and `other` (input) */
	IOPATH_FILE_FCNTL,       /* descriptor in `fd`; an operation only for waiting locks */
	IOPATH_FILE_NOT_FOLLOWED /* no operation, but others come by it: `fd` is the counter's index
	                          */
};

#define IOPATH_SYSCALL_KNOWN  1  /* a call we look at; a number without is skipped at once */
#define IOPATH_SYSCALL_BYTES  2  /* a positive return value is bytes */
#define IOPATH_SYSCALL_LOST   4  /* an operation we cannot follow: counts as loss `compat` */
#define IOPATH_SYSCALL_NAMING 3  /* three bits from here on: enum iopath_naming */
#define IOPATH_SYSCALL_TWICE  64 /* names another path behind the first, in the same way */

/* Where a call that failed has the name of what it failed on. */
enum iopath_naming {
	IOPATH_NAMING_NOTHING,
	IOPATH_NAMING_FD,     /* the descriptor in `fd`, or in `other` if that one has no name */
	IOPATH_NAMING_PATH_0, /* a path in argument 0 */
	IOPATH_NAMING_PATH_1,
	IOPATH_NAMING_AT_0, /* a path in argument 1, beginning at the directory of descriptor 0 */
	IOPATH_NAMING_AT_1,
	IOPATH_NAMING_ADDRESS /* a sockaddr in argument 1, its length in 2 */
};

/* `op` of a call that is no operation; others are enum iopath_op. */
#define IOPATH_NO_OP 0xff

/* One system call. Read as one word where it counts: hence the alignment. */
struct iopath_syscall {
	iop_u8 op;
	iop_u8 file;  /* enum iopath_file_arg */
	iop_u8 args;  /* fd | other << 4 */
	iop_u8 flags; /* IOPATH_SYSCALL_*, with an enum iopath_naming */
} __attribute__((aligned(4)));

/* The calls of one number, by the two ways a thread can mean it. */
struct iopath_syscall_pair {
	struct iopath_syscall native;
	struct iopath_syscall compat; /* 32-bit */
} __attribute__((aligned(8)));

enum iopath_not_followed {
	IOPATH_NOT_FOLLOWED_IO_URING,
	IOPATH_NOT_FOLLOWED_AIO,
	IOPATH_NOT_FOLLOWED_AIO_REAP,
	IOPATH_NOT_FOLLOWED_COUNT = 4 /* a power of two */
};

/* ---- configuration (read-only data of every object) --------------------- */

enum iopath_scope {
	IOPATH_SCOPE_SYSTEM,
	IOPATH_SCOPE_COMMAND, /* threads marked, and what they fork */
	IOPATH_SCOPE_PID,     /* threads marked, and threads they start */
	IOPATH_SCOPE_CGROUP   /* asked at each operation */
};

/* What the values of the map scope_pids ask for; also flags of a thread. */
enum iopath_mark {
	IOPATH_MARK_PENDING = 8, /* in scope from its next exec on */
	IOPATH_MARK_MEMBER = 32, /* in scope */
};

enum iopath_by { IOPATH_BY_NOTHING, IOPATH_BY_PROCESS, IOPATH_BY_CGROUP, IOPATH_BY_FILE };

#define IOPATH_FIELD_OF(id, structure, field) iop_u16 id;
struct iopath_fields {
	IOPATH_FIELDS(IOPATH_FIELD_OF)
};
#define IOPATH_NO_FIELD 0xffff

struct iopath_config {
	iop_u32 self_tgid;
	iop_u8 scope;
	iop_u8 by;
	iop_u8 filter_comm; /* 1: only threads whose name is `comm` */
	iop_u8 has_rdonly_cast;
	iop_u8 preemptible;   /* programs on tracepoints are, unless they forbid it */
	iop_u8 has_io_start;  /* an event tells of a request when its submitter is at hand */
	iop_u8 filter_device; /* only operations on what the map wanted_devices has */
	iop_u8 only_op;       /* IOPATH_NO_OP: all */
	iop_u32 disk;         /* only its requests; 0: all */
	iop_u32 page_shift;
	iop_u64 request_ops; /* only these REQ_OP_*, a bit each; 0: all */
	iop_u32 max_rows;
	iop_u32 max_block_rows;
	iop_u32 max_submitters;
	iop_u32 max_files;
	iop_u32 max_file_rows; /* of max_rows: for files with a number of their own */
	iop_u32 pad3;
	iop_u64 cgroup_id; /* with scope cgroup */
	char comm[IOPATH_COMM];
	struct iopath_fields fields;
};

/* Rows are numbered as they are needed: what the map numbers_taken counts, by kind. */
enum iopath_numbered {
	IOPATH_NUMBERED_ROW,
	IOPATH_NUMBERED_BLOCK_ROW,
	IOPATH_NUMBERED_SUBMITTER,
	IOPATH_NUMBERED_FILE,
	IOPATH_NUMBERED_COUNT
};
#define IOPATH_FIRST_FREE_BLOCK_ROW 1 /* row 0 takes what found no room */
#define IOPATH_FIRST_FREE_SUBMITTER 1 /* 0: unknown, no room */
#define IOPATH_MOST_BLOCK_ROWS      0xfffe

/* ---- operations ---------------------------------------------------------- */

/* What rows are told apart by. fs_type: address of the kernel's file_system_type,
 * 0 unknown. dev: kernel dev_t of the file system or block device. */
struct iopath_row_key {
	iop_u64 fs_type;
	iop_u64 scope; /* tgid, cgroup id or number of the file, with --by */
	iop_u32 dev;
	iop_u8 op;
	iop_u8 target;
	iop_u8 peer_target;
	iop_u8 interface; /* enum iopath_interface */
};

struct iopath_row_info {
	struct iopath_row_key key;
	char fs[16];
	char comm[IOPATH_COMM]; /* with --by process */
};

#include "iopath_path.h"
#include "iopath_lookup.h"

/* Pauses for dirty page limits, and what held at their beginning, summed over them; in pages. */
struct iopath_dirty {
	iop_u64 pauses;
	iop_u64 strict; /* of these, where only the device's own limit had been passed */
	iop_u64 dirty;
	iop_u64 limit;
	iop_u64 background;
	iop_u64 device_dirty;
	iop_u64 device_limit;
	iop_u64 rate; /* allowed to the writer, a second */
};

/* One row of one CPU. An operation that did nothing but run counts in `pure`
 * only: its cpu time is its wall time, so no stage histogram is needed for it. */
struct iopath_row {
	iop_u64 pure_ns;
	iop_u64 bytes;
	iop_u64 max_ns;
	iop_u64 errors;
	iop_u64 would_block;
	iop_u64 interrupted;
	iop_u64 mixed_ns;
	iop_u64 imbalanced;
	iop_u64 residual_ns;
	iop_u64 voluntary;
	iop_u64 involuntary;
	iop_u64 flush_ns;
	iop_u64 dirty_ns;                   /* of stage throttle: by dirty page limits */
	iop_u64 wait_ns[IOPATH_WAIT_COUNT]; /* less flush_ns */
	iop_u64 merged; /* operations that shared a commit with an earlier one */
	struct iopath_lookups lookups;
	/* Of the page cache, by reads: */
	iop_u64 pages_asked;
	iop_u64 pages_missed; /* of those, which the operation had to bring in itself */
	iop_u64 pages_added;  /* those, and what it brought in beyond what it was asked for */
	iop_u64 pages_again;  /* of the added, which had been there and had been dropped */
	struct iopath_dirty dirty;
	iop_u64 reclaims[IOPATH_RECLAIM_COUNT];
	iop_u64 stage_ns[IOPATH_STAGE_COUNT]; /* of the mixed ones */
	iop_u64 pure[IOPATH_BUCKETS];
	iop_u64 mixed[IOPATH_BUCKETS];
};

/* The row of operations that are not looked at. */
#define IOPATH_UNWANTED_ROW 0xffff

/* Row 1 + op takes what found no room of its own; row 0 is never used. */
#define IOPATH_FIRST_FREE_ROW (1 + IOPATH_OP_COUNT)

/* Sparse stage histograms: key of one counter. */
#define IOPATH_STAGE_KEY(row, stage, bucket) ((iop_u32)(row) << 16 | (stage) << 8 | (bucket))

struct iopath_via_key {
	iop_u32 row;
	iop_u32 stage;
	char comm[IOPATH_COMM];
};

struct iopath_top_key {
	iop_u32 tgid;
	iop_u32 row;
};

struct iopath_top {
	iop_u64 ns;
	char comm[IOPATH_COMM];
};

/* ---- layers behind -------------------------------------------------------- */

/* Durations of one kind of event; of an interrupt written by its CPU alone. */
struct iopath_latency {
	iop_u64 ns;
	iop_u64 max_ns;
	iop_u64 buckets[IOPATH_BUCKETS];
};

#include "iopath_async.h"
#include "iopath_block.h"
#include "iopath_cluster.h"
#include "iopath_cpu.h"
#include "iopath_failure.h"
#include "iopath_helper.h"
#include "iopath_journal.h"
#include "iopath_kernel.h"
#include "iopath_locks.h"
#include "iopath_nvme.h"

/* Small counters of one CPU. */
struct iopath_counters {
	iop_u64 losses[IOPATH_LOSS_COUNT];
	iop_u64 not_followed[IOPATH_NOT_FOLLOWED_COUNT];
};

/* ---- what the task iterator writes, one per thread that has something --- */

enum iopath_task_record_kind {
	IOPATH_TASK_OPEN,         /* an operation is open */
	IOPATH_TASK_BEGUN_BEFORE, /* likewise, begun before we attached */
	IOPATH_TASK_TOP,          /* time of a row not yet in `tops` */
	IOPATH_TASK_MEMBER        /* a live process of the command's scope */
};

struct iopath_task_record {
	iop_u32 kind;
	iop_u32 tgid;
	iop_u32 pid;
	iop_u32 row;     /* 0: unknown */
	iop_u32 syscall; /* of an open operation: its number, | 0x8000 if it is a 32-bit one */
	iop_u32 pad;
	iop_u64 ns; /* open for, or time for `top` */
	char comm[IOPATH_COMM];
	iop_u64 stage_ns[IOPATH_STAGE_COUNT];
};

#endif
