/* The TCP options of a rung's segment. Knows no other fields. */
#include "script/parse_field.h"

#define MSS_MAX	   65535
#define WSCALE_MAX 255 /* what has room; 14 is the most that counts */

static int read_tsval(struct fields *f)
{
	static const char forged[] = "+N or -N, from the last sent";
	static const char seen[] = "+N or -N, or a range such as +0..+100, "
				   "from the last sent";
	const char *expected = f->forged ? forged : seen;
	struct word w, least, most;

	if (field_value(f, expected, &w))
		return -1;
	if (f->forged || !word_split(w, "..", &least, &most))
		least = most = w;
	if (word_offset(least, INT32_MIN, INT32_MAX, &f->pat->tsval) ||
	    word_offset(most, INT32_MIN, INT32_MAX, &f->pat->tsval_most) ||
	    f->pat->tsval > f->pat->tsval_most)
		return field_bad(f, expected);
	return 0;
}

static int read_tsecr(struct fields *f)
{
	static const char expected[] =
		"+N or -N, from the last TSval that the other end sent";
	struct word w;

	if (field_value(f, expected, &w))
		return -1;
	return word_offset(w, INT32_MIN, INT32_MAX, &f->pat->tsecr)
		       ? field_bad(f, expected)
		       : 0;
}

static int read_size(struct fields *f, int64_t max, const char *expected,
		     int32_t *size)
{
	struct word w;
	int64_t n;

	if (field_value(f, expected, &w))
		return -1;
	if (word_number(w, 0, max, &n))
		return field_bad(f, expected);
	*size = (int32_t)n;
	return 0;
}

static int read_mss(struct fields *f)
{
	return read_size(f, MSS_MAX, "a number from 0 to 65535", &f->pat->mss);
}

static int read_wscale(struct fields *f)
{
	return read_size(f, WSCALE_MAX, "a shift from 0 to 255",
			 &f->pat->wscale);
}

static int read_ts(struct fields *f)
{
	f->pat->ts = true;
	return 0;
}

static int read_sackok(struct fields *f)
{
	f->pat->sackok = true;
	return 0;
}

static int read_block(struct word w, struct pattern_sack *block)
{
	struct word from, to;

	if (!word_split(w, ":", &from, &to) ||
	    word_number(from, INT32_MIN, INT32_MAX, &block->from) ||
	    word_number(to, INT32_MIN, INT32_MAX, &block->to))
		return -1;
	return 0;
}

static int read_sack(struct fields *f)
{
	static const char expected[] = "one to four ranges N:M with commas "
				       "between them";
	struct pattern *pat = f->pat;
	struct word rest, one, left;
	bool more;

	if (field_value(f, expected, &rest))
		return -1;
	do {
		more = word_split(rest, ",", &one, &left);
		if (!more)
			one = rest;
		if (pat->n_sack == PATTERN_SACK_MAX ||
		    read_block(one, &pat->sack[pat->n_sack++]))
			return field_bad(f, expected);
		rest = left;
	} while (more);
	return 0;
}

/* "no ts": the option is not there. */
static int read_no(struct fields *f)
{
	static const char expected[] = "ts, mss, wscale, sackok or sack";
	static const struct {
		const char *name;
		unsigned int set;
	} options[] = {
		{ "ts", PAT_TS },	  { "mss", PAT_MSS },
		{ "wscale", PAT_WSCALE }, { "sackok", PAT_SACKOK },
		{ "sack", PAT_SACK },
	};
	struct word w;

	if (field_value(f, expected, &w))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!word_is(w, options[i].name))
			continue;
		if (options[i].set == PAT_MSS)
			f->pat->mss = -1;
		if (options[i].set == PAT_WSCALE)
			f->pat->wscale = -1;
		return field_once(f, options[i].name, options[i].set);
	}
	return field_bad(f, expected);
}

const struct field *parse_option_field(struct word w)
{
	static const struct field fields[] = {
		{ "ts", PAT_TS, 1, read_ts },
		{ "no", 0, 2, read_no },
		{ "tsval", PAT_TSVAL, 2, read_tsval },
		{ "tsecr", PAT_TSECR, 2, read_tsecr },
		{ "mss", PAT_MSS, 2, read_mss },
		{ "wscale", PAT_WSCALE, 2, read_wscale },
		{ "sackok", PAT_SACKOK, 1, read_sackok },
		{ "sack", PAT_SACK, 2, read_sack },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (word_is(w, fields[i].name))
			return &fields[i];
	return NULL;
}

int parse_options_agree(const struct fields *f)
{
	const struct pattern *pat = f->pat;
	bool no_ts = pat->set & PAT_TS && !pat->ts;

	if (no_ts && pat->set & (PAT_TSVAL | PAT_TSECR))
		return parse_fault(f->p,
				   "%s with \"no ts\", expected one of them",
				   pat->set & PAT_TSVAL ? "tsval" : "tsecr");
	return 0;
}
