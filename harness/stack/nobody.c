/* A caller without a process. Knows which commands need none. */
#include "stack/nobody.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "script/verb.h"

static int nobody_start(struct caller *c, struct fault *f)
{
	(void)f;
	c->phase = CALLER_IDLE;
	return 0;
}

static void nobody_stop(struct caller *c)
{
	c->phase = CALLER_GONE;
}

/* What an end that listens by itself has done already. */
static bool is_done(const char *command)
{
	static const char *const done[] = { "use ", "reset", "listen",
					    "accept" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(done); i++)
		if (strncmp(command, done[i], strlen(done[i])) == 0)
			return true;
	return false;
}

static int nobody_tell(struct caller *c, const char *command, struct fault *f)
{
	struct nobody *n = (struct nobody *)(void *)c;

	(void)f;
	snprintf(n->answer, sizeof(n->answer), "%s",
		 is_done(command) ? "0" : "ENOSYS");
	c->phase = CALLER_IN_CALL;
	return 0;
}

static enum caller_heard nobody_hear(struct caller *c, int64_t deadline_ns,
				     char text[STACK_LINE_MAX])
{
	struct nobody *n = (struct nobody *)(void *)c;

	(void)deadline_ns;
	memcpy(text, n->answer, sizeof(n->answer));
	c->phase = CALLER_IDLE;
	return CALLER_ANSWER;
}

static bool nobody_sleeps(struct caller *c, int64_t deadline_ns)
{
	(void)c;
	(void)deadline_ns;
	return false;
}

static enum caller_health nobody_health(struct caller *c, int64_t deadline_ns)
{
	(void)c;
	(void)deadline_ns;
	return CALLER_WELL;
}

static int64_t nobody_queued(struct caller *c)
{
	(void)c;
	return 0;
}

void nobody_init(struct nobody *n)
{
	static const struct caller_ops ops = {
		.start = nobody_start,
		.stop = nobody_stop,
		.tell = nobody_tell,
		.hear = nobody_hear,
		.sleeps = nobody_sleeps,
		.wait_gone = nobody_sleeps,
		.health = nobody_health,
		.queued = nobody_queued,
	};

	*n = (struct nobody){ .caller.ops = &ops };
}

uint64_t nobody_lacks(void)
{
	uint64_t lacks = 0;

	for (int id = 0; id < VERB_COUNT; id++)
		if (verb_of((enum verb_id)id)->by == BY_AGENT)
			lacks |= VERB_BIT(id);
	return lacks & ~(VERB_BIT(VERB_LISTEN) | VERB_BIT(VERB_ACCEPT));
}
