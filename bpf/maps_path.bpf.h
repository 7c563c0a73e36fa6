/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of paths. */
#ifndef IOPATH_MAPS_PATH_BPF_H
#define IOPATH_MAPS_PATH_BPF_H

#include "maps.bpf.h"

/* A way from a file or directory to the root, as far as it has been gone. */
struct path_walk {
	u64 dentry; /* where it is; 0: there is nothing to walk */
	u64 mount;  /* 0: not known */
	u64 root_dentry;
	u64 root_mount;
	struct iopath_file_key key; /* of where it began */
	struct iopath_file file;    /* in the making */
};

/* By what tells them apart. The loader sets its size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct iopath_file_key);
	__type(value, struct iopath_file);
} files SEC(".maps");

/* Too large for the stack; by context. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CONTEXTS);
	__type(key, u32);
	__type(value, struct path_walk);
} path_walks SEC(".maps");

#endif
