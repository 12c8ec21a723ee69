#include "test/frames.h"

#include <stdlib.h>
#include <string.h>

#include "test/expect.h"

enum decap_kind open_exactly(const struct decap_frame *frame, size_t len,
			     struct seg *seg, uint32_t *next)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct decap_frame exact = *frame;
	enum decap_kind kind;

	if (len)
		memcpy(copy, frame->bytes, len);
	exact.bytes = copy;
	exact.len = (uint32_t)len;
	kind = decap_segment(&exact, seg, next);
	free(copy);
	return kind;
}

enum decap_kind open_frame(int link, const uint8_t *bytes, size_t len,
			   size_t wire_len, struct seg *seg)
{
	struct decap_frame frame = { link,	    bytes,
				     (uint32_t)len, (uint32_t)wire_len,
				     false,	    0 };
	uint32_t next;
	enum decap_kind kind = open_exactly(&frame, len, seg, &next);

	EXPECT_INT(next, 0);
	return kind;
}
