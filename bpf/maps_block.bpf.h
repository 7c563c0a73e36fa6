/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of the block layer; part of maps.bpf.h. */
#ifndef IOPATH_MAPS_BLOCK_BPF_H
#define IOPATH_MAPS_BLOCK_BPF_H

/* Issue stamps: direct-mapped by the request's address, which is unique among
 * requests in flight; what collides goes to a hash, as does everything where the
 * kernel has no compare-and-swap for programs. */
#define ISSUE_SLOTS 16384
struct issue_slot {
	u64 request;
	u64 issued;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, struct iopath_block_key);
	__type(value, u32);
} block_dictionary SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct iopath_block_row);
} block_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ISSUE_SLOTS);
	__type(key, u32);
	__type(value, struct issue_slot);
} issue_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} issue_overflow SEC(".maps");

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
