/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that failed, as the programs count them; part of iopath.h. */
#ifndef IOPATH_FAILURE_H
#define IOPATH_FAILURE_H

#define IOPATH_FAILURES       4096 /* told apart; the rest is counted by op and error */
#define IOPATH_FAILURE_ERRORS 256
#define IOPATH_FAILURE_PATH   384 /* of the program's own path; of a longer one, its end */

enum iopath_failure_naming {
	IOPATH_NAMED_BY_NOTHING, /* what was called names no file, or could not be read */
	IOPATH_NAMED_BY_PATH,
	IOPATH_NAMED_BY_FD,
	IOPATH_NAMED_BY_SOCKADDR /* `path` is a sockaddr_in or sockaddr_in6 */
};

/* inode, generation, dev: of the directory that a relative path begins at, or of a descriptor's
 * file; 0 where there is none. A directory renamed meanwhile keeps the name it had first. */
struct iopath_failure_key {
	iop_u64 inode;
	iop_u32 generation;
	iop_u32 dev;
	iop_u32 tgid;
	iop_u16 row;
	iop_u16 error;
	iop_u8 naming;    /* enum iopath_failure_naming */
	iop_u8 begins_at; /* 1: inode, generation and dev say where */
	iop_u8 front_cut; /* the front of `path` is missing */
	iop_u8 pad[5];
	char path[IOPATH_FAILURE_PATH];
};

struct iopath_failure {
	iop_u64 count;
	iop_u64 ns;
	char comm[IOPATH_COMM];
	struct iopath_names names; /* of a descriptor's file, or of a directory */
};

/* Failures without a place of their own. */
struct iopath_failures_beyond {
	iop_u64 count[IOPATH_OP_COUNT * IOPATH_FAILURE_ERRORS];
};

#endif
