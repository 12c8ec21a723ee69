/*
 * What breaks the rules of endings that do not end: an exact RST that its
 * receiver does not heed, and loops. The rows that name these tests, and what
 * excuses them, are in judge/wire_rules.c.
 */
#include "judge/wire_rules.h"

/* One RST may have been lost behind the capture; hardly three. */
TEST(ignores_rsts, c->me->unheeded_late >= UNHEEDED_LEAST)
TEST(ignores_rst, c->me->unheeded_late)

/* The same, of an RST that refuses its SYN: there is one to each SYN. */
TEST(ignores_refusals,
     end_has(c->me, SYN_UNHEEDING) && c->me->unheeded >= UNHEEDED_SYNS)
TEST(ignores_refusal, end_has(c->me, SYN_UNHEEDING))

static bool is_made_of(const struct wire_context *c, unsigned int kinds)
{
	return (c->j->loop_has & kinds) == kinds;
}

TEST(goes_round_with_copies, is_made_of(c, LOOP_AGAIN))
TEST(goes_round_with_syn, is_made_of(c, LOOP_SYN) && !is_made_of(c, LOOP_RST))
TEST(goes_round_in_vain, is_made_of(c, LOOP_SYN | LOOP_RST))
TEST(goes_round_with_rst, is_made_of(c, LOOP_RST | LOOP_ACK))
TEST(goes_round_in_rsts, !is_made_of(c, LOOP_ACK))
TEST(goes_round_with_fin, is_made_of(c, LOOP_FIN))
TEST(goes_round_at_odds, is_made_of(c, LOOP_DISAGREE))
TEST(goes_round, !(c->j->loop_has & (LOOP_RST | LOOP_FIN | LOOP_DISAGREE)))
