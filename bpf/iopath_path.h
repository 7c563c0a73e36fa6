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

#endif
