/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of io_uring and libaio: each has a ledger of its own, found by the request,
 * not by a thread. */
#ifndef IOPATH_ASYNC_MAPS_BPF_H
#define IOPATH_ASYNC_MAPS_BPF_H

#include "maps.bpf.h"

/* What the current thread submits; keys of requests are larger. */
enum async_now {
	ASYNC_NOTHING,
	ASYNC_NO_IO,       /* a request that is no operation */
	ASYNC_IN_IO_SUBMIT /* each bio says which */
};

enum async_flags {
	ASYNC_LINKED = 1,     /* the next one waits for its end */
	ASYNC_BIO_ONLY = 2,   /* on a device without requests: all its time is the device's */
	ASYNC_PACKET = 4,     /* a packet ended its wait */
	ASYNC_LOOPBACK = 8,   /* one of this host */
	ASYNC_BY_TASK = 16,   /* another task did */
	ASYNC_FORCED = 32,    /* to be punted from the start */
	ASYNC_MULTISHOT = 64, /* may complete again and again */
	ASYNC_LATER = 128,    /* goes on after io_submit has returned, without a bio */
};

/* By address of io_uring's request, or see aio_key(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct iopath_async_op);
} async_ops SEC(".maps");

/* What those of io_uring name that name something by a path, as it was when they began. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct iopath_call_name);
} async_names SEC(".maps");

/* Which of them a bio belongs to. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} async_bios SEC(".maps");

/* Completions that are not the last name their request by the application's number only. */
struct multishot_key {
	u64 context;
	u64 user_data;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct multishot_key);
	__type(value, u64);
} async_multishots SEC(".maps");

/* Where stages are added up at the end, with a cache of rows, by interface and context. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IOPATH_INTERFACE_COUNT *CONTEXTS);
	__type(key, u32);
	__type(value, struct ledger);
} async_ledgers SEC(".maps");

/* One in the making: the stack of 512 bytes has no room for it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_async_op);
} async_fresh SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IOPATH_INTERFACE_COUNT);
	__type(key, u32);
	__type(value, struct iopath_async);
} async_counts SEC(".maps");

/* Of all CPUs. */
struct async_state {
	u64 used; /* a request has been seen: only from then on bios are looked at */
	u64 in_flight[IOPATH_INTERFACE_COUNT];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct async_state);
} async_states SEC(".maps");

/* When the completions of a ring were posted, by which they are found when the
 * application has moved the ring's head over them. */
#define REAP_SLOTS 512
struct reap_slot {
	u64 posted;
	u64 start; /* of the request, 0: unknown */
};
struct reap_ring {
	u32 head; /* seen last */
	u32 pad;
	struct reap_slot slots[REAP_SLOTS];
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u64);
	__type(value, struct reap_ring);
} reap_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct reap_ring);
} zeroed_reap_ring SEC(".maps");

static __always_inline struct async_state *async_state(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&async_states, &zero);
}

/* Has any request been seen? What others pay for these is this question. */
static __always_inline bool async_in_use(void)
{
	const volatile struct async_state *state = async_state();

	return state && state->used;
}

static __always_inline struct iopath_async_op *find_async(u64 key)
{
	return bpf_map_lookup_elem(&async_ops, &key);
}

#endif
