/* SPDX-License-Identifier: GPL-2.0-only */
/* Asynchronous requests; part of iopath.h. */
#ifndef IOPATH_ASYNC_H
#define IOPATH_ASYNC_H

/* Pages that a request has brought into the page cache: between these two, so many. */
struct iopath_async_pages {
	iop_u64 first;
	iop_u64 end;
	iop_u64 added;
	iop_u64 again; /* of the added, which had been there and had been dropped */
	iop_u64 folio; /* the last; as an address only */
};

/* One request, by its key. Only moments are kept, each written by one kind of context, so
 * that none needs a lock; what lies between them is made stages of at the end. 0: not yet. */
struct iopath_async_op {
	iop_u64 start;    /* submitted, or its last completion */
	iop_u64 queued;   /* first bio */
	iop_u64 issued;   /* first request handed to a driver */
	iop_u64 done;     /* last request completed */
	iop_u64 punted;   /* given to a worker */
	iop_u64 armed;    /* waits for its descriptor to be ready */
	iop_u64 arrived;  /* the packet that made it so, at this host */
	iop_u64 woken;    /* ready */
	iop_u64 returned; /* io_submit */
	iop_u64 blocked;  /* the time for which its caller slept before the first bio */
	iop_u64 scope;
	iop_u64 request; /* address, of io_uring */
	iop_u64 context; /* address of its ring */
	iop_u64 user_data;
	struct iopath_async_pages pages;
	iop_u32 tgid;
	iop_u16 row; /* where known at the submission */
	iop_u8 target;
	iop_u8 op;
	iop_u8 interface;
	iop_u8 opcode;
	iop_u8 flags;
	iop_u8 pad;
	iop_u32 fd; /* of the directory that a path begins at */
};

/* What rows do not tell of one interface; of one CPU. */
struct iopath_async {
	iop_u64 submitted;
	iop_u64 completed;
	iop_u64 punted[IOPATH_PUNT_COUNT];
	iop_u64 shots; /* completions of multishot requests that were not the last */
	iop_u64 in_flight_max;
	iop_u64 batches;
	iop_u64 batched; /* requests in them */
	iop_u64 batch_max;
	iop_u64 batch[IOPATH_BATCH_BUCKETS];
	struct iopath_latency reap;  /* from the completion until the application took it */
	struct iopath_latency total; /* from the submission until then */
};

#endif
