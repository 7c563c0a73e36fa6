/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of iopath as lists, one line each: both the BPF programs and the
 * collector expand them, so a stage, an op or a loss is added in one place.
 * X(id, "word") in the order in which reports show them. */
#ifndef IOPATH_WORDS_H
#define IOPATH_WORDS_H

#define IOPATH_OPS(X)                                                                              \
	X(read, "read")                                                                            \
	X(write, "write")                                                                          \
	X(sync, "sync")                                                                            \
	X(open, "open")                                                                            \
	X(close, "close")                                                                          \
	X(metadata, "metadata")                                                                    \
	X(lock, "lock")                                                                            \
	X(recv, "recv")                                                                            \
	X(send, "send")                                                                            \
	X(connect, "connect")                                                                      \
	X(accept, "accept")                                                                        \
	X(splice, "splice")

#define IOPATH_TARGETS(X)                                                                          \
	X(file, "file")                                                                            \
	X(blockdev, "blockdev")                                                                    \
	X(pipe, "pipe")                                                                            \
	X(tcp, "tcp")                                                                              \
	X(udp, "udp")                                                                              \
	X(unix_socket, "unix")                                                                     \
	X(socket, "socket")                                                                        \
	X(other, "other")

#define IOPATH_STAGES(X)                                                                           \
	X(cpu, "cpu")                                                                              \
	X(hardirq, "hardirq")                                                                      \
	X(softirq, "softirq")                                                                      \
	X(preempted, "preempted")                                                                  \
	X(runqueue, "runqueue")                                                                    \
	X(block_queue, "block_queue")                                                              \
	X(device, "device")                                                                        \
	X(completion, "completion")                                                                \
	X(helper, "helper")                                                                        \
	X(lock, "lock")                                                                            \
	X(throttle, "throttle")                                                                    \
	X(reclaim, "reclaim")                                                                      \
	X(peer, "peer")                                                                            \
	X(network, "network")                                                                      \
	X(net_rx, "net_rx")                                                                        \
	X(timer, "timer")                                                                          \
	X(other, "other")

/* Flags of a request that are counted; X(id, the kernel's name, "word"). */
#define IOPATH_REQUEST_FLAGS(X)                                                                    \
	X(sync, SYNC, "sync")                                                                      \
	X(fua, FUA, "fua")                                                                         \
	X(preflush, PREFLUSH, "preflush")                                                          \
	X(meta, META, "meta")                                                                      \
	X(readahead, RAHEAD, "readahead")                                                          \
	X(background, BACKGROUND, "background")

/* Seen, but not counted where it belongs; each with the reason a reader needs. */
#define IOPATH_LOSSES(X)                                                                           \
	X(map_full, "map_full")       /* a dictionary had no room: counted in the row "other" */   \
	X(no_storage, "no_storage")   /* no memory for a thread's ledger: operation not seen */    \
	X(no_start, "no_start")       /* request completed whose issue was not seen */             \
	X(clock_back, "clock_back")   /* a span would have been negative: taken as 0 */            \
	X(no_end, "no_end")           /* an operation's end was not seen: it is not counted */     \
	X(missed_run, "missed_run")   /* blocked without a wake-up seen: charged to other */       \
	X(died, "died")               /* thread died inside an operation: not counted */           \
	X(compat, "compat")           /* 32-bit system call: not followed */                       \
	X(read_failed, "read_failed") /* kernel memory could not be read */                        \
	X(detail_full, "detail_full") /* stage histogram, via or top had no room */                \
	X(skipped_run, "skipped_run") /* the kernel skipped a program run (recursion) */

#endif
