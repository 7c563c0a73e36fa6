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
enum iopath_op { IOPATH_OPS(IOPATH_OP_ID) IOPATH_OP_COUNT };
enum iopath_target { IOPATH_TARGETS(IOPATH_TARGET_ID) IOPATH_TARGET_COUNT };
enum iopath_stage { IOPATH_STAGES(IOPATH_STAGE_ID) IOPATH_STAGE_COUNT };
enum iopath_loss { IOPATH_LOSSES(IOPATH_LOSS_ID) IOPATH_LOSS_COUNT };
enum iopath_interface { IOPATH_INTERFACES(IOPATH_INTERFACE_ID) IOPATH_INTERFACE_COUNT };
enum iopath_punt { IOPATH_PUNTS(IOPATH_PUNT_ID) IOPATH_PUNT_COUNT };

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

#define IOPATH_SYSCALL_KNOWN 1 /* a call we look at; a number without is skipped at once */
#define IOPATH_SYSCALL_BYTES 2 /* a positive return value is bytes */
#define IOPATH_SYSCALL_LOST  4 /* an operation we cannot follow: counts as loss `compat` */

/* `op` of a call that is no operation; others are enum iopath_op. */
#define IOPATH_NO_OP 0xff

/* One system call. Read as one word where it counts: hence the alignment. */
struct iopath_syscall {
	iop_u8 op;
	iop_u8 file; /* enum iopath_file_arg */
	iop_u8 args; /* fd | other << 4 */
	iop_u8 flags;
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

enum iopath_by { IOPATH_BY_NOTHING, IOPATH_BY_PROCESS, IOPATH_BY_CGROUP };

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
	iop_u32 pad2;
	iop_u64 request_ops; /* only these REQ_OP_*, a bit each; 0: all */
	iop_u32 max_rows;
	iop_u32 max_block_rows;
	iop_u32 max_submitters;
	iop_u64 cgroup_id; /* with scope cgroup */
	char comm[IOPATH_COMM];
	struct iopath_fields fields;
};

/* Rows are numbered as they are needed: what the map numbers_taken counts, by kind. */
enum iopath_numbered {
	IOPATH_NUMBERED_ROW,
	IOPATH_NUMBERED_BLOCK_ROW,
	IOPATH_NUMBERED_SUBMITTER,
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
	iop_u64 scope; /* tgid or cgroup id, with --by */
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
	iop_u64 dirty_ns;                     /* of stage throttle: by dirty page limits */
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

#define IOPATH_DISK_NAME 32 /* of the kernel's gendisk */

struct iopath_block_key {
	iop_u64 scope; /* with --by: process or cgroup that asked */
	iop_u32 dev;
	iop_u32 op; /* REQ_OP_* of the kernel, or below */
};

struct iopath_block_info {
	struct iopath_block_key key;
	char disk[IOPATH_DISK_NAME]; /* a device that is gone still has a name */
};

/* Of `op`, beside the kernel's: no request, but what requests make up. */
#define IOPATH_BLOCK_SEQUENCE 0x100 /* of preflush, data and postflush */

#define IOPATH_REQUEST_FLAG_ID(id, kernel, word) IOPATH_REQUEST_##id,
enum iopath_request_flag { IOPATH_REQUEST_FLAGS(IOPATH_REQUEST_FLAG_ID) IOPATH_REQUEST_FLAG_COUNT };

/* Sizes by powers of two: bucket 0 has no data, i up to 2^(i + 8) bytes. */
#define IOPATH_SIZES 32

/* Of how many streams of one device and op a CPU can tell that they are sequential. */
#define IOPATH_STREAMS 4

struct iopath_block_row {
	iop_u64 bytes;
	iop_u64 errors;
	iop_u64 merges;
	iop_u64 splits;
	iop_u64 requeues;
	iop_u64 timeouts;
	iop_u64 located;    /* issues with data, of which */
	iop_u64 sequential; /* these begin where a recent one of the same CPU ended */
	iop_u64 next_end;
	iop_u64 ends[IOPATH_STREAMS]; /* sectors at which the latest issues ended */
	/* From the insertion into the scheduler to the issue. */
	iop_u64 scheduled;
	iop_u64 scheduled_ns;
	iop_u64 scheduled_max_ns;
	/* With the driver now: how many, and the sum of their issue times. One CPU alone may
	 * have taken away more than it has added. */
	iop_u64 open;
	iop_u64 open_issued;
	iop_u64 requeued_ns; /* with the driver, in vain */
	iop_u64 flags[IOPATH_REQUEST_FLAG_COUNT];
	iop_u64 sizes[IOPATH_SIZES];
	iop_u64 queue_ns;
	iop_u64 queue_max_ns;
	iop_u64 service_ns;
	iop_u64 service_max_ns;
	iop_u64 queue[IOPATH_BUCKETS];
	iop_u64 service[IOPATH_BUCKETS];
};

/* On whose account a request is. */
enum iopath_submitter_kind {
	IOPATH_SUBMITTER_UNKNOWN, /* flush machinery; asked for before we attached */
	IOPATH_SUBMITTER_PROCESS,
	IOPATH_SUBMITTER_KERNEL,    /* a journal, a worker of loop or dm... */
	IOPATH_SUBMITTER_WRITEBACK, /* of dirty pages, whoever had made them dirty */
	IOPATH_SUBMITTER_KINDS
};

struct iopath_submitter_key {
	iop_u64 cgroup; /* id, 0: unknown */
	iop_u32 tgid;   /* 0: unknown, or a worker, which is nobody in particular */
	iop_u32 kind;   /* enum iopath_submitter_kind */
	iop_u32 dev;
	iop_u32 op;
	char worker[IOPATH_COMM]; /* what a worker works on: "flush-254:0", "loop0" */
};

struct iopath_submitter {
	struct iopath_submitter_key key;
	iop_u32 row; /* of the requests */
	char comm[IOPATH_COMM];
};

/* Requests of one row and one submitter. */
struct iopath_submitted {
	iop_u64 count;
	iop_u64 bytes;
	iop_u64 service_ns;
};

struct iopath_block_error_key {
	iop_u32 row;
	iop_u32 status; /* BLK_STS_* as since 6.11, or IOPATH_STATUS_ERRNO | errno */
};
#define IOPATH_STATUS_ERRNO 0x10000

struct iopath_block_error {
	iop_u64 count;
	iop_u64 sector; /* of the first */
	iop_u64 last_sector;
	iop_u32 submitter; /* of the last */
	iop_u32 pad;
};

/* What device `from` handed on to device `dev`, until it was done. */
struct iopath_level_key {
	iop_u32 dev;
	iop_u32 from; /* 0: all that came to `dev`, from wherever */
	iop_u32 op;   /* REQ_OP_* of the kernel */
};
struct iopath_level {
	iop_u64 count;
	iop_u64 ns;
};

/* Interrupts that have no irq number, as lines of /proc/interrupts. */
#define IOPATH_VECTORS(X)                                                                          \
	X(local_timer, "LOC", "Local timer interrupts")                                            \
	X(reschedule, "RES", "Rescheduling interrupts")                                            \
	X(call_function, "CAL", "Function call interrupts")                                        \
	X(call_function_single, "CAL", "Function call interrupts (single)")                        \
	X(irq_work, "IWI", "IRQ work interrupts")
#define IOPATH_VECTOR_ID(id, irq, name) IOPATH_VECTOR_##id,
enum iopath_vector { IOPATH_VECTORS(IOPATH_VECTOR_ID) IOPATH_VECTOR_COUNT };
#define IOPATH_IRQ_VECTOR 0x80000000u

struct iopath_irq_key {
	iop_u32 irq; /* number, or IOPATH_IRQ_VECTOR | enum iopath_vector */
	iop_u32 cpu;
};

/* Durations of one kind of event; of an interrupt written by its CPU alone. */
struct iopath_latency {
	iop_u64 ns;
	iop_u64 max_ns;
	iop_u64 buckets[IOPATH_BUCKETS];
};

/* Commands that NVMe's driver handled on one CPU for one hardware queue. */
struct iopath_nvme_key {
	iop_u32 dev; /* of the disk; below 1 << 20 the number of a controller: commands for it */
	iop_u16 qid; /* 0: the admin queue */
	iop_u16 cpu;
};
#define IOPATH_NVME_UNKNOWN 0xfffff /* a controller without a known number */

struct iopath_nvme {
	char disk[IOPATH_DISK_NAME]; /* also of a path of a multipath device, which has no node */
	iop_u64 submitted;
	iop_u64 retries;
	/* Of those completed on this CPU: */
	iop_u64 elsewhere;             /* submitted on another one */
	iop_u64 interrupts;            /* found by this CPU or another in the completion queue, */
	iop_u64 interrupts_elsewhere;  /* of which on another than had submitted it */
	struct iopath_latency queue;   /* of those submitted here: asked for until set up */
	struct iopath_latency command; /* set up until the driver had the answer */
	struct iopath_latency completion; /* from there until the request was done */
};

struct iopath_nvme_error_key {
	struct iopath_nvme_key queue;
	iop_u32 status; /* as of struct iopath_block_error_key */
	iop_u32 pad;
};

#define IOPATH_SOFTIRQS 10

struct iopath_softirq {
	iop_u64 ns;
	iop_u64 max_ns;
	iop_u64 delay_ns;
	iop_u64 delay_max_ns;
	iop_u64 buckets[IOPATH_BUCKETS];
	iop_u64 delay[IOPATH_BUCKETS];
};

struct iopath_sched {
	iop_u64 voluntary;
	iop_u64 involuntary;
	iop_u64 migrations;
	iop_u64 runqueue_ns;
	iop_u64 runqueue_max_ns;
	iop_u64 runqueue[IOPATH_BUCKETS];
};

/* Commits of a journal, by the kernel's dev_t of its device. */
struct iopath_commits_key {
	iop_u32 dev;
	iop_u32 pad;
};

/* Small counters of one CPU. */
struct iopath_counters {
	iop_u64 losses[IOPATH_LOSS_COUNT];
	iop_u64 not_followed[IOPATH_NOT_FOLLOWED_COUNT];
};

/* ---- asynchronous requests ------------------------------------------------- */

/* One request, by its key. Only moments are kept, each written by one kind of context, so
 * that none needs a lock; what lies between them is made stages of at the end. 0: not yet. */
struct iopath_async_op {
	iop_u64 start;    /* submitted, or its last completion */
	iop_u64 queued;   /* first bio */
	iop_u64 issued;   /* first request handed to a driver */
	iop_u64 done;     /* last request completed */
	iop_u64 punted;   /* given to a worker */
	iop_u64 armed;    /* waits for its descriptor to be ready */
	iop_u64 arrived;  /* the packet that made it so, at this host */
	iop_u64 woken;    /* ready */
	iop_u64 returned; /* io_submit */
	iop_u64 blocked;  /* the time for which its caller slept before the first bio */
	iop_u64 scope;
	iop_u64 request; /* address, of io_uring */
	iop_u64 context; /* address of its ring */
	iop_u64 user_data;
	iop_u32 tgid;
	iop_u16 row; /* where known at the submission */
	iop_u8 target;
	iop_u8 op;
	iop_u8 interface;
	iop_u8 opcode;
	iop_u8 flags;
	iop_u8 pad[5];
};

/* What rows do not tell of one interface; of one CPU. */
struct iopath_async {
	iop_u64 submitted;
	iop_u64 completed;
	iop_u64 punted[IOPATH_PUNT_COUNT];
	iop_u64 shots; /* completions of multishot requests that were not the last */
	iop_u64 in_flight_max;
	iop_u64 batches;
	iop_u64 batched; /* requests in them */
	iop_u64 batch_max;
	iop_u64 batch[IOPATH_BATCH_BUCKETS];
	struct iopath_latency reap;  /* from the completion until the application took it */
	struct iopath_latency total; /* from the submission until then */
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
