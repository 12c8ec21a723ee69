/*
 * A lane in a virtual machine, of QEMU or in user mode: a guest of ours, and
 * jobs told to it one after the other. Owner of that process; knows of a job
 * only what the guest has to be told.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/result.h"
#include "vm/message.h"
#include "vm/snapshot.h"
#include "vm/uml.h"
#include "vm/vm.h"

#define BOOT_NS	   (VM_OPEN_NS / 5) /* of five things that are waited for */
#define LATE_NS	   (5 * NS_PER_S)   /* behind which the guest's timeout comes */
#define SEED_WORDS 8

struct lane {
	const struct ends_plan *plan;
	int cpu;
	struct qemu qemu;
	struct arena arena; /* of the last outcome */
};

/* The document is given back. */
static int send_json(struct lane *lane, json_t *j)
{
	char *text = j ? json_dumps(j, 0) : NULL;
	int rc;

	json_decref(j);
	if (!text)
		memory_exhausted();
	rc = message_send(lane->qemu.child.to, text, strlen(text));
	free(text);
	return rc;
}

/* The guest's next message, or NULL with a fault. */
static json_t *hear_json(struct lane *lane, int64_t patience, struct fault *f)
{
	size_t len;
	char *text = message_receive(lane->qemu.child.from, &len,
				     clock_mono_ns() + patience);
	json_t *j = text ? json_loadb(text, len, 0, NULL) : NULL;

	free(text);
	if (!j)
		fault_set(f,
			  "the guest with %s does not start; its console: %s",
			  lane->plan->vm->text,
			  qemu_console(&lane->qemu, &lane->arena));
	return j;
}

/* Random numbers, of which the guest makes its own. */
static json_t *make_seed(void)
{
	uint32_t seed[SEED_WORDS];
	json_t *j = json_array();

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		memset(seed, 0, sizeof(seed));
	for (size_t i = 0; i < SEED_WORDS; i++)
		json_array_append_new(j, json_integer(seed[i]));
	return j;
}

/* Tells the guest something, and hears that it has done it. */
static int tell_guest(struct lane *lane, json_t *j, struct fault *f)
{
	const char *why;
	int rc = 0;

	(void)send_json(lane, j);
	j = hear_json(lane, BOOT_NS, f);
	if (!j)
		return -1;
	why = json_string_value(json_object_get(j, "fault"));
	if (why)
		rc = fault_set(f, "the guest with %s: %s", lane->plan->vm->text,
			       why);
	json_decref(j);
	return rc;
}

/* What it is to join. */
static int tell_plan(struct lane *lane, struct fault *f)
{
	const struct ends_plan *plan = lane->plan;

	return tell_guest(lane,
			  json_pack("{s:i, s:b}", "link", plan->link,
				    "real_time", plan->vm->real_time),
			  f);
}

/*
 * All guests of a snapshot are alike: what has to differ, the time and what is
 * random.
 */
static int tell_now(struct lane *lane, struct fault *f)
{
	return tell_guest(lane,
			  json_pack("{s:I, s:o}", "now_ns",
				    (json_int_t)clock_real_ns(), "seed",
				    make_seed()),
			  f);
}

/* Where the snapshot is of a guest that has joined what the plan says. */
static const char *snapshot_of(struct lane *lane)
{
	const struct ends_plan *plan = lane->plan;

	return plan->vm->snapshot
		       ? arena_printf(&lane->arena, "%s-%s", plan->vm->snapshot,
				      link_name(plan->link))
		       : NULL;
}

static int restore(struct lane *lane)
{
	const char *path = snapshot_of(lane);
	int state = path ? snapshot_open(path) : -1, rc;
	struct fault f;

	if (state < 0)
		return -1;
	rc = qemu_start(&lane->qemu, lane->plan->vm, lane->cpu, state, &f);
	close(state);
	if (rc == 0 && tell_now(lane, &f) == 0)
		return 0;
	snapshot_refuse(path, "is of no use to QEMU");
	qemu_stop(&lane->qemu);
	return -1;
}

static int boot(struct lane *lane, struct fault *f)
{
	const struct vm_kernel *k = lane->plan->vm;
	const char *path = snapshot_of(lane);
	json_t *hello;

	if (k->user_mode ? uml_start(&lane->qemu, k, lane->cpu, f)
			 : qemu_start(&lane->qemu, k, lane->cpu, -1, f))
		return -1;
	hello = hear_json(lane, BOOT_NS, f);
	json_decref(hello);
	if (hello && tell_plan(lane, f) == 0 &&
	    (!path || snapshot_save(path, &lane->qemu, f) == 0) &&
	    tell_now(lane, f) == 0)
		return 0;
	qemu_stop(&lane->qemu);
	return -1;
}

static int start(struct lane *lane, struct fault *f)
{
	return restore(lane) ? boot(lane, f) : 0;
}

static struct lane *vm_open(const struct ends_plan *plan, int cpu,
			    struct fault *f)
{
	struct lane *lane;

	if (plan->vm->lacks) {
		fault_set(f, "%s", plan->vm->lacks);
		return NULL;
	}
	lane = memory_zeroed(1, sizeof(*lane));
	lane->plan = plan;
	lane->cpu = cpu;
	lane->qemu = (struct qemu)QEMU_NONE;
	if (start(lane, f) == 0)
		return lane;
	arena_free(&lane->arena);
	free(lane);
	return NULL;
}

static void vm_close(struct lane *lane)
{
	if (!lane)
		return;
	qemu_stop(&lane->qemu);
	arena_free(&lane->arena);
	free(lane);
}

static int tell(struct lane *lane, const struct job *job)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:s*}",
			      "path", job->script->path, "name", job->name,
			      "text", job->script->text, "family", job->family,
			      "link", job->link, "round", (int)job->round,
			      "timeout_ns", (json_int_t)job->timeout_ns, "bug",
			      job->bug ? job->bug->name : NULL);

	return send_json(lane, j);
}

/* The guest's next message of a case; or NULL with a fault, whatever it is of. */
static char *receive(struct lane *lane, size_t *len, int64_t deadline,
		     struct fault *f)
{
	char *data = message_receive(lane->qemu.child.from, len, deadline);

	if (!data)
		fault_set(f, "%s",
			  errno == ETIMEDOUT ? "the guest does not come back"
					     : "the guest has ended");
	return data;
}

/* One file of the evidence; an empty message is none. */
static int keep(struct lane *lane, const char *path, int64_t deadline,
		struct fault *f)
{
	size_t len;
	char *data = receive(lane, &len, deadline, f);
	FILE *file;
	int rc = -1;

	if (!data)
		return -1;
	file = len && path && folder_make_for(path, f) == 0
		       ? folder_begin(&lane->arena, path, f)
		       : NULL;
	if (file) {
		fwrite(data, 1, len, file);
		rc = folder_keep(&lane->arena, file, path, f);
	} else {
		rc = len && path ? -1 : 0;
	}
	free(data);
	return rc;
}

/*
 * A guest that has not answered by then hangs: the case's timeout is over inside
 * it too. In virtual time nothing waits for real.
 */
static int64_t patience_of(const struct lane *lane, const struct job *job)
{
	return (lane->plan->vm->real_time ? job->timeout_ns : job->busy_ns) +
	       LATE_NS;
}

/* The guest's own words; -1 with a fault when they do not come. */
static int hear(struct lane *lane, const struct job *job, struct outcome *out,
		struct fault *f)
{
	int64_t deadline = clock_mono_ns() + patience_of(lane, job);
	size_t len;
	char *text = receive(lane, &len, deadline, f);
	int rc;

	if (!text)
		return -1;
	rc = result_unpack(text, len, &lane->arena, out, f);
	free(text);
	if (rc || keep(lane, job->capture, deadline, f) ||
	    keep(lane, job->ladder, deadline, f))
		return -1;
	return 0;
}

static void be_broken(struct lane *lane, struct outcome *out,
		      const char *reason)
{
	*out = (struct outcome){ .verdict = VERDICT_BROKEN,
				 .reason = arena_printf(&lane->arena, "%s",
							reason),
				 .start_ns = clock_real_ns() };
}

/*
 * A guest that panics or hangs loses the job it was in; the next one gets a
 * fresh boot.
 */
static void vm_play(struct lane *lane, const struct job *job,
		    struct outcome *out)
{
	struct fault f = { "the guest takes no job" };

	arena_free(&lane->arena);
	if (!lane->qemu.child.pid && start(lane, &f)) {
		be_broken(lane, out, f.text);
		return;
	}
	memset(out, 0, sizeof(*out));
	if (tell(lane, job) == 0 && hear(lane, job, out, &f) == 0)
		return;
	be_broken(lane, out,
		  arena_printf(&lane->arena, "%s; its console: %s", f.text,
			       qemu_console(&lane->qemu, &lane->arena)));
	qemu_stop(&lane->qemu);
}

const struct runner_lane vm_lane = {
	.open = vm_open,
	.play = vm_play,
	.close = vm_close,
};
