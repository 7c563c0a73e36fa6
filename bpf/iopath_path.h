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

#endif
