/* SPDX-License-Identifier: GPL-2.0-only */
/* Of iopath.h: what kernel threads did. */
#ifndef IOPATH_HELPER_H
#define IOPATH_HELPER_H

#define IOPATH_HELPERS 1024
#define IOPATH_WORK    24 /* with its end; the kernel keeps as much (WORKER_DESC_LEN) */

struct iopath_helper_key {
	char comm[IOPATH_COMM]; /* of workers of work queues without their number: "kworker" */
	char work[IOPATH_WORK]; /* of these: their queue, or what the work calls itself */
};

/* All that these threads did but wait for work. */
struct iopath_helper {
	iop_u64 stage_ns[IOPATH_STAGE_COUNT];
	iop_u64 waited_ns;     /* of their sum: while operations waited for it */
	iop_u64 waited_any_ns; /* that, and while other kernel threads did */
};

#endif
