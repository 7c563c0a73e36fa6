/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of the block layer; part of maps.bpf.h. */
#ifndef IOPATH_MAPS_BLOCK_BPF_H
#define IOPATH_MAPS_BLOCK_BPF_H

/* A request from the moment it was asked for until it is done: slots.bpf.h. */
#define REQUEST_SLOT_BITS 14
struct request_slot {
	u64 request;  /* 0: free */
	u64 started;  /* where the request's own start time is not its own; else 0 */
	u64 issued;   /* handed to the driver; 0: not */
	u64 inserted; /* into the scheduler, or a queue of the block layer; 0: not */
	u16 row;
	u16 submitter; /* 0: not known */
	u32 flags;     /* cmd_flags as submitted: a flush sequence takes some away */
	u32 bytes;     /* when issued */
	u32 held;      /* its bio had been held back by io.max */
};

/* The row of requests that are followed, as operations wait for them, but not counted. */
#define UNCOUNTED_ROW 0xffff

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << REQUEST_SLOT_BITS);
	__type(key, u32);
	__type(value, struct request_slot);
} request_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct request_slot);
} request_overflow SEC(".maps");

/* What of a request has just been done, by the context in which it is: before 6.1 the kernel lets
 * an interrupt enter the program that it interrupts. In a map, so that functions need no pointer to
 * it, which some kernels would not verify by themselves. */
struct done_request {
	u64 rq;
	u64 now;
	u64 allocated;
	int error;
	u32 op;
	u32 bytes;
	u32 whole; /* nothing is left of it */
	u32 in_sequence;
	u32 metadata; /* a write of it */
	u32 late;     /* the driver's time for it had run out */
	u32 known;
	struct request_slot slot; /* as it was, if known */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CONTEXTS);
	__type(key, u32);
	__type(value, struct done_request);
} done_requests SEC(".maps");

/* Sizes of the next ones are set by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, struct iopath_block_key);
	__type(value, u32);
} block_dictionary SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct iopath_block_info);
} block_infos SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct iopath_block_row);
} block_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct iopath_submitter_key);
	__type(value, u32);
} submitter_dictionary SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct iopath_submitter);
} submitters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct iopath_submitted);
} submitted SEC(".maps");

/* Where the latest requests of processes were counted, which saves a dictionary. */
#define PLACES 8
struct known_place {
	u64 cgroup;
	u32 tgid;
	u32 dev;
	u32 op;
	u16 row;
	u16 submitter; /* 0: nothing known */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PLACES);
	__type(key, u32);
	__type(value, struct known_place);
} known_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct iopath_block_error_key);
	__type(value, struct iopath_block_error);
} block_errors SEC(".maps");

/* Bios that devices without requests have in hand, or handed on, by address. */
struct hop {
	u64 at; /* from `from` to `dev`; 0: none */
	u32 from;
	u32 dev;
};
struct stacked_bio {
	u64 begun; /* given to `dev`, a device without requests; 0: to none */
	u64 sector;
	struct hop hops[2];
	u32 dev;
	u32 bytes;
	u32 flags; /* bi_opf */
	u32 held;  /* it had been held back by io.max */
	u16 row;
	u16 submitter;
	u32 pad;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct stacked_bio);
} stacked_bios SEC(".maps");

/* Devices without requests that have been seen. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} stacked_devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct iopath_level_key);
	__type(value, struct iopath_level);
} block_levels SEC(".maps");

/* Commands in the hands of NVMe's driver, as requests are kept. Not with their requests, as drivers
 * set a command up before its request's issue, and some requests have no earlier event. */
#define NVME_SLOT_BITS 12
struct nvme_slot {
	u64 request;  /* 0: free */
	u64 setup;    /* 0: done */
	u64 answered; /* 0: not yet */
	u32 dev;
	u16 qid;
	u16 cpu;         /* that submitted it */
	u16 interrupted; /* 1 + the CPU that found its answer; 0: none yet */
	u16 pad[3];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << NVME_SLOT_BITS);
	__type(key, u32);
	__type(value, struct nvme_slot);
} nvme_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct nvme_slot);
} nvme_overflow SEC(".maps");

/* A few KB each, taken as queues and CPUs are seen at work. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct iopath_nvme_key);
	__type(value, struct iopath_nvme);
} nvme_queues SEC(".maps");

/* What fresh ones are made of: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_nvme);
} zeroed_nvme SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct iopath_nvme_error_key);
	__type(value, u64);
} nvme_errors SEC(".maps");

/* The latest flushes of a device, by which the requests of a flush sequence find
 * the time at which their sequence came to the driver. */
#define FLUSHES 8
struct flush_history {
	u32 next;
	u32 pad;
	u64 issued[FLUSHES];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct flush_history);
} flush_histories SEC(".maps");

#endif
