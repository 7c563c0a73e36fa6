/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that failed, as the programs count them; part of iopath.h. */
#ifndef IOPATH_FAILURE_H
#define IOPATH_FAILURE_H

#define IOPATH_FAILURES       4096 /* told apart; the rest is counted by op and error */
#define IOPATH_FAILURE_ERRORS 256

struct iopath_failure_key {
	struct iopath_call_name name;
	iop_u32 tgid;
	iop_u16 row;
	iop_u16 error;
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
