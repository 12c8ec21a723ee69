/* What a row is drawn with. Private to the picture*.c files. */
#ifndef TAPE_PICTURE_OWN_H
#define TAPE_PICTURE_OWN_H

#include "tape/ladder_lines.h"
#include "tape/picture.h"

/* The two lifelines, and what lies between and beside them. */
#define LIFE_A	       206
#define LIFE_B	       652
#define MIDDLE	       ((LIFE_A + LIFE_B) / 2)
#define ARROW_Y	       19  /* of an arrow, from its row's top */
#define ABOVE_Y	       13  /* of the text on it */
#define PICTURE_TEXT_Y 19  /* of a text that is on none */
#define CHARACTER      7.2 /* the width of one, at 12 units */

struct picture_row *picture_add_row(struct picture *p);

/* Adds a part, whose text is the picture's arena's. */
void picture_add_part(struct picture *p, struct picture_row *row,
		      const char *part);

/* text as it stands in an element, in the arena. */
const char *picture_escape(struct arena *a, const char *text);

/* A text that is made narrower where it would be wider than room. */
const char *picture_text(struct arena *a, const char *looks, int x, int y,
			 const char *text, int room);

/*
 * Draws a line's arrow, call or note. rows is by how many rows it was sent
 * above: what was held, or waited.
 */
void picture_draw(struct picture *p, struct picture_row *row,
		  const struct tape *t, const struct ladder_line *line,
		  size_t rows);

/* The state of an end, where it has changed. */
void picture_draw_state(struct picture *p, struct picture_row *row,
			enum side side, enum tcp_state state);

#endif
