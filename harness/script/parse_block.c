/*
 * Blocks: steps put into the innermost one, and blocks closed into steps of
 * the one around. Knows braces, not what the steps do.
 */
#include <string.h>

#include "script/parser.h"

static struct frame *innermost(struct parser *p)
{
	return &p->frame[p->depth];
}

bool parse_opens_block(const struct parser *p)
{
	return p->ln.n && word_is(p->ln.word[p->ln.n - 1], "{");
}

static bool is_same_call(const struct step *a, const struct step *b)
{
	return a->kind == STEP_ACT && b->kind == STEP_ACT &&
	       a->act.side == b->act.side && a->act.verb == b->act.verb &&
	       strcmp(a->act.args, b->act.args) == 0;
}

/*
 * A branch is taken by what a call answers when all branches begin with that
 * call, which is made once.
 */
static int begin_call(struct parser *p, const struct step *st)
{
	const struct either *e = &innermost(p)->step.either;
	const struct step *first =
		e->n && e->branch[0].n ? &e->branch[0].steps[0] : st;

	if (st->kind == STEP_ACT && st->act.want.kind == WANT_BLOCKS)
		return parse_misplaced(p, "a branch of either begins with a "
					  "call that blocks, expected a "
					  "result");
	if (first->kind == st->kind
		    ? st->kind != STEP_ACT || is_same_call(first, st)
		    : first->kind != STEP_ACT && st->kind != STEP_ACT)
		return 0;
	return parse_misplaced(p, "a branch of either begins with a call, "
				  "expected all of them to begin with the "
				  "same call");
}

/*
 * A run takes a branch, and ends a repeat, by the first step in it: that has to
 * be one that can be looked for.
 */
static int begin(struct parser *p, const struct step *st)
{
	enum step_kind kind = st->kind;
	const struct frame *f = innermost(p);
	bool either = f->step.kind == STEP_EITHER;

	if (!p->step_line) {
		p->step_line = p->ln.number;
		if (!p->s->n_spec)
			return parse_misplaced(p,
					       "expected \"spec "
					       "REFERENCE\" before the first "
					       "step");
	}
	if (!p->depth || f->body.n || f->spoiled ||
	    (!either && kind == STEP_RUNG))
		return 0;
	if (either && (kind == STEP_RUNG || kind == STEP_QUIET ||
		       kind == STEP_IS || kind == STEP_ACT))
		return begin_call(p, st);
	return parse_misplaced(p, "%s must begin with %s",
			       either ? "a branch of either" : "a repeat",
			       either ? "a rung, quiet, is or a call"
				      : "a rung");
}

static void push(struct parser *p, const struct step *st)
{
	struct frame *f = innermost(p);

	*(struct step *)arena_push(&p->s->arena, &f->body.steps, &f->body.n,
				   sizeof(*st)) = *st;
}

int parse_add(struct parser *p, const struct step *st)
{
	if (begin(p, st) || parse_order(p, st))
		return -1;
	push(p, st);
	return 0;
}

/* A block is entered even when its first line was bad: its "}" will come. */
static int enter(struct parser *p, const struct step *st, bool bad)
{
	struct frame *f;

	if (p->depth == PARSE_DEPTH_MAX) {
		p->too_deep++;
		return parse_fault(p, "a block in %d others, expected fewer",
				   PARSE_DEPTH_MAX);
	}
	if (!bad)
		begin(p, st);
	p->depth++;
	f = innermost(p);
	memset(f, 0, sizeof(*f));
	f->step = *st;
	f->branch_line = st->line;
	f->bad_head = bad;
	memcpy(f->before, p->call, sizeof(f->before));
	return 0;
}

/* "{" has to be word number at, and the last. */
static int read_brace(struct parser *p, size_t at)
{
	p->brace_owed = !parse_opens_block(p);
	if (p->brace_owed)
		return parse_fault(p, "expected \"{\" at the end of the line");
	if (p->ln.n == at + 1)
		return 0;
	return parse_fault(p, "%s: expected \"{\" instead",
			   parse_show(p, p->ln.word[at]));
}

static int read_times(struct parser *p, struct repeat *r)
{
	struct word w, min, max;
	int64_t low, high;

	if (parse_word(p, 1, "N or MIN..MAX", &w))
		return -1;
	if (!word_split(w, "..", &min, &max))
		min = max = w;
	if (word_number(min, 0, PARSE_REPEAT_MAX, &low) ||
	    word_number(max, 1, PARSE_REPEAT_MAX, &high))
		return parse_fault(p,
				   "repeat %s: expected N or MIN..MAX, at "
				   "most %d",
				   parse_show(p, w), PARSE_REPEAT_MAX);
	if (low > high)
		return parse_fault(p,
				   "repeat %s: a range that ends before it "
				   "begins",
				   parse_show(p, w));
	r->min = (long)low;
	r->max = (long)high;
	return 0;
}

int parse_repeat(struct parser *p)
{
	struct step st = { .kind = STEP_REPEAT, .line = p->ln.number };
	bool bad = read_times(p, &st.repeat) || read_brace(p, 2);

	p->brace_owed = !parse_opens_block(p);
	return enter(p, &st, bad);
}

/*
 * "[deviates ID[, ID ...]] {" from word at on: what the branch breaks. A head
 * that is wrong still opens its branch.
 */
static int read_branch(struct parser *p, size_t at, struct breach *breach)
{
	const struct refs to = { &breach->id, &breach->line, &breach->n };

	memset(breach, 0, sizeof(*breach));
	if (at >= p->ln.n || !word_is(p->ln.word[at], "deviates"))
		return read_brace(p, at);
	if (parse_refs(p, at + 1, p->ln.n - parse_opens_block(p),
		       PARSE_DEVIATES, &to))
		return -1;
	return read_brace(p, p->ln.n - 1);
}

int parse_either(struct parser *p)
{
	struct step st = { .kind = STEP_EITHER, .line = p->ln.number };
	struct breach breach;
	bool bad = read_branch(p, 1, &breach);

	p->brace_owed = !parse_opens_block(p);
	if (enter(p, &st, bad))
		return -1;
	innermost(p)->breach = breach;
	return 0;
}

/* Ends the branch of an either, or the body of a repeat. */
static void end_branch(struct parser *p, struct frame *f)
{
	struct either *e = &f->step.either;
	size_t n = e->n;

	if (!f->body.n && !f->spoiled)
		parse_misplaced(p, "%s of line %d is empty, expected a rung",
				f->step.kind == STEP_REPEAT ? "the repeat"
							    : "the branch",
				f->branch_line);
	if (f->step.kind == STEP_REPEAT) {
		f->step.repeat.body = f->body;
		return;
	}
	*(int *)arena_push(&p->s->arena, &e->line, &n, sizeof(int)) =
		f->branch_line;
	n = e->n;
	*(struct breach *)arena_push(&p->s->arena, &e->breach, &n,
				     sizeof(struct breach)) = f->breach;
	*(struct block *)arena_push(&p->s->arena, &e->branch, &e->n,
				    sizeof(struct block)) = f->body;
	if (f->left)
		parse_merge_calls(f->after, p->call);
	else
		memcpy(f->after, p->call, sizeof(f->after));
	f->left = true;
}

/* "} or {", "} or deviates ID {" */
static int next_branch(struct parser *p)
{
	struct frame *f = innermost(p);

	if (!p->depth)
		return parse_fault(p, "\"} or {\" without an either before");
	if (f->step.kind == STEP_REPEAT)
		return parse_fault(p,
				   "\"} or {\" in the repeat of line %d, "
				   "expected \"}\"",
				   f->step.line);
	end_branch(p, f);
	memset(&f->body, 0, sizeof(f->body));
	memcpy(p->call, f->before, sizeof(p->call));
	f->branch_line = p->ln.number;
	f->spoiled = false;
	return read_branch(p, 2, &f->breach);
}

static void leave(struct parser *p)
{
	struct frame *f = innermost(p);

	end_branch(p, f);
	if (f->step.kind == STEP_EITHER)
		memcpy(p->call, f->after, sizeof(p->call));
	else if (f->step.repeat.min == 0)
		parse_merge_calls(p->call, f->before);
	if (f->step.kind == STEP_EITHER && f->step.either.n < 2)
		parse_misplaced(p,
				"the either of line %d has one branch, "
				"expected \"} or {\" and another",
				f->step.line);
	p->depth--;
	push(p, &f->step);
}

/* A line that begins with "}" and says more, but not "or {". */
static int bad_close(struct parser *p)
{
	parse_fault(p,
		    "%s: expected \"} or {\", \"} or deviates ID {\", or "
		    "\"}\" alone",
		    parse_join(p, 0, p->ln.n < 4 ? p->ln.n : 4));
	/* With a "{" the line was meant to begin another branch. */
	if (p->depth && !parse_opens_block(p))
		leave(p);
	return -1;
}

int parse_close(struct parser *p)
{
	if (p->ln.n > 2 && word_is(p->ln.word[1], "or") &&
	    (word_is(p->ln.word[2], "deviates") ||
	     (p->ln.n == 3 && parse_opens_block(p))))
		return next_branch(p);
	if (p->ln.n > 1)
		return bad_close(p);
	if (!p->depth)
		return parse_misplaced(p, "\"}\" closes nothing, expected a "
					  "block before");
	leave(p);
	return 0;
}

/* Blocks that are open at the end lack their "}". */
static void report_open(struct parser *p)
{
	for (; p->depth; p->depth--) {
		const struct frame *f = innermost(p);

		if (!f->bad_head)
			parse_fault(p,
				    "end of file, expected \"}\" for the "
				    "%s of line %d",
				    f->step.kind == STEP_REPEAT ? "repeat"
								: "either",
				    f->step.line);
	}
}

void parse_finish(struct parser *p)
{
	if (!p->ln.number)
		p->ln.number = 1;
	report_open(p);
	if (!p->case_line)
		parse_misplaced(p, "nothing in the file, expected \"case "
				   "TITLE\"");
	else if (!p->step_line && !p->s->n_spec)
		parse_misplaced(p, "expected \"spec REFERENCE\" in the head");
	else if (!p->frame[0].body.n && !p->frame[0].spoiled)
		parse_misplaced(p, "no step in the case, expected at least "
				   "one");
	p->s->body = p->frame[0].body;
}
