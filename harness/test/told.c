/* What a table of connections tells of: see told.h. */
#include "test/told.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "test/make.h"

const uint64_t told_seed[2] = { 0x1234567, 0x89abcdef };

static void on_over(void *ctx, const struct flows_over *o)
{
	struct told *told = ctx;

	if (told->n < KEPT_MAX)
		told->kept[told->n] = *o;
	told->n++;
	told->evicted += o->evicted;
	told->sum = told->sum * 31 + o->id * 7 + o->segments * 5 +
		    o->last_frame * 3 + o->end[SIDE_A].port;
	told->n_found += o->n_found;
	if (o->n_found)
		told->found = *o->found[o->n_found - 1];
}

static void on_seen(void *ctx, uint32_t id, enum side from,
		    const struct seg *seg, const struct wire_judge *judge)
{
	struct told *told = ctx;

	(void)seg;
	(void)judge;
	told->seen = id;
	told->from = from;
}

static void begin(struct told *told, size_t max, int64_t quiet_ns)
{
	struct flows_plan plan = { .seed = { told_seed[0], told_seed[1] },
				   .max = max,
				   .quiet_ns = quiet_ns,
				   .over = on_over,
				   .seen = on_seen,
				   .ctx = told,
				   .last_id = &told->last_id };

	memset(told, 0, sizeof(*told));
	told->at_once = 1;
	told->flows = flows_new(&plan);
	told->batch.flows = told->flows;
}

void told_begin(struct told *told, size_t max)
{
	begin(told, max, 0);
}

void told_begin_live(struct told *told, size_t max)
{
	begin(told, max, NS_PER_S);
}

static bool is_brief(const struct batch *b, const struct seg *seg)
{
	return b->briefs && seg->family == AF_INET && seg->len <= UINT16_MAX;
}

static void add(struct batch *b, const struct seg *seg,
		struct flows_whole whole, uint64_t frame, int64_t at_ns)
{
	struct flows_brief *brief = &b->brief[b->n];

	whole.at = (uint32_t)b->n;
	if (whole.kind == FLOWS_WHOLE && is_brief(b, seg))
		brief->tcp = make_brief(seg);
	else
		brief->whole = whole;
	brief->frame = frame;
	brief->at_ns = at_ns;
	b->seg[b->n++] = *seg;
	flows_note_seg(told_seed, 0, brief, seg);
}

void batch_add(struct batch *b, const struct seg *seg, uint64_t frame,
	       int64_t at_ns)
{
	add(b, seg, (struct flows_whole){ FLOWS_WHOLE, 0, 0 }, frame, at_ns);
}

void batch_add_quoted(struct batch *b, const struct seg *quoted,
		      enum icmp_error error)
{
	add(b, quoted, (struct flows_whole){ FLOWS_QUOTED, (uint8_t)error, 0 },
	    0, 0);
}

void batch_judge(struct batch *b)
{
	flows_judge_parts(&b->flows, b->brief, b->n, b->seg);
	b->since += b->n;
	if (b->since >= BATCH_PASS) {
		b->since = 0;
		flows_let_go_parts(&b->flows, 1, b->brief[b->n - 1].at_ns);
	}
	b->n = 0;
}

void told_end(struct told *told, int64_t s)
{
	batch_judge(&told->batch);
	flows_end_parts(&told->flows, 1, START + s * NS_PER_S);
	flows_free(told->flows);
}

static void set_client(struct seg_end *end_, int family, uint32_t c)
{
	end_->addr[family == AF_INET ? 1 : 15] = (uint8_t)(c >> 16);
	end_->addr[0] = 10;
	end_->port = (uint16_t)c;
}

void told_name(struct seg *seg, int family, uint32_t c, bool back)
{
	struct seg_end *client = back ? &seg->dst : &seg->src;
	struct seg_end *server = back ? &seg->src : &seg->dst;

	memset(&seg->src, 0, sizeof(seg->src));
	memset(&seg->dst, 0, sizeof(seg->dst));
	seg->family = family;
	set_client(client, family, c);
	server->addr[0] = 192;
	server->port = 80;
}

void told_give_seg(struct told *told, const struct seg *seg, int64_t at_ns)
{
	batch_add(&told->batch, seg, ++told->frame, at_ns);
	if (told->batch.n >= told->at_once)
		batch_judge(&told->batch);
}

void told_give(struct told *told, const struct step *step)
{
	struct seg seg = { .seq = step->seq,
			   .ack = step->ack,
			   .flags = step->flags,
			   .win = 1000,
			   .len = step->len };

	told_name(&seg, step->family, step->client, step->back);
	told_give_seg(told, &seg, START + step->s * NS_PER_S);
}

void told_give_all(struct told *told, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		told_give(told, &steps[i]);
}

/* Opened, closed by the client, and closed. */
void told_give_whole(struct told *told, int family, uint32_t c, int64_t s,
		     uint32_t isn)
{
	const struct step steps[] = {
		{ family, c, false, S, isn, 0, 0, s },
		{ family, c, true, S | A, 500, isn + 1, 0, s },
		{ family, c, false, A, isn + 1, 501, 0, s },
		{ family, c, false, F | A, isn + 1, 501, 0, s },
		{ family, c, true, F | A, 501, isn + 2, 0, s },
		{ family, c, false, A, isn + 2, 502, 0, s },
	};

	told_give_all(told, steps, ARRAY_SIZE(steps));
}

void told_pass(struct told *told, int64_t s)
{
	const struct step other = { AF_INET, 60000, false, A, 1, 1, 1, s };

	for (int i = 0; i < 2 * BATCH_PASS; i++)
		told_give(told, &other);
}
