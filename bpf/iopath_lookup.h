/* SPDX-License-Identifier: GPL-2.0-only */
/* Path lookups, as the programs count them; part of iopath.h. */
#ifndef IOPATH_LOOKUP_H
#define IOPATH_LOOKUP_H

/* Operations by path that take longer are looked at, and count by directory. One whose names are
 * all in the dentry cache takes 1 to 3 us; the fastest disks answer in 10 us and more, and one
 * request each is what a name costs that has to be looked for. */
#define IOPATH_SLOW_NS     20000
#define IOPATH_DIRECTORIES 1024 /* told apart in each table, 1 KiB each, taken as they come */

/* Lookups of the operations of a row. */
struct iopath_lookups {
	iop_u64 paths;      /* slow ones, whose components were counted */
	iop_u64 components; /* names between slashes, "." and ".." among them */
	iop_u64 misses;     /* names that the dentry cache did not have */
	iop_u64 negative;   /* of those, names that do not exist */
	iop_u64 ns;         /* of the searches of the file system for them */
	iop_u64 device_ns;  /* of that, stage device */
	iop_u64 reads;      /* bios of the searching thread meanwhile */
	iop_u64 read_bytes;
};

struct iopath_lookup_sum {
	iop_u64 count;
	iop_u64 ns;
	iop_u64 device_ns; /* stage device */
	iop_u64 max_ns;
};

/* Slow operations by the directory of their path, as their process named it: the key is a
 * struct iopath_call_name less its last name. */
struct iopath_slow_directory {
	struct iopath_lookup_sum operations;
	struct iopath_names names; /* of where a relative path begins */
};

/* A directory that a file system was searched in. */
struct iopath_directory_key {
	iop_u64 inode;
	iop_u32 generation;
	iop_u32 dev;
};

struct iopath_directory {
	struct iopath_lookup_sum misses;
	iop_u64 negative;
	iop_u64 reads;
	iop_u64 read_bytes;
	char fs[16];
	struct iopath_names names; /* up to the root of its file system */
};

struct iopath_directories_beyond {
	struct iopath_lookup_sum operations;
	struct iopath_lookup_sum misses;
	iop_u64 negative;
	iop_u64 reads;
	iop_u64 read_bytes;
};

#endif
