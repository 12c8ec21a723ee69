/*
 * What an end's process does, and whether what it is told agrees with what
 * happened to the connection. Knows the calls, not the segments.
 */
#include "judge/tape_judge_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_error(const char *answer)
{
	return name_errno_parse(answer, strlen(answer)) != 0;
}

static bool is_number(const char *answer)
{
	return *answer >= '0' && *answer <= '9';
}

static void step_call(struct tape_judge *j, enum side side,
		      enum rfc9293_event event)
{
	struct tape_judge_end *e = &j->end[side];
	const struct rfc9293_row *row = tape_judge_row(e, event);
	struct stimulus s = { .event = event,
			      .frame = TAPE_NO_FRAME,
			      .answer = row ? row->answer : ANSWER_ANY,
			      .id = row ? row->id : NULL };

	tape_judge_step(e, event);
	if (event == EVENT_CLOSE && s.answer == ANSWER_FIN) {
		e->fin_due = true;
		e->close_ns = j->now_ns;
		e->close_frame = j->frame;
	}
	if (s.answer == ANSWER_RST)
		e->owed = (struct owed){ .rst = true,
					 .at_ns = j->now_ns,
					 .unread = event == EVENT_CLOSE_UNREAD,
					 .frame = j->frame,
					 .event = event,
					 .id = s.id };
	/* Nothing is to be answered to, but an abort may be seen. */
	if (s.answer == ANSWER_RST || s.answer == ANSWER_ANY)
		e->rst_allowed++;
	e->last = s;
	e->has_last = true;
	e->quiet_ns = j->now_ns;
}

/* Both may be meant: what is unread is not sure, or only above a hole. */
static void close_unsure(struct tape_judge *j, enum side side)
{
	struct tape_judge_end *e = &j->end[side];
	uint32_t before = e->states, reset;

	tape_judge_step(e, EVENT_CLOSE_UNREAD);
	reset = e->states;
	e->states = before;
	step_call(j, side, EVENT_CLOSE);
	e->states |= reset;
	e->fin_due = false;
	e->rst_allowed++;
}

static void do_close(struct tape_judge *j, enum side side)
{
	struct tape_judge_end *e = &j->end[side];
	bool sure = e->shown.ack_sent && e->shown.rcv_nxt_max == e->rcv_nxt &&
		    !e->n_range && !e->maybe;

	e->wr_shut = true;
	e->closed = true;
	if (e->linger0)
		step_call(j, side, EVENT_ABORT);
	else if (!sure && (e->unread || e->n_range || e->maybe))
		close_unsure(j, side);
	else
		step_call(j, side,
			  e->unread ? EVENT_CLOSE_UNREAD : EVENT_CLOSE);
	e->linger0 = false; /* the next socket has options of its own */
}

/* The listener's children that nobody has accepted are aborted, or not. */
static void do_unlisten(struct tape_judge *j, enum side side)
{
	struct tape_judge_end *e = &j->end[side];

	if (!e->listening)
		return;
	e->listening = false;
	if (e->accepted)
		return;
	e->rst_allowed++;
	e->states = STATES_ANY;
	e->closed = e->wr_shut = true;
}

static void do_shutdown(struct tape_judge *j, enum side side, const char *how)
{
	struct tape_judge_end *e = &j->end[side];

	if (strcmp(how, "wr") != 0)
		e->rd_shut = true;
	if (strcmp(how, "rd") == 0)
		return;
	e->wr_shut = true;
	step_call(j, side, EVENT_CLOSE);
}

static void begin_socket(struct tape_judge_end *e)
{
	e->fds = 1;
	e->closed = e->wr_shut = e->rd_shut = e->forgotten = false;
	e->error_told = false;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
}

static void do_destroy(struct tape_judge *j, enum side side, const char *args)
{
	struct tape_judge_end *e = &j->end[side];

	(void)args;
	step_call(j, side, EVENT_ABORT);
	e->wr_shut = true;
	/* Linux has no RST for one that nobody holds (LINUX-SOCK-DESTROY). */
	if (e->closed) {
		e->owed.rst = false;
		e->rst_allowed++;
	}
	e->closed = true;
}

static void wrong(struct tape_judge *j, enum side side, const char *id,
		  const char *expected, const char *verb, const char *actual)
{
	char text[JUDGE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s = %s", verb, actual);
	tape_judge_say(j, RULE_WRONG_RESULT, id, side, j->frame, expected,
		       text);
}

static void read_eof(struct tape_judge *j, enum side side, const char *verb)
{
	struct tape_judge_end *e = &j->end[side];

	if (e->rst_delivered || e->error_told || e->rst_sent || e->forgotten ||
	    e->maybe)
		return; /* Linux: the end of file behind the error */
	if (e->unread && !e->n_range)
		wrong(j, side, "POSIX-RECV-DATAFIRST", "the data first", verb,
		      "eof");
	else if (!e->fin_rcvd && !e->rd_shut)
		wrong(j, side, "POSIX-RECV-EOF",
		      "no end of file: no FIN was delivered", verb, "eof");
}

/* An errno must have a reason that is known. */
static void told_error(struct tape_judge *j, enum side side, const char *verb,
		       const char *answer)
{
	struct tape_judge_end *e = &j->end[side];

	e->error_told = true;
	if (strcmp(answer, "ECONNRESET") == 0 && !e->rst_delivered &&
	    !e->rst_sent && e->rst_allowed == 0)
		wrong(j, side, "POSIX-RECV-ECONNRESET",
		      "no reset: no RST was delivered", verb, answer);
}

static void received(struct tape_judge *j, enum side side,
		     const struct verb *verb, const char *answer)
{
	struct tape_judge_end *e = &j->end[side];
	uint64_t n = strtoull(answer, NULL, 10);

	e->n_stimulus += 2; /* the window opens: an ACK may come of it */
	if (strcmp(answer, "eof") == 0) {
		read_eof(j, side, verb->name);
		return;
	}
	if (!is_number(answer))
		return;
	if (n > e->unread && !e->maybe)
		wrong(j, side, "POSIX-RECV-DATAFIRST",
		      "only what was delivered in order", verb->name, answer);
	e->unread -= n < e->unread ? n : e->unread;
	if (verb->id == VERB_DRAIN)
		read_eof(j, side, verb->name);
}

/* One that comes back was made before whatever ended it. */
static void sent(struct tape_judge *j, enum side side, const struct verb *verb,
		 const char *answer, bool came_back)
{
	struct tape_judge_end *e = &j->end[side];
	uint64_t n = strtoull(answer, NULL, 10);

	if (!is_number(answer) || !n)
		return;
	e->handed += n;
	if (e->wr_shut && !came_back)
		wrong(j, side, "RFC9293-3.6-C1-NOSEND",
		      "an error: it has closed", verb->name, answer);
}

/* What a call's answer tells, at once or when it comes back. */
static void answered(struct tape_judge *j, enum side side,
		     const struct verb *verb, const char *answer,
		     bool came_back)
{
	if (is_error(answer) || (verb->id == VERB_ERROR && !is_number(answer)))
		told_error(j, side, verb->name, answer);
	else if (verb->id == VERB_RECV || verb->id == VERB_DRAIN)
		received(j, side, verb, answer);
	else if (verb->id == VERB_SEND || verb->id == VERB_FILL)
		sent(j, side, verb, answer, came_back);
	else if (verb->id == VERB_ACCEPT) {
		j->end[side].accepted = true;
		begin_socket(&j->end[side]);
	}
}

/* The process is gone, and all its descriptors with it. */
static void do_exit(struct tape_judge *j, enum side side)
{
	struct tape_judge_end *e = &j->end[side];

	do_unlisten(j, side);
	if (!e->closed && e->fds > 0)
		do_close(j, side);
	e->fds = 0;
	e->blocked = NULL;
}

/* Calls that do something to the connection; args are as written. */
typedef void done_fn(struct tape_judge *j, enum side side, const char *args);

static void done_listen(struct tape_judge *j, enum side side, const char *args)
{
	(void)args;
	j->end[side].listening = true;
	j->end[side].accepted = false;
}

static void done_unlisten(struct tape_judge *j, enum side side,
			  const char *args)
{
	(void)args;
	do_unlisten(j, side);
}

static void done_connect(struct tape_judge *j, enum side side, const char *args)
{
	struct tape_judge_end *e = &j->end[side];

	(void)args;
	begin_socket(e);
	e->rst_delivered = false;
	e->states = STATES_ANY;
}

static void done_close(struct tape_judge *j, enum side side, const char *args)
{
	struct tape_judge_end *e = &j->end[side];

	(void)args;
	if (--e->fds <= 0 && !e->closed)
		do_close(j, side);
}

static void done_linger(struct tape_judge *j, enum side side, const char *args)
{
	j->end[side].linger0 = strcmp(args, "0") == 0;
}

static void done_keepalive(struct tape_judge *j, enum side side,
			   const char *args)
{
	j->end[side].keepalive = strcmp(args, "off") != 0;
}

static void done_user_timeout(struct tape_judge *j, enum side side,
			      const char *args)
{
	(void)args;
	j->end[side].user_timeout = true;
}

static void done_dup(struct tape_judge *j, enum side side, const char *args)
{
	(void)args;
	j->end[side].fds++;
}

static void done_forget(struct tape_judge *j, enum side side, const char *args)
{
	struct tape_judge_end *e = &j->end[side];

	(void)args;
	e->states = STATE_BIT(TCP_STATE_CLOSED);
	e->forgotten = e->closed = true;
}

static void done_vanish(struct tape_judge *j, enum side side, const char *args)
{
	(void)args;
	j->end[side].vanished = true;
}

static void done_rcvbuf(struct tape_judge *j, enum side side, const char *args)
{
	(void)args;
	j->end[side].rcvbuf = true;
}

/* clang-format off */
static done_fn *const done[VERB_COUNT] = {
	[VERB_LISTEN] = done_listen,	   [VERB_UNLISTEN] = done_unlisten,
	[VERB_CONNECT] = done_connect,	   [VERB_SHUTDOWN] = do_shutdown,
	[VERB_CLOSE] = done_close,	   [VERB_LINGER] = done_linger,
	[VERB_KEEPALIVE] = done_keepalive, [VERB_DUP] = done_dup,
	[VERB_FORGET] = done_forget,	   [VERB_DESTROY] = do_destroy,
	[VERB_VANISH] = done_vanish,
	[VERB_RCVBUF] = done_rcvbuf,
	[VERB_USER_TIMEOUT] = done_user_timeout,
};
/* clang-format on */

void tape_judge_act(struct tape_judge *j, const struct tape_event *e)
{
	const char *text = e->text ? e->text : "";
	size_t len = strcspn(text, " ");
	const struct verb *verb = verb_find(text, len);
	const char *answer = e->answer ? e->answer : "";
	const char *args;

	if (!verb)
		return;
	args = text + len + strspn(text + len, " ");
	j->end[e->side].quiet_ns = j->now_ns;
	if (verb->gives == GIVES_NOTHING)
		do_exit(j, e->side);
	else if (done[verb->id] &&
		 (!is_error(answer) || verb->id == VERB_CLOSE))
		done[verb->id](j, e->side, args);
	if (strcmp(answer, "blocks") == 0)
		j->end[e->side].blocked = verb;
	else
		answered(j, e->side, verb, answer, false);
}

void tape_judge_return(struct tape_judge *j, const struct tape_event *e)
{
	const struct verb *verb = j->end[e->side].blocked;

	j->end[e->side].blocked = NULL;
	if (verb && e->answer)
		answered(j, e->side, verb, e->answer, true);
}
