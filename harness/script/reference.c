/* The forms of references. Knows no requirement and no document. */
#include "script/reference.h"

#include "base/array.h"

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"
#define NAME  UPPER DIGIT "abcdefghijklmnopqrstuvwxyz._-"

static bool is_in(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set;
}

/* Takes the letters at the front that are in the set: how many there were. */
static size_t take(struct word *w, const char *set)
{
	size_t n = 0;

	while (n < w->len && is_in(w->at[n], set))
		n++;
	w->at += n;
	w->len -= n;
	return n;
}

/* The one letter at the front, if it is that. */
static bool take_one(struct word *w, char c)
{
	bool is = w->len && *w->at == c;

	w->at += is;
	w->len -= is;
	return is;
}

/* "RFC9293" */
static bool take_source(struct word *w)
{
	bool is = take(w, UPPER);

	take(w, DIGIT);
	return is;
}

static bool is_requirement(struct word w)
{
	return take_source(&w) && take_one(&w, '-') && take(&w, NAME) && !w.len;
}

static bool is_document(struct word w)
{
	return take_source(&w) && take_one(&w, ' ') && w.len;
}

static bool is_page(struct word w)
{
	return take(&w, NAME) && take_one(&w, '(') && take(&w, DIGIT) &&
	       take_one(&w, ')') && (!w.len || take_one(&w, ' '));
}

static bool is_thread(struct word w)
{
	if (!take(&w, NAME) || !take_one(&w, '/') || !take(&w, NAME))
		return false;
	if (take_one(&w, '#'))
		return take(&w, DIGIT) && !w.len;
	return take_one(&w, '@') && take(&w, DIGIT "abcdef") && !w.len;
}

static bool is_url(struct word w)
{
	struct word left, right;

	return (word_begins(w, "https://") || word_begins(w, "http://")) &&
	       !word_split(w, " ", &left, &right);
}

enum reference_kind reference_kind(struct word ref)
{
	static const struct {
		bool (*is)(struct word w);
		enum reference_kind kind;
	} kinds[] = {
		{ is_requirement, REFERENCE_REQUIREMENT },
		{ is_document, REFERENCE_DOCUMENT },
		{ is_page, REFERENCE_PAGE },
		{ is_thread, REFERENCE_THREAD },
		{ is_url, REFERENCE_URL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].is(ref))
			return kinds[i].kind;
	return REFERENCE_NONE;
}
