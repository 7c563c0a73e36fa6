/* SPDX-License-Identifier: GPL-2.0-only */
/* What is put together of a system call or request that has just ended. */
#ifndef IOPATH_MAPS_CALL_BPF_H
#define IOPATH_MAPS_CALL_BPF_H

#include "maps_path.bpf.h"

/* Words for a path, and for a block behind any place that nine bits can tell. */
#define BLOCK_WORDS 4
#define TEXT_WORDS  (512 / sizeof(u64) + BLOCK_WORDS)

/* Too large for the stack. */
struct call_work {
	struct iopath_failure_key key; /* begins with the name, the key of slow_directories */
	struct iopath_failure failure; /* in the making, as the next two */
	struct iopath_slow_directory slow;
	struct iopath_directory directory;
	u64 text[TEXT_WORDS];
	/* Of the names in it, each a bit or a number for each byte of a word. */
	u64 counts;  /* how many begin there */
	u64 begins;  /* those that begin in the last word where any does */
	u64 last;    /* which that is */
	u64 slashes; /* of the last word */
};

/* By context: requests may end in an interrupt. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CONTEXTS);
	__type(key, u32);
	__type(value, struct call_work);
} call_works SEC(".maps");

#endif
