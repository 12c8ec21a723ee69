/* How far apart two words are. Knows no word of the language. */
#include "script/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_same(char a, char b)
{
	if ((a == '_' && b == '-') || (a == '-' && b == '_'))
		return true;
	return toupper((unsigned char)a) == toupper((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One more row, of the word's letter i: the two before it are known. */
static void next_row(size_t row[3][NEAR_MAX + 1], struct word w, size_t i,
		     const char *b, size_t m)
{
	size_t *now = row[i % 3], *last = row[(i + 2) % 3];
	const size_t *before = row[(i + 1) % 3];
	const char *a = w.at;

	now[0] = i;
	for (size_t k = 1; k <= m; k++) {
		now[k] = least(last[k], now[k - 1]) + 1;
		now[k] = least(now[k],
			       last[k - 1] + !is_same(a[i - 1], b[k - 1]));
		if (i > 1 && k > 1 && is_same(a[i - 1], b[k - 2]) &&
		    is_same(a[i - 2], b[k - 1]))
			now[k] = least(now[k], before[k - 2] + 1);
	}
}

size_t near_distance(struct word w, const char *name)
{
	size_t row[3][NEAR_MAX + 1];
	size_t m = strlen(name);

	if (w.len > NEAR_MAX || m > NEAR_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= m; k++)
		row[0][k] = k;
	for (size_t i = 1; i <= w.len; i++)
		next_row(row, w, i, name, m);
	return row[w.len % 3][m];
}
