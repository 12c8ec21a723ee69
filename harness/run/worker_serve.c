/*
 * A worker from its own side: its lane plays one job after the other, and its
 * keeper, a thread, writes down what each leaves and answers the runner while
 * the next one is played. Knows nothing of what a job is.
 */
#include "run/worker_own.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/octets.h"
#include "base/text.h"
#include "run/played.h"
#include "run/result.h"

struct keeper {
	pthread_t thread;
	sem_t idle, told;
	int fd;
	struct outcome out; /* what it was told to keep */
	bool leaves;
};

/* In one piece, so that the runner is woken once. The text is given back. */
static int say(int fd, char *text)
{
	uint32_t len = (uint32_t)strlen(text);
	int rc;

	text = memory_resize(text, sizeof(len) + len, 1);
	memmove(text + sizeof(len), text, len);
	memcpy(text, &len, sizeof(len));
	rc = octets_write(fd, text, sizeof(len) + len);
	free(text);
	return rc;
}

/* The first message: an object, with the fault when there is one. */
static int greet(int fd, const struct fault *f)
{
	json_t *j = json_pack("{s:o}", "fault", text_json(f ? f->text : NULL));
	char *text = json_dumps(j, 0);

	json_decref(j);
	if (!text)
		memory_exhausted();
	return say(fd, text);
}

/* A runner that is gone is noticed when it gives no more jobs. */
static void keep(int fd, struct outcome *out)
{
	if (out->left)
		played_keep(out->left, out);
	(void)!say(fd, result_pack(out));
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem))
		;
}

static void *be_keeper(void *arg)
{
	struct keeper *k = arg;

	for (;;) {
		wait_for(&k->told);
		if (k->leaves)
			return NULL;
		keep(k->fd, &k->out);
		sem_post(&k->idle);
	}
}

/* It may run anywhere: it is started before the lane is pinned. */
static void start_keeper(struct keeper *k, int fd)
{
	*k = (struct keeper){ .fd = fd };
	sem_init(&k->idle, 0, 1);
	sem_init(&k->told, 0, 0);
	if (pthread_create(&k->thread, NULL, be_keeper, k))
		memory_exhausted();
}

static void tell_keeper(struct keeper *k, const struct outcome *out)
{
	wait_for(&k->idle);
	k->out = *out;
	sem_post(&k->told);
	/* What nothing is left of is the lane's, and gone with its next job. */
	if (!out->left) {
		wait_for(&k->idle);
		sem_post(&k->idle);
	}
}

static void stop_keeper(struct keeper *k)
{
	wait_for(&k->idle);
	k->leaves = true;
	sem_post(&k->told);
	pthread_join(k->thread, NULL);
}

void worker_serve(int fd, const struct worker_plan *plan,
		  const struct worker *w)
{
	struct keeper keeper;
	struct outcome out;
	struct lane *lane;
	struct fault f;
	uint64_t n;

	start_keeper(&keeper, fd);
	lane = plan->lane->open(w->ends, w->cpu, &f);
	if (greet(fd, lane ? NULL : &f) || !lane)
		return;
	while (recv(fd, &n, sizeof(n), MSG_WAITALL) == sizeof(n)) {
		__atomic_store_n(&plan->playing[w - plan->all], n,
				 __ATOMIC_RELAXED);
		memset(&out, 0, sizeof(out));
		plan->lane->play(lane, &plan->job[n], &out);
		tell_keeper(&keeper, &out);
	}
	stop_keeper(&keeper);
	plan->lane->close(lane);
}
