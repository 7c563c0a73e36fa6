/* SPDX-License-Identifier: GPL-2.0-only */
/* What a thread keeps of the asynchronous requests that it submits. */
#ifndef IOPATH_ASYNC_THREAD_BPF_H
#define IOPATH_ASYNC_THREAD_BPF_H

#include "kernel.bpf.h"

struct async_thread {
	u64 now;       /* request being submitted: its key, or enum async_now */
	u64 since;     /* since when requests have been submitted without a pause */
	u64 blocked;   /* slept since io_submit was entered */
	u64 bio_owner; /* key of the request of the bio at hand, 0: none */
	u32 call;      /* 1 + enum iopath_not_followed, while in one */
	u32 in_chain;  /* the next request is linked behind the last */
};

#endif
