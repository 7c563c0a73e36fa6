/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests, who asked for them, what became of them; part of iopath.h. */
#ifndef IOPATH_BLOCK_H
#define IOPATH_BLOCK_H

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

#endif
