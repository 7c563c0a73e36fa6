/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of file locks; part of maps.bpf.h. */
#ifndef IOPATH_MAPS_LOCKS_BPF_H
#define IOPATH_MAPS_LOCKS_BPF_H

/* Allocated beforehand, as are waits: both are written under the run queue's lock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct iopath_file_lock_key);
	__type(value, struct iopath_file_lock);
} file_locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, struct iopath_lock_wait);
} lock_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 512);
	__type(key, struct iopath_locked_file_key);
	__type(value, struct iopath_locked_file);
} locked_files SEC(".maps");

/* What fresh ones are made of: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_locked_file);
} zeroed_locked_file SEC(".maps");

/* Contended kernel locks by where they are asked for: kernel_locks.bpf.h. Allocated beforehand, as
 * a spin lock may be contended where no memory can be asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct iopath_kernel_lock);
} kernel_locks SEC(".maps");

#endif
