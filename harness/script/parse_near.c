/* Misspelt words: the nearest of a list. Knows distances, not meanings. */
#include <ctype.h>
#include <string.h>

#include "script/parser.h"

#define NEAR_MAX 24

const char *parse_nth_state(size_t i, char buf[16])
{
	(void)buf;
	i += TCP_STATE_NONE + 1;
	return i < TCP_STATE_COUNT ? name_state((enum tcp_state)i) : NULL;
}

const char *parse_nth_errno(size_t i, char buf[16])
{
	return i < 133 ? name_errno((int)i + 1, buf) : NULL;
}

const char *parse_nth_verb(size_t i, char buf[16])
{
	static const char *const others[] = { "is", "count", "returns" };

	(void)buf;
	if (i < ARRAY_SIZE(others))
		return others[i];
	i -= ARRAY_SIZE(others);
	return i < VERB_COUNT ? verb_of((enum verb_id)i)->name : NULL;
}

/* Letters differ in more than their case. */
static int differ(char a, char b)
{
	if ((a == '_' && b == '-') || (a == '-' && b == '_'))
		return 0;
	return toupper((unsigned char)a) != toupper((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters left out, added, changed or swapped with the next between a and b. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[NEAR_MAX + 1][NEAR_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t k = 0; k <= m; k++)
		d[0][k] = k;
	for (size_t i = 1; i <= n; i++) {
		for (size_t k = 1; k <= m; k++) {
			d[i][k] = least(d[i - 1][k], d[i][k - 1]) + 1;
			d[i][k] = least(d[i][k],
					d[i - 1][k - 1] +
						(size_t)differ(a[i - 1],
							       b[k - 1]));
			if (i > 1 && k > 1 && !differ(a[i - 1], b[k - 2]) &&
			    !differ(a[i - 2], b[k - 1]))
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	}
	return d[n][m];
}

const char *parse_near(struct word w, parse_nth_fn *nth, char buf[16])
{
	size_t best = 3, found = 0;
	const char *name;

	for (size_t i = 0; (name = nth(i, buf)); i++) {
		size_t len = strlen(name), d;

		if (w.len > NEAR_MAX || len > NEAR_MAX)
			continue;
		d = distance(w.at, w.len, name, len);
		if (d >= best || d * 3 > len)
			continue;
		best = d;
		found = i + 1;
	}
	return found ? nth(found - 1, buf) : NULL;
}
