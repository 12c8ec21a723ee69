/*
 * Any octets as a recording: its blocks lie in the file one after the other,
 * an event line that reads is written and read back as the same, and a tape
 * that reads holds together.
 */
#include "fuzz/fuzz.h"

#include "tape/evidence.h"
#include "packet/pcapng.h"

static bool is_in(const void *at, size_t len, const uint8_t *data, size_t size)
{
	const uint8_t *p = at;

	return len == 0 ||
	       (p >= data && len <= size && p - data <= (long)(size - len));
}

static void check_event(const char *line, size_t len)
{
	struct tape t = { .n_event = 0 };
	struct tape_event event, again;
	size_t number, number_again;
	struct fault f;
	const char *text, *text_again;

	if (tape_event_parse(&t, line, len, &number, &event, &f) == 0) {
		*tape_add(&t, event.kind, event.line, event.at_ns) = event;
		text = tape_event_text(&t, 0);
		MUST(tape_event_parse(&t, text, strlen(text), &number_again,
				      &again, &f) == 0);
		MUST(number_again == 0);
		t.event[0] = again;
		text_again = tape_event_text(&t, 0);
		MUST(strcmp(text, text_again) == 0);
	} else {
		MUST(f.text[0] != '\0');
	}
	tape_clear(&t);
}

static void check_options(const struct pcapng_block *b, const uint8_t *data,
			  size_t size)
{
	size_t at = 0, len;
	const char *value;

	while ((value = pcapng_option(b, PCAPNG_OPT_COMMENT, &at, &len))) {
		MUST(is_in(value, len, data, size));
		MUST(at <= b->options_len);
		check_event(value, len);
	}
}

static void check_blocks(const uint8_t *data, size_t size)
{
	struct pcapng_block b;
	struct fault f = { "" };
	size_t at = 0, before = 0;
	int got;

	while ((got = pcapng_next(data, size, &at, &b, &f)) == 1) {
		MUST(at > before && at <= size);
		before = at;
		MUST(is_in(b.options, b.options_len, data, size));
		if (b.kind == PCAPNG_PACKET)
			MUST(is_in(b.bytes, b.len, data, size));
		check_options(&b, data, size);
	}
	MUST(got == 0 || f.text[0] != '\0');
}

static void check_tape(const struct tape *t)
{
	size_t i;

	MUST(t->verdict < VERDICT_COUNT);
	for (i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		MUST(e->kind < TAPE_KIND_COUNT && e->how < TAPE_HOW_COUNT);
		MUST(e->frame == TAPE_NO_FRAME || e->frame < t->n_frame);
		MUST(e->kind != TAPE_SEGMENT || e->frame != TAPE_NO_FRAME);
	}
	MUST(!t->finding || t->finding->frame == TAPE_NO_FRAME ||
	     t->finding->frame < t->n_frame);
}

static void check_evidence(const uint8_t *data, size_t size)
{
	struct tape t = { .n_event = 0 };
	char path[FUZZ_PATH_MAX];
	const char *case_path = NULL;
	struct fault f = { "" };
	int fd = fuzz_file(data, size, path);

	if (evidence_read(path, &t, &case_path, &f) == 0) {
		MUST(case_path != NULL);
		check_tape(&t);
	} else {
		MUST(strncmp(f.text, path, strlen(path)) == 0);
	}
	tape_clear(&t);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A line as it stands in a comment, so that it is reached early. */
	if (size && data[0] == 'l') {
		check_event((const char *)data, size);
		return 0;
	}
	check_blocks(data, size);
	check_evidence(data, size);
	return 0;
}
