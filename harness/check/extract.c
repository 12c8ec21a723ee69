/*
 * The frames of connections, as they were captured, in a pcapng file with the
 * findings as comments. Knows nothing of what a finding is.
 */
#include "check/extract.h"

#include <errno.h>

/* Written to the file when so much has come together. */
#define FLUSH_OCTETS ((size_t)1 << 20)

#define COMMENTS_PER_FRAME 32

/* libpcap's numbers are those of files, but for this one. */
#define LINKTYPE_RAW 101

int extract_begin(struct extract *w, const char *path, struct fault *f)
{
	w->path = path;
	w->file = fopen(path, "we");
	if (!w->file)
		return fault_errno(f, "%s", path);
	pcapng_section(&w->out, NULL, NULL, "lastack check", NULL);
	return 0;
}

void extract_capture(struct extract *w, const char *name,
		     const struct capture *c)
{
	int link = capture_link(c);

	pcapng_interface_of(&w->out,
			    link == DECAP_RAW ? LINKTYPE_RAW : (uint16_t)link,
			    name, NULL, capture_snaplen(c));
	w->n_iface++;
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

	while (p->comment_at < p->n_comment &&
	       p->comment[p->comment_at].frame <= frame->number) {
		if (n < COMMENTS_PER_FRAME)
			comments[n++] = p->comment[p->comment_at].text;
		p->comment_at++;
	}
	comments[n] = NULL;
	pcapng_packet_cut(&w->out, w->n_iface - 1, raw->at_ns, raw->bytes,
			  raw->len, raw->wire_len, comments);
	if (w->out.len >= FLUSH_OCTETS)
		flush(w);
}

int extract_end(struct extract *w, struct fault *f)
{
	int rc = 0;

	flush(w);
	if (ferror(w->file))
		rc = fault_errno(f, "%s", w->path);
	if (fclose(w->file) && rc == 0)
		rc = fault_errno(f, "%s", w->path);
	pcapng_free(&w->out);
	return rc;
}
