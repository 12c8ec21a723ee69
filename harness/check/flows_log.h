/*
 * The first segments of a connection, kept as they came until it is clear what
 * it is. Most connections are short: of these all is there when the judge looks
 * at it for the first time. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_LOG_H
#define CHECK_FLOWS_LOG_H

#include "check/flows.h"
#include "judge/wire_whole.h"

#define LOG_MOST 10

struct row_log {
	int64_t at_ns; /* of the first one, */
	uint64_t frame;
	uint32_t had;	   /* how many, and LOG_FIN for each FIN among them */
	uint32_t since_ns; /* the first one, of the last */
	struct wire_kept kept[LOG_MOST];
};

#define LOG_FIN 0x10u

_Static_assert(LOG_MOST < LOG_FIN, "both are counted in one number");

static inline uint32_t log_length(const struct row_log *log)
{
	return log->had % LOG_FIN;
}

static inline const struct wire_kept *log_last(const struct row_log *log)
{
	return &log->kept[log_length(log) - 1];
}

static inline int64_t log_at_ns(const struct row_log *log, uint32_t i)
{
	return log->at_ns + log->kept[i].since_ns;
}

static inline uint64_t log_frame(const struct row_log *log, uint32_t i)
{
	return log->frame + (log->kept[i].frames >> 1);
}

static __always_inline void log_put(struct row_log *log,
				    const struct decap_brief *tcp,
				    uint64_t since_ns, uint64_t frames)
{
	struct wire_kept *kept = &log->kept[log_length(log)];

	kept->tcp = *tcp;
	kept->since_ns = (uint32_t)since_ns;
	kept->frames = (uint32_t)frames;
	log->since_ns = (uint32_t)since_ns;
	log->had += 1 + (tcp->flags & FLAG_FIN) * LOG_FIN;
}

_Static_assert(FLAG_FIN == 1, "it is counted");

/* A SYN that begins a connection. */
static inline void log_begin(struct row_log *log,
			     const struct flows_brief *brief)
{
	log->at_ns = brief->at_ns;
	log->frame = brief->frame;
	log->had = 0;
	log_put(log, &brief->tcp, 0, SIDE_A);
}

/* Of a SYN that is not the first segment. */
static inline bool log_is_answer(const struct row_log *log, enum side from,
				 const struct decap_brief *tcp)
{
	return log->had == 1 && from == SIDE_B && tcp->flags & FLAG_ACK &&
	       !(tcp->flags & FLAG_RST) && tcp->ack == log->kept[0].tcp.seq + 1;
}

/*
 * The next segment, if there is room. False: it is not kept, as it may be of
 * another connection, or ends this one, or comes seconds later, or the
 * capture's clock has gone back.
 */
static __always_inline bool log_add(struct row_log *log, enum side from,
				    const struct flows_brief *brief)
{
	uint64_t since_ns = (uint64_t)brief->at_ns - (uint64_t)log->at_ns;
	uint64_t since_last = since_ns - log->since_ns;
	uint64_t frames = (brief->frame - log->frame) << 1 | from;

	if ((since_ns | since_last | frames) >> 32)
		return false;
	if (brief->tcp.flags & (FLAG_SYN | FLAG_RST) &&
	    !log_is_answer(log, from, &brief->tcp))
		return false;
	log_put(log, &brief->tcp, since_ns, frames);
	return true;
}

/* There have been two FINs, of both ends as a rule. */
static inline bool log_has_fins(const struct row_log *log)
{
	return log->had >= 2 * LOG_FIN;
}

/* There is no more room; or it is worth a look whether both have closed. */
static inline bool log_is_ripe(const struct row_log *log)
{
	return log_has_fins(log) || log_length(log) == LOG_MOST;
}

#endif
