/*
 * The ladder as a picture: two lifelines, the states along them, segments as
 * arrows, calls at their end, as SVG. The lines are those of the text
 * (ladder_lines.h). Pure but for the stream it prints to.
 *
 * A picture is rows of one height, and a row is parts that are drawn one over
 * the other. Many rows of many ladders have the same parts, so that who keeps
 * thousands of pictures keeps each part once.
 */
#ifndef TAPE_PICTURE_H
#define TAPE_PICTURE_H

#include <stdio.h>

#include "base/arena.h"
#include "tape/tape.h"

#define PICTURE_WIDTH 808
#define PICTURE_ROW   28 /* the height of a row; all in the same units */
#define PICTURE_TOP   6	 /* above the first row, and below the last */

/*
 * What a row has besides its parts: the time, and the number of the frame.
 * The text follows, and "</text>".
 */
#define PICTURE_TIME  "<text class=\"t\" x=\"84\" y=\"19\">"
#define PICTURE_FRAME "<text class=\"t\" x=\"800\" y=\"19\">#"

/* What is wrong with a frame, or with the whole of a ladder. */
struct picture_mark {
	bool is_deviation; /* else it is wrong */
	size_t frame;	   /* or TAPE_NO_FRAME: it stands at the end */
	const char *text;
	const char *sign; /* before it; NULL: the usual for these two */
};

struct picture_row {
	const char **part; /* SVG elements, placed from the row's top */
	size_t n_part;
	int64_t at_ns;	/* since the ladder began; below 0: none is shown */
	uint64_t frame; /* of the capture, from 1; 0: none is shown */
};

struct picture {
	struct arena *arena; /* the caller's, which owns all that is here */
	struct picture_row *row;
	size_t n;
};

/* One row of text, above a ladder. */
void picture_heading(struct picture *p, const char *text);

/* What is drawn of a ladder. */
struct picture_of {
	const struct tape *tape;
	const uint64_t *number; /* of each frame in its capture; NULL: 1, 2 */
	const struct picture_mark *mark;
	size_t n_mark;
};

/*
 * The ladder, below a row that names the ends. What is said of a marked frame
 * stands below it.
 */
void picture_tape(struct picture *p, const struct picture_of *of);

/* The marks of a tape's own finding and deviations. */
size_t picture_marks(struct arena *a, const struct tape *t,
		     const struct picture_mark **mark);

/*
 * What stands before the rows and behind them. The height follows from the
 * rows; title is told to those who cannot see it. How all looks says a style
 * sheet, which is in the picture, so that it stands alone; or, of many in one
 * page, where its own is.
 */
extern const char picture_style[];
void picture_begin(FILE *out, const char *title, size_t n_row, bool with_style);
void picture_end(FILE *out);

/* The whole picture without a style sheet: an element for a page. */
void picture_put(FILE *out, const struct picture *p, const char *title);

/* The whole picture, as an SVG document. */
void picture_print(FILE *out, const struct picture *p, const char *title);

/*
 * All at once: the picture of a case's tape, with a heading and its own marks,
 * as an SVG document. Frames are numbered from 1, as in its capture.
 */
void picture_print_tape(FILE *out, const struct tape *t, const char *title);

#endif
