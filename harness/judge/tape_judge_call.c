/*
 * What an end's process does, and whether what it is told agrees with what
 * happened to the connection. Knows the calls, not the segments.
 */
#include "base/clock.h"
#include "judge/tape_judge_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call of an end's process, and what it answered. */
struct call {
	struct tape_judge *j;
	enum side side;
	struct tape_judge_end *e; /* whose process made it */
	const struct verb *verb;
	const char *args;   /* as written */
	const char *answer; /* "" for none */
	bool came_back;	    /* it had blocked */
};

static bool is_error(const char *answer)
{
	return name_errno_parse(answer, strlen(answer)) != 0;
}

static bool is_number(const char *answer)
{
	return *answer >= '0' && *answer <= '9';
}

static void step_call(const struct call *c, enum rfc9293_event event)
{
	struct tape_judge_end *e = c->e;
	const struct rfc9293_row *row = tape_judge_row(e, event);
	struct stimulus s = { .event = event,
			      .frame = TAPE_NO_FRAME,
			      .answer = row ? row->answer : ANSWER_ANY,
			      .id = row ? row->id : NULL };

	if (tape_judge_is_only(e, NO_CONNECTION))
		return; /* the connection's call, not its listener's */
	tape_judge_step(e, event);
	if (event == EVENT_CLOSE && s.answer == ANSWER_FIN) {
		e->fin_due = true;
		e->close_ns = c->j->now_ns;
		e->close_frame = c->j->frame;
	}
	if (s.answer == ANSWER_RST)
		e->owed = (struct owed){ .rst = true,
					 .at_ns = c->j->now_ns,
					 .unread = event == EVENT_CLOSE_UNREAD,
					 .frame = c->j->frame,
					 .event = event,
					 .id = s.id };
	/* Nothing is to be answered to, but an abort may be seen. */
	if (tape_judge_may_reset(s.answer))
		e->rst_allowed++;
	e->last = s;
	e->has_last = true;
	e->quiet_ns = c->j->now_ns;
}

/*
 * The end sends FIN or RST: whether data is unread is not known, or it lies
 * above a hole.
 */
static void close_unsure(const struct call *c)
{
	struct tape_judge_end *e = c->e;
	uint32_t before = e->states, reset;

	tape_judge_step(e, EVENT_CLOSE_UNREAD);
	reset = e->states;
	e->states = before;
	step_call(c, EVENT_CLOSE);
	e->states |= reset;
	e->fin_due = false;
	e->rst_allowed++;
}

/*
 * A call of another thread may hold the socket: then the connection is closed
 * when that call ends, of which POSIX says nothing.
 */
static void close_in_call(const struct call *c)
{
	uint32_t before = c->e->states;

	step_call(c, EVENT_CLOSE);
	c->e->states |= before;
	c->e->fin_due = false;
	c->e->close_waits = true;
}

static void do_close(const struct call *c)
{
	struct tape_judge_end *e = c->e;
	bool sure = e->shown.ack_sent && e->shown.rcv_nxt_max == e->rcv_nxt &&
		    !e->n_range && !e->maybe &&
		    (!e->unread || e->unread > e->urgent);

	e->wr_shut = true;
	e->closed = true;
	if (e->linger_ns)
		e->linger_over_ns = c->j->now_ns + e->linger_ns;
	if (e->linger0)
		step_call(c, EVENT_ABORT);
	else if (e->threaded.verb)
		close_in_call(c);
	else if (!sure && (e->unread || e->n_range || e->maybe))
		close_unsure(c);
	else
		step_call(c, e->unread ? EVENT_CLOSE_UNREAD : EVENT_CLOSE);
	e->linger0 = false; /* the next socket has options of its own */
	e->linger_ns = 0;
}

/* A connection that was not accepted is aborted with its listener, or not. */
static void do_unlisten(const struct call *c)
{
	struct tape_judge_end *e = c->e;

	if (!e->listening)
		return;
	e->listening = false;
	if (tape_judge_is_only(e, NO_CONNECTION))
		e->states = STATE_BIT(TCP_STATE_CLOSED);
	if (e->accepted)
		return;
	e->rst_allowed++;
	e->states = STATES_ANY;
	e->closed = e->wr_shut = true;
}

static void do_shutdown(const struct call *c)
{
	struct tape_judge_end *e = c->e;

	if (strcmp(c->args, "wr") != 0)
		e->rd_shut = true;
	if (strcmp(c->args, "rd") == 0)
		return;
	e->wr_shut = true;
	step_call(c, EVENT_CLOSE);
}

static void begin_socket(struct tape_judge_end *e)
{
	e->fds = 1;
	e->closed = e->wr_shut = e->rd_shut = e->forgotten = false;
	e->close_waits = false;
	e->linger_over_ns = 0;
	e->error_told = false;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
}

static void do_destroy(const struct call *c)
{
	struct tape_judge_end *e = c->e;

	step_call(c, EVENT_ABORT);
	e->wr_shut = true;
	/* Linux has no RST for one that nobody holds (LINUX-SOCK-DESTROY). */
	if (e->closed) {
		e->owed.rst = false;
		e->rst_allowed++;
	}
	e->closed = true;
}

static void say_wrong(const struct call *c, const char *id,
		      const char *expected, const char *actual)
{
	char text[JUDGE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s = %s", c->verb->name, actual);
	tape_judge_say(c->j, RULE_WRONG_RESULT, id, c->side, c->j->frame,
		       expected, text);
}

static void read_eof(const struct call *c)
{
	const struct tape_judge_end *e = c->e;

	if (e->rst_delivered || e->error_told || e->shown.rst_sent ||
	    e->forgotten || e->maybe)
		return; /* Linux: the end of file behind the error */
	if (e->unread > e->urgent && !e->n_range)
		say_wrong(c, "POSIX-RECV-DATAFIRST", "the data first", "eof");
	else if (!e->fin_rcvd && !e->rd_shut)
		say_wrong(c, "POSIX-RECV-EOF",
			  "no end of file: no FIN was delivered", "eof");
}

/* An errno must have a reason that is known. */
static void told_error(const struct call *c)
{
	struct tape_judge_end *e = c->e;

	e->error_told = true;
	if (strcmp(c->answer, "ECONNRESET") == 0 && !e->rst_delivered &&
	    !e->shown.rst_sent && e->rst_allowed == 0)
		say_wrong(c, "POSIX-RECV-ECONNRESET",
			  "no reset: no RST was delivered", c->answer);
}

static void received(const struct call *c)
{
	struct tape_judge_end *e = c->e;
	uint64_t n = strtoull(c->answer, NULL, 10);

	e->n_stimulus += 2; /* the window opens: a window update may be sent */
	if (strcmp(c->answer, "eof") == 0) {
		read_eof(c);
		return;
	}
	if (!is_number(c->answer))
		return;
	if (n > e->unread && !e->maybe)
		say_wrong(c, "POSIX-RECV-DATAFIRST",
			  "only what was delivered in order", c->answer);
	if (strstr(c->args, "peek"))
		return;
	e->unread -= n < e->unread ? n : e->unread;
	if (c->verb->id == VERB_DRAIN)
		read_eof(c);
}

/* A call that comes back was made before whatever ended it. */
static void sent(const struct call *c)
{
	uint64_t n = strtoull(c->answer, NULL, 10);

	if (!is_number(c->answer) || !n)
		return;
	c->e->handed += n;
	if (strstr(c->args, "oob"))
		c->e->up = c->e->handed;
	if (c->e->wr_shut && !c->came_back)
		say_wrong(c, "RFC9293-3.6-C1-NOSEND", "an error: it has closed",
			  c->answer);
}

/* What a call's answer tells, at once or when it comes back. */
static void answered(const struct call *c)
{
	enum verb_id id = c->verb->id;

	if (is_error(c->answer) || (id == VERB_ERROR && !is_number(c->answer)))
		told_error(c);
	else if (id == VERB_RECV || id == VERB_DRAIN)
		received(c);
	else if (id == VERB_SEND || id == VERB_FILL)
		sent(c);
	else if (id == VERB_ACCEPT) {
		c->e->accepted = true;
		begin_socket(c->e);
	}
}

/* The process is gone, and all its descriptors with it. */
static void do_exit(const struct call *c)
{
	do_unlisten(c);
	if (!c->e->closed && c->e->fds > 0)
		do_close(c);
	c->e->fds = 0;
	c->e->blocked.verb = c->e->threaded.verb = NULL;
}

/* Calls that do something to the connection. */
typedef void done_fn(const struct call *c);

static void done_listen(const struct call *c)
{
	c->e->listening = true;
	c->e->accepted = false;
	if (tape_judge_is_only(c->e, NO_CONNECTION))
		c->e->states = STATE_BIT(TCP_STATE_LISTEN);
}

static void done_connect(const struct call *c)
{
	begin_socket(c->e);
	c->e->rst_delivered = false;
	c->e->states = STATES_ANY;
}

/* connect(AF_UNSPEC) aborts what there is, and leaves a socket without any. */
static void do_connect(const struct call *c)
{
	if (strcmp(c->args, "unspec") != 0) {
		done_connect(c);
		return;
	}
	step_call(c, EVENT_ABORT);
	c->e->closed = c->e->wr_shut = true;
}

static void done_close(const struct call *c)
{
	if (--c->e->fds <= 0 && !c->e->closed)
		do_close(c);
}

/* "off", "0", or a time such as "2000ms". */
static void done_linger(const struct call *c)
{
	c->e->linger0 = strcmp(c->args, "0") == 0;
	c->e->linger_ns = strtoll(c->args, NULL, 10) * NS_PER_MS;
}

static void done_keepalive(const struct call *c)
{
	c->e->keepalive = strcmp(c->args, "off") != 0;
}

static void done_user_timeout(const struct call *c)
{
	c->e->user_timeout = true;
}

static void done_dup(const struct call *c)
{
	c->e->fds++;
}

static void done_forget(const struct call *c)
{
	c->e->states = STATE_BIT(TCP_STATE_CLOSED);
	c->e->forgotten = c->e->closed = true;
}

static void done_vanish(const struct call *c)
{
	c->e->vanished = true;
}

static void done_rcvbuf(const struct call *c)
{
	c->e->rcvbuf = true;
}

/* clang-format off */
static done_fn *const done[VERB_COUNT] = {
	[VERB_LISTEN] = done_listen,	   [VERB_UNLISTEN] = do_unlisten,
	[VERB_CONNECT] = do_connect,	   [VERB_SHUTDOWN] = do_shutdown,
	[VERB_CLOSE] = done_close,	   [VERB_LINGER] = done_linger,
	[VERB_KEEPALIVE] = done_keepalive, [VERB_DUP] = done_dup,
	[VERB_FORGET] = done_forget,	   [VERB_DESTROY] = do_destroy,
	[VERB_VANISH] = done_vanish,	   [VERB_FORK] = done_dup,
	[VERB_CHILD] = done_close,
	[VERB_RCVBUF] = done_rcvbuf,
	[VERB_USER_TIMEOUT] = done_user_timeout,
};
/* clang-format on */

/* Reads what the tape says of a call. verb is NULL where it says nothing. */
static struct call_out call_read(const char *text)
{
	size_t len = strcspn(text, " ");

	return (struct call_out){ verb_find(text, len),
				  text + len + strspn(text + len, " ") };
}

/* The call is made: what it does to the connection it does now. */
static void made(const struct call *c)
{
	if (c->verb->gives == GIVES_NOTHING)
		do_exit(c);
	else if (done[c->verb->id] &&
		 (!is_error(c->answer) || c->verb->id == VERB_CLOSE))
		done[c->verb->id](c);
}

/* "join" answers for the call that the second thread was told to make. */
static void answered_by(struct call *c, struct call_out out)
{
	if (out.verb && out.verb->id == VERB_JOIN) {
		out = c->e->threaded;
		c->e->threaded.verb = NULL;
	}
	c->came_back = true;
	c->verb = out.verb;
	c->args = out.args;
	if (c->verb && c->answer)
		answered(c);
}

void tape_judge_act(struct tape_judge *j, const struct tape_event *e)
{
	struct call_out out = call_read(e->text ? e->text : "");
	bool threaded = out.verb && out.verb->id == VERB_THREAD;
	struct call c = { .j = j,
			  .side = e->side,
			  .e = &j->end[e->side],
			  .answer = e->answer ? e->answer : "" };

	if (threaded)
		out = call_read(out.args);
	c.verb = out.verb;
	c.args = out.args;
	if (!c.verb)
		return;
	c.e->quiet_ns = j->now_ns;
	if (!tape_judge_waits(c.e))
		c.e->moved_ns = j->now_ns;
	made(&c);
	if (threaded && !is_error(c.answer))
		c.e->threaded = out;
	else if (strcmp(c.answer, "blocks") == 0)
		c.e->blocked = out;
	else if (out.verb->id == VERB_JOIN)
		answered_by(&c, out);
	else
		answered(&c);
}

void tape_judge_return(struct tape_judge *j, const struct tape_event *e)
{
	struct call c = { .j = j,
			  .side = e->side,
			  .e = &j->end[e->side],
			  .answer = e->answer };
	struct call_out out = c.e->blocked;

	c.e->blocked.verb = NULL;
	answered_by(&c, out);
}
