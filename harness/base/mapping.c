/*
 * Files in memory. Owner of SIGBUS, which is what reading behind the end of a
 * mapped file gives. Knows nothing of what the files hold.
 */
#include "base/mapping.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Pages are let go by so many octets. Other threads have to be interrupted for
 * it, each time, so that their processors forget the pages, too. They are not
 * asked for (MADV_POPULATE_READ is slower than the page faults that it spares,
 * as one of these maps 16 pages).
 */
#define STRIDE (UINT32_C(1) << 22)

/*
 * All there are. Who holds the lock reads none of them, so that the signal of
 * another thread need not wait for long.
 */
static struct mapping *all;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void hold(void)
{
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		;
}

static void let_go(void)
{
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Zeros take the place of what is no longer there. */
static bool cover(struct mapping *m, size_t offset)
{
	size_t page = offset & ~(page_size() - 1);

	m->cut = 1;
	return mmap(m->at + page, m->size - page, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

/* The signal is of the thread that reads, amid its reading. */
static void on_bus(int number, siginfo_t *info, void *unused)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	struct mapping *m;

	(void)unused;
	hold();
	m = all;
	while (m && at - (uintptr_t)m->at >= m->size)
		m = m->next;
	let_go();
	if (!m || !cover(m, at - (uintptr_t)m->at))
		signal(number, SIG_DFL); /* it comes again: that is the end */
}

static int own_signal(void)
{
	struct sigaction action = { .sa_sigaction = on_bus,
				    .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL);
}

int mapping_open(struct mapping *m, int fd, uint64_t size)
{
	void *at;

	memset(m, 0, sizeof(*m));
	if (!size || size > SIZE_MAX / 2 || own_signal())
		return -1;
	at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	m->at = at;
	m->size = (size_t)size;
	m->fd = fd;
	hold();
	m->next = all;
	all = m;
	let_go();
	madvise(at, m->size, MADV_SEQUENTIAL);
	return 0;
}

static void forget(const struct mapping *m)
{
	struct mapping **at = &all;

	hold();
	while (*at && *at != m)
		at = &(*at)->next;
	if (*at)
		*at = m->next;
	let_go();
}

void mapping_close(struct mapping *m)
{
	if (!m->at)
		return;
	forget(m);
	munmap(m->at, m->size);
	memset(m, 0, sizeof(*m));
}

/* There is no page behind the last one that could tell. */
bool mapping_check_end(struct mapping *m)
{
	struct stat st;

	if (fstat(m->fd, &st) < 0 || (uint64_t)st.st_size < m->size)
		m->cut = 1;
	return !m->cut;
}

void mapping_advance(struct mapping *m, size_t offset)
{
	size_t begin = offset & ~(size_t)(STRIDE - 1);

	if (begin >= m->kept + 2 * (size_t)STRIDE) {
		madvise(m->at + m->kept, begin - STRIDE - m->kept,
			MADV_DONTNEED);
		m->kept = begin - STRIDE;
	}
	m->next_at = begin + STRIDE;
}
