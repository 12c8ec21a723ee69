/*
 * What an end's process does, and whether what it is told agrees with what
 * happened to the connection. Knows the calls, not the segments.
 */
#include "judge/referee_own.h"

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

static void step_call(struct referee *r, enum side side,
		      enum rfc9293_event event)
{
	struct referee_end *e = &r->end[side];
	const struct rfc9293_row *row = referee_row(e, event);
	struct stimulus s = { .event = event,
			      .frame = TAPE_NO_FRAME,
			      .answer = row ? row->answer : ANSWER_ANY,
			      .id = row ? row->id : NULL };

	referee_step(e, event);
	if (event == EVENT_CLOSE && s.answer == ANSWER_FIN) {
		e->fin_due = true;
		e->close_ns = r->now_ns;
		e->close_frame = r->frame;
	}
	if (s.answer == ANSWER_RST)
		e->owed = (struct owed){ .rst = true,
					 .at_ns = r->now_ns,
					 .unread = event == EVENT_CLOSE_UNREAD,
					 .frame = r->frame,
					 .event = event,
					 .id = s.id };
	/* Nothing is to be answered to, but an abort may be seen. */
	if (s.answer == ANSWER_RST || s.answer == ANSWER_ANY)
		e->rst_allowed++;
	e->last = s;
	e->has_last = true;
	e->quiet_ns = r->now_ns;
}

/* Both may be meant: what is unread is not sure, or only above a hole. */
static void close_unsure(struct referee *r, enum side side)
{
	struct referee_end *e = &r->end[side];
	uint32_t before = e->states, reset;

	referee_step(e, EVENT_CLOSE_UNREAD);
	reset = e->states;
	e->states = before;
	step_call(r, side, EVENT_CLOSE);
	e->states |= reset;
	e->fin_due = false;
	e->rst_allowed++;
}

static void do_close(struct referee *r, enum side side)
{
	struct referee_end *e = &r->end[side];
	bool sure = e->acked_known && e->acked == e->rcv_nxt && !e->n_range &&
		    !e->maybe;

	e->wr_shut = true;
	e->closed = true;
	if (e->linger0)
		step_call(r, side, EVENT_ABORT);
	else if (!sure && (e->unread || e->n_range || e->maybe))
		close_unsure(r, side);
	else
		step_call(r, side,
			  e->unread ? EVENT_CLOSE_UNREAD : EVENT_CLOSE);
	e->linger0 = false; /* the next socket has options of its own */
}

/* The listener's children that nobody has accepted are aborted, or not. */
static void do_unlisten(struct referee *r, enum side side)
{
	struct referee_end *e = &r->end[side];

	if (!e->listening)
		return;
	e->listening = false;
	if (e->accepted)
		return;
	e->rst_allowed++;
	e->states = STATES_ANY;
	e->closed = e->wr_shut = true;
}

static void do_shutdown(struct referee *r, enum side side, const char *how)
{
	struct referee_end *e = &r->end[side];

	if (strcmp(how, "wr") != 0)
		e->rd_shut = true;
	if (strcmp(how, "rd") == 0)
		return;
	e->wr_shut = true;
	step_call(r, side, EVENT_CLOSE);
}

static void begin_socket(struct referee_end *e)
{
	e->fds = 1;
	e->closed = e->wr_shut = e->rd_shut = e->forgotten = false;
	e->error_told = false;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
}

static void do_destroy(struct referee *r, enum side side, const char *args)
{
	struct referee_end *e = &r->end[side];

	(void)args;
	step_call(r, side, EVENT_ABORT);
	e->wr_shut = true;
	/* Linux has no RST for one that nobody holds (LINUX-SOCK-DESTROY). */
	if (e->closed) {
		e->owed.rst = false;
		e->rst_allowed++;
	}
	e->closed = true;
}

static void wrong(struct referee *r, enum side side, const char *id,
		  const char *expected, const char *verb, const char *actual)
{
	char text[JUDGE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s = %s", verb, actual);
	referee_say(r, RULE_WRONG_RESULT, id, side, r->frame, expected, text);
}

static void read_eof(struct referee *r, enum side side, const char *verb)
{
	struct referee_end *e = &r->end[side];

	if (e->rst_delivered || e->error_told || e->rst_sent || e->forgotten ||
	    e->maybe)
		return; /* Linux: the end of file behind the error */
	if (e->unread && !e->n_range)
		wrong(r, side, "POSIX-RECV-DATAFIRST", "the data first", verb,
		      "eof");
	else if (!e->peer_fin && !e->rd_shut)
		wrong(r, side, "POSIX-RECV-EOF",
		      "no end of file: no FIN was delivered", verb, "eof");
}

/* An errno must have a reason that is known. */
static void told_error(struct referee *r, enum side side, const char *verb,
		       const char *answer)
{
	struct referee_end *e = &r->end[side];

	e->error_told = true;
	if (strcmp(answer, "ECONNRESET") == 0 && !e->rst_delivered &&
	    !e->rst_sent && e->rst_allowed == 0)
		wrong(r, side, "POSIX-RECV-ECONNRESET",
		      "no reset: no RST was delivered", verb, answer);
}

static void received(struct referee *r, enum side side, const struct verb *verb,
		     const char *answer)
{
	struct referee_end *e = &r->end[side];
	uint64_t n = strtoull(answer, NULL, 10);

	e->n_stimulus += 2; /* the window opens: an ACK may come of it */
	if (strcmp(answer, "eof") == 0) {
		read_eof(r, side, verb->name);
		return;
	}
	if (!is_number(answer))
		return;
	if (n > e->unread && !e->maybe)
		wrong(r, side, "POSIX-RECV-DATAFIRST",
		      "only what was delivered in order", verb->name, answer);
	e->unread -= n < e->unread ? n : e->unread;
	if (verb->id == VERB_DRAIN)
		read_eof(r, side, verb->name);
}

/* One that comes back was made before whatever ended it. */
static void sent(struct referee *r, enum side side, const struct verb *verb,
		 const char *answer, bool came_back)
{
	struct referee_end *e = &r->end[side];
	uint64_t n = strtoull(answer, NULL, 10);

	if (!is_number(answer) || !n)
		return;
	e->handed += n;
	if (e->wr_shut && !came_back)
		wrong(r, side, "RFC9293-3.6-C1-NOSEND",
		      "an error: it has closed", verb->name, answer);
}

/* What a call's answer tells, at once or when it comes back. */
static void answered(struct referee *r, enum side side, const struct verb *verb,
		     const char *answer, bool came_back)
{
	if (is_error(answer) || (verb->id == VERB_ERROR && !is_number(answer)))
		told_error(r, side, verb->name, answer);
	else if (verb->id == VERB_RECV || verb->id == VERB_DRAIN)
		received(r, side, verb, answer);
	else if (verb->id == VERB_SEND || verb->id == VERB_FILL)
		sent(r, side, verb, answer, came_back);
	else if (verb->id == VERB_ACCEPT) {
		r->end[side].accepted = true;
		begin_socket(&r->end[side]);
	}
}

/* The process is gone, and all its descriptors with it. */
static void do_exit(struct referee *r, enum side side)
{
	struct referee_end *e = &r->end[side];

	do_unlisten(r, side);
	if (!e->closed && e->fds > 0)
		do_close(r, side);
	e->fds = 0;
	e->blocked = NULL;
}

/* Calls that do something to the connection; args are as written. */
typedef void done_fn(struct referee *r, enum side side, const char *args);

static void done_listen(struct referee *r, enum side side, const char *args)
{
	(void)args;
	r->end[side].listening = true;
	r->end[side].accepted = false;
}

static void done_unlisten(struct referee *r, enum side side, const char *args)
{
	(void)args;
	do_unlisten(r, side);
}

static void done_connect(struct referee *r, enum side side, const char *args)
{
	struct referee_end *e = &r->end[side];

	(void)args;
	begin_socket(e);
	e->rst_delivered = false;
	e->states = STATES_ANY;
}

static void done_close(struct referee *r, enum side side, const char *args)
{
	struct referee_end *e = &r->end[side];

	(void)args;
	if (--e->fds <= 0 && !e->closed)
		do_close(r, side);
}

static void done_linger(struct referee *r, enum side side, const char *args)
{
	r->end[side].linger0 = strcmp(args, "0") == 0;
}

static void done_keepalive(struct referee *r, enum side side, const char *args)
{
	r->end[side].keepalive = strcmp(args, "off") != 0;
}

static void done_user_timeout(struct referee *r, enum side side,
			      const char *args)
{
	(void)args;
	r->end[side].user_timeout = true;
}

static void done_dup(struct referee *r, enum side side, const char *args)
{
	(void)args;
	r->end[side].fds++;
}

static void done_forget(struct referee *r, enum side side, const char *args)
{
	struct referee_end *e = &r->end[side];

	(void)args;
	e->states = STATE_BIT(TCP_STATE_CLOSED);
	e->forgotten = e->closed = true;
}

static void done_vanish(struct referee *r, enum side side, const char *args)
{
	(void)args;
	r->end[side].vanished = true;
}

static void done_rcvbuf(struct referee *r, enum side side, const char *args)
{
	(void)args;
	r->end[side].rcvbuf = true;
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

void referee_act(struct referee *r, const struct tape_event *e)
{
	const char *text = e->text ? e->text : "";
	size_t len = strcspn(text, " ");
	const struct verb *verb = verb_find(text, len);
	const char *answer = e->answer ? e->answer : "";
	const char *args;

	if (!verb)
		return;
	args = text + len + strspn(text + len, " ");
	r->end[e->side].quiet_ns = r->now_ns;
	if (verb->gives == GIVES_NOTHING)
		do_exit(r, e->side);
	else if (done[verb->id] &&
		 (!is_error(answer) || verb->id == VERB_CLOSE))
		done[verb->id](r, e->side, args);
	if (strcmp(answer, "blocks") == 0)
		r->end[e->side].blocked = verb;
	else
		answered(r, e->side, verb, answer, false);
}

void referee_return(struct referee *r, const struct tape_event *e)
{
	const struct verb *verb = r->end[e->side].blocked;

	r->end[e->side].blocked = NULL;
	if (verb && e->answer)
		answered(r, e->side, verb, e->answer, true);
}
