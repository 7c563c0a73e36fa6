/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths, as the names that the programs put down of them; part of iopath.h. */
#ifndef IOPATH_PATH_H
#define IOPATH_PATH_H

#define IOPATH_NAMES_SIZE 768 /* in all; of a path that is longer, its end */
#define IOPATH_NAME_SIZE  256 /* of one of them, at most */

#define IOPATH_NAMES_CUT     1 /* they do not lead up to the process's root */
#define IOPATH_NAMES_DELETED 2 /* the file is, which they begin at */

/* From a file or directory upwards, a zero behind each. */
struct iopath_names {
	iop_u32 flags;
	iop_u32 bytes;
	char text[IOPATH_NAMES_SIZE + IOPATH_NAME_SIZE];
};

/* ---- rows by file (--by file) ------------------------------------------------------------ */

/* What files are told apart by. `name`: a hash of the name, its directory, its mount and the
 * process's root: the same inode has several paths by hard links, bind mounts and renames. */
struct iopath_file_key {
	iop_u64 name;
	iop_u64 inode;
	iop_u32 generation;
	iop_u32 dev;
	iop_u32 deleted;
	iop_u32 pad;
};

/* Numbers are given from 1 on; 0 is what has no path. */
struct iopath_file {
	iop_u32 number;
	iop_u32 pad;
	struct iopath_names names;
};
#define IOPATH_FIRST_FREE_FILE 1
#define IOPATH_OTHER_FILES     0xfffff /* those for which there was no room */

/* ---- what a system call names ------------------------------------------------------------- */

#define IOPATH_CALL_PATH 384 /* of the program's own path; of a longer one, its end */

enum iopath_named_by {
	IOPATH_NAMED_BY_NOTHING, /* what was called names no file, or could not be read */
	IOPATH_NAMED_BY_PATH,
	IOPATH_NAMED_BY_FD,
	IOPATH_NAMED_BY_SOCKADDR /* `path` is a sockaddr_in or sockaddr_in6 */
};

/* inode, generation, dev: of the directory that a relative path begins at, or of a descriptor's
 * file; 0 where there is none. A directory renamed meanwhile keeps the name it had first. */
struct iopath_call_name {
	iop_u64 inode;
	iop_u32 generation;
	iop_u32 dev;
	iop_u8 naming;    /* enum iopath_named_by */
	iop_u8 begins_at; /* 1: inode, generation and dev say where */
	iop_u8 front_cut; /* the front of `path` is missing */
	iop_u8 pad[5];
	char path[IOPATH_CALL_PATH];
};

#endif
