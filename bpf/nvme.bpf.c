// SPDX-License-Identifier: GPL-2.0-only
/* Layer nvme: commands by hardware queue and CPU, of the whole machine. The driver sets a
 * command up just before it tells of its request's issue, so what is before is the wait for
 * the hardware queue. Events of a module: pointers are numbers, and only requests are read. */
#include "compat_block.bpf.h"
#include "latency.bpf.h"
#include "requests.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The row of a hardware queue on this CPU; NULL, and a loss, where there is no room. */
static __always_inline struct iopath_nvme *nvme_queue(const struct iopath_nvme_key *key)
{
	struct iopath_nvme *row = bpf_map_lookup_elem(&nvme_queues, key);
	u32 zero = 0;

	if (!row) {
		row = bpf_map_lookup_elem(&zeroed_nvme, &zero);
		if (row)
			bpf_map_update_elem(&nvme_queues, key, row, BPF_NOEXIST);
		row = bpf_map_lookup_elem(&nvme_queues, key);
	}
	if (!row)
		count_loss(IOPATH_LOSS_detail_full);
	return row;
}

/* The number of the controller that a command without a disk is for: of the module's types,
 * which need its BTF. */
static __always_inline u32 controller_of(u64 request)
{
	struct nvme_request *command = (void *)request + bpf_core_type_size(struct request);

	if (!bpf_core_field_exists(struct nvme_ctrl, instance))
		return IOPATH_NVME_UNKNOWN;
	return BPF_CORE_READ(command, ctrl, instance) & IOPATH_NVME_UNKNOWN;
}

static __always_inline u16 hardware_queue(struct request *rq)
{
	void *queue = READ_FIELD(rq, request, mq_hctx);

	return READ_FIELD(queue, blk_mq_hw_ctx, queue_num) + 1;
}

#define COMMANDS ((struct slots){&nvme_slots, &nvme_overflow, NVME_SLOT_BITS})

static __always_inline struct nvme_slot *find_command(u64 request)
{
	return find_slot(COMMANDS, request);
}

static __always_inline struct nvme_slot *new_command(u64 request)
{
	struct nvme_slot fresh = {};

	return new_slot(COMMANDS, request, &fresh);
}

/* The slot must not be looked at afterwards. */
static __always_inline void drop_command(struct nvme_slot *slot, u64 request)
{
	slot->setup = 0;
	drop_slot(COMMANDS, slot, request);
}

/* When it was asked for; 0: not known. */
static __always_inline u64 asked_at(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);
	u64 started = slot ? slot->started : 0;

	return started ? started : READ_FIELD(rq, request, start_time_ns);
}

/* Commands for a controller have no disk and all count as its admin queue's. */
static __always_inline int on_setup(struct request *rq)
{
	struct nvme_slot *slot = find_command((u64)rq);
	u64 now = bpf_ktime_get_ns(), asked;
	struct iopath_nvme_key key = {};
	void *disk = request_disk(rq);
	struct iopath_nvme *row;
	bool again;

	if (slot && slot->setup && !slot->answered) { /* there was no memory to map its data, say */
		slot->setup = now;
		return 0;
	}
	again = slot && slot->setup; /* answered, but its request was not done */
	if (!slot)
		slot = new_command((u64)rq);
	if (!slot)
		return 0;
	key.cpu = bpf_get_smp_processor_id();
	key.dev = disk ? disk_device(disk) : controller_of((u64)rq);
	key.qid = disk ? hardware_queue(rq) : 0;
	slot->setup = now;
	slot->answered = 0;
	slot->dev = key.dev;
	slot->qid = key.qid;
	slot->cpu = key.cpu;
	slot->interrupted = 0;
	row = nvme_queue(&key);
	if (!row)
		return 0;
	if (disk && !row->disk[0] &&
	    bpf_probe_read_kernel_str(row->disk, sizeof(row->disk),
	                              disk + bpf_core_field_offset(struct gendisk, disk_name)) < 0)
		count_loss(IOPATH_LOSS_read_failed);
	if (again) {
		row->retries++;
		return 0;
	}
	row->submitted++;
	asked = asked_at(rq);
	if (asked && asked <= now)
		count_latency(&row->queue, now - asked);
	return 0;
}

/* Fires in the interrupt, where the driver has one; the answer may then be handed on. */
static __always_inline int on_interrupt(u64 request)
{
	struct nvme_slot *command = find_command(request);

	if (command)
		command->interrupted = 1 + bpf_get_smp_processor_id();
	return 0;
}

static __always_inline int on_answer(u64 request)
{
	struct nvme_slot *command = find_command(request);

	if (command)
		command->answered = bpf_ktime_get_ns();
	return 0;
}

static __noinline int note_nvme_error(const struct iopath_nvme_key *queue, u32 status)
{
	struct iopath_nvme_error_key key = {.status = status};
	u64 *count, none = 0;

	if (!queue)
		return 0;
	key.queue = *queue;
	count = bpf_map_lookup_elem(&nvme_errors, &key);
	if (!count) {
		bpf_map_update_elem(&nvme_errors, &key, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&nvme_errors, &key);
	}
	if (count)
		++*count;
	else
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* On the CPU, and in the context, of the answer. */
static __always_inline int on_done(u64 request, int error)
{
	struct nvme_slot *known = find_command(request), command;
	u64 now = bpf_ktime_get_ns();
	struct iopath_nvme_key key;
	struct iopath_nvme *row;

	if (!known || !known->setup) /* not NVMe's; or set up before we attached */
		return 0;
	command = *known;
	drop_command(known, request);
	key = (struct iopath_nvme_key){command.dev, command.qid, bpf_get_smp_processor_id()};
	row = nvme_queue(&key);
	if (error)
		note_nvme_error(&key, block_status(error));
	if (!row || !command.answered) /* failed before the device had it */
		return 0;
	row->elsewhere += command.cpu != key.cpu;
	row->interrupts += command.interrupted != 0;
	row->interrupts_elsewhere += command.interrupted && command.interrupted != command.cpu + 1;
	count_latency(&row->command, command.answered - command.setup);
	count_latency(&row->completion, now - command.answered);
	return 0;
}

SEC("?raw_tp/nvme_setup_cmd")
int BPF_PROG(nvme_setup__raw_tp, struct request *rq)
{
	return UNDISTURBED(on_setup(rq));
}

SEC("?raw_tp/nvme_sq")
int BPF_PROG(nvme_interrupt__raw_tp, u64 request)
{
	return UNDISTURBED(on_interrupt(request));
}

SEC("?raw_tp/nvme_complete_rq")
int BPF_PROG(nvme_answer__raw_tp, u64 request)
{
	return UNDISTURBED(on_answer(request));
}

SEC("?raw_tp/block_rq_complete")
int BPF_PROG(nvme_done__raw_tp, u64 request, int error)
{
	return UNDISTURBED(on_done(request, error));
}
