/*
 * The frames of connections, as they were captured, in a pcapng file with the
 * findings as comments. Knows nothing of what a finding is.
 */
#include "check/extract.h"

#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/memory.h"

/* Written to the file when so much has come together. */
#define FLUSH_OCTETS ((size_t)1 << 20)

#define COMMENTS_PER_FRAME 32

/* libpcap's numbers are those of files, but for these. */
#define LINKTYPE_ATM_RFC1483 100
#define LINKTYPE_RAW	     101

void extract_begin_stream(struct extract *w, FILE *file)
{
	w->file = file;
	pcapng_section(&w->out, NULL, NULL, "lastack check", NULL);
}

int extract_begin(struct extract *w, const char *path, struct fault *f)
{
	FILE *file = folder_begin(&w->arena, path, f);

	w->path = path;
	if (!file) {
		arena_free(&w->arena);
		return -1;
	}
	extract_begin_stream(w, file);
	return 0;
}

void extract_capture(struct extract *w, const char *name)
{
	w->name = name;
	w->n_known = 0;
	w->last = 0;
}

/* The number of the frame's interface in the file that is written. */
static uint32_t iface_of(struct extract *w, const struct capture_iface *i)
{
	if (i->number >= w->n_known) {
		size_t n = (size_t)i->number * 2 + 1;

		w->iface = memory_resize(w->iface, n, sizeof(*w->iface));
		memset(w->iface + w->n_known, 0,
		       (n - w->n_known) * sizeof(*w->iface));
		w->n_known = n;
	}
	if (!w->iface[i->number]) {
		pcapng_interface_of(&w->out,
				    i->link == DECAP_RAW ? LINKTYPE_RAW
				    : i->link == DECAP_ATM_RFC1483
					    ? LINKTYPE_ATM_RFC1483
					    : (uint16_t)i->link,
				    w->name, NULL, i->snaplen);
		w->iface[i->number] = ++w->n_iface;
	}
	return w->iface[i->number] - 1;
}

static void flush(struct extract *w)
{
	fwrite(w->out.bytes, 1, w->out.len, w->file);
	w->out.len = 0;
}

void extract_add(struct extract *w, struct picked *p,
		 const struct reading_frame *frame)
{
	const char *comments[COMMENTS_PER_FRAME + 1];
	const struct capture_frame *raw = frame->raw;
	size_t n = 0;

	if (frame->number == w->last)
		return;
	w->last = frame->number;
	while (p->comment_at < p->n_comment &&
	       p->comment[p->comment_at].frame <= frame->number) {
		if (n < COMMENTS_PER_FRAME)
			comments[n++] = p->comment[p->comment_at].text;
		p->comment_at++;
	}
	comments[n] = NULL;
	pcapng_packet_cut(&w->out, iface_of(w, raw->iface), raw->at_ns,
			  raw->bytes, raw->len, raw->wire_len, comments);
	if (w->out.len >= FLUSH_OCTETS)
		flush(w);
}

int extract_end(struct extract *w, struct fault *f)
{
	int rc;

	flush(w);
	if (w->path)
		rc = folder_keep(&w->arena, w->file, w->path, f);
	else
		rc = fclose(w->file) ? fault_errno(f, "%s", w->name) : 0;
	arena_free(&w->arena);
	pcapng_free(&w->out);
	free(w->iface);
	return rc;
}
