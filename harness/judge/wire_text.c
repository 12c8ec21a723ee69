/*
 * The texts of findings: a row says which numbers stand where, by the names
 * below. Knows no rule.
 */
#include "judge/wire_rules.h"

#include <string.h>

#include "base/digits.h"

/* A number as people read it: from the sender's SYN on, when it was seen. */
static uint32_t of(const struct wire_end *e, uint32_t seq)
{
	return end_has(e, SENT_SYN) ? seq - e->snd_isn : seq;
}

/* How many a second, rounded up. */
static uint64_t a_second(uint32_t n, uint32_t ms)
{
	return ms ? ((uint64_t)n * 1000 + ms - 1) / ms : n;
}

/*
 * me has sent the segment. RFC 9293's variables are me's, as far as segments
 * show them, but for those that say peer_.
 */
/* clang-format off */
#define NUMBERS(X) \
	X(seg_seq, of(me, seg->seq)) \
	X(seg_ack, of(peer, seg->ack)) \
	X(seg_len, seg->len) \
	X(seg_fin, of(me, seg->seq + (uint32_t)seg->len)) \
	X(snd_una, of(me, peer->rcv_nxt)) \
	X(snd_nxt, of(me, me->snd_nxt)) \
	X(wnd_edge, of(me, peer->right_edge)) \
	X(fin, of(me, me->fin_seq)) \
	X(after_fin, of(me, me->fin_seq + 1)) \
	X(rst, of(me, me->rst_seq)) \
	X(peer_una, of(peer, me->rcv_nxt)) \
	X(peer_nxt, of(peer, peer->snd_nxt)) \
	X(peer_nxt_then, of(peer, me->peer_nxt)) \
	X(peer_edge, of(peer, me->right_edge)) \
	X(peer_after_fin, of(peer, peer->fin_seq + 1)) \
	X(peer_rst, of(peer, peer->rst_seq)) \
	X(fins, me->fins) \
	X(gap_ms, c->gap_ms) \
	X(gaps, me->even_gaps + 1u) \
	X(storm, me->storm) \
	X(soon_ms, SOON_MS) \
	X(rtt_ms, me->rtt_ms - 1u) \
	X(waited_ms, c->ms - me->fin_ms) \
	X(peer_waited_ms, c->ms - peer->fin_ms) \
	X(below, me->below) \
	X(late, me->late) \
	X(low_acks, me->low_acks) \
	X(rst_ms, passed_ms(c->ms, me->rst_ms)) \
	X(peer_fin, of(peer, peer->fin_seq)) \
	X(peer_rst_ms, passed_ms(c->ms, peer->rst_ms)) \
	X(overtaken_ms, OVERTAKEN_MS) \
	X(iss, me->snd_isn) \
	X(since_start_ms, c->ms) \
	X(padded, me->padded) \
	X(icmps, me->icmps) \
	X(rsts, me->rsts) \
	X(many_rsts, MANY_RSTS) \
	X(unheeded, me->unheeded) \
	X(unheeded_ms, me->last_ms - c->j->exact_ms) \
	X(unheeded_rate, \
	  a_second(me->unheeded, me->last_ms - c->j->exact_ms)) \
	X(loops, c->j->loops) \
	X(loop_ms, c->j->loop_to_ms - c->j->loop_ms) \
	X(loop_rate, \
	  a_second(c->j->loops, c->j->loop_to_ms - c->j->loop_ms)) \
	X(asked, wire_sent_lately(c))
/* clang-format on */

#define NUMBER_OF(name, value)                                      \
	static uint64_t number_##name(const struct wire_context *c, \
				      const struct wire_end *me,    \
				      const struct wire_end *peer,  \
				      const struct seg *seg)        \
	{                                                           \
		(void)c, (void)me, (void)peer, (void)seg;           \
		return value;                                       \
	}
#define ROW(name, value) { #name, sizeof(#name) - 1, number_##name },

NUMBERS(NUMBER_OF)

static const struct {
	const char *name;
	size_t len;
	uint64_t (*of)(const struct wire_context *c, const struct wire_end *me,
		       const struct wire_end *peer, const struct seg *seg);
} numbers[] = { NUMBERS(ROW) };

#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static size_t find_number(const char *name, size_t len)
{
	size_t i = 0;

	while (i < N_NUMBERS && (numbers[i].len != len ||
				 memcmp(numbers[i].name, name, len) != 0))
		i++;
	return i;
}

static bool is_name(const char *word, const char *name, size_t len)
{
	return strlen(word) == len && memcmp(word, name, len) == 0;
}

/* A text so far, terminated in the end; what has no room is left out. */
struct said {
	char *to;
	size_t n;
};

static void say(struct said *s, const char *text, size_t len)
{
	size_t room = JUDGE_TEXT_MAX - 1 - s->n;

	if (len > room)
		len = room;
	memcpy(s->to + s->n, text, len);
	s->n += len;
}

static void say_name(struct said *s, const char *name)
{
	say(s, name, strlen(name));
}

/* What is called so; a name that nothing has stands as it is. */
static void say_value(struct said *s, const struct wire_context *c,
		      const char *name, size_t len)
{
	size_t i = find_number(name, len);
	char text[DIGITS_ROOM], flags[NAME_FLAGS_MAX];

	if (i < N_NUMBERS) {
		uint64_t n = numbers[i].of(c, c->me, c->peer, c->seg);

		say(s, text, (size_t)(digits_put(text, n) - text));
	} else if (is_name("flags", name, len)) {
		say_name(s, name_flags(c->seg->flags, flags));
	} else if (is_name("icmp", name, len)) {
		say_name(s, icmp_name((enum icmp_error)c->me->icmp));
	} else {
		say(s, "{", 1);
		say(s, name, len);
		say(s, "}", 1);
	}
}

void wire_text(const struct wire_context *c, const char *text,
	       char to[JUDGE_TEXT_MAX])
{
	struct said s = { to, 0 };

	while (*text) {
		size_t len = strcspn(text, "{");

		say(&s, text, len);
		text += len;
		if (!*text)
			break;
		len = strcspn(++text, "}");
		say_value(&s, c, text, len);
		text += len + (text[len] == '}');
	}
	to[s.n] = '\0';
}
