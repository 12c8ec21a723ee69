/*
 * lastack-lwip: an end whose stack is lwIP as Debian builds it. The main
 * thread is the agent, whose calls lwIP takes under its core lock; a second
 * one is what is tcpip_thread() elsewhere: it hands frames to the stack and
 * runs its timers, by the machine's clock or as the harness says.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "stack/lwip_words.h"

#define WIRE	3 /* the descriptor */
#define TICK_NS ((int64_t)TCP_TMR_INTERVAL * NS_PER_MS)

static struct netif interface;
static bool is_virtual;
static int64_t virtual_ns;
static int64_t next_tick_ns;
static unsigned int ticks;
static int64_t late_ns;	  /* by how much they came too late, in all */
static unsigned int sent; /* frames; only ever compared */
static int64_t received;  /* TCP segments that were processed */

static int64_t now_ns(void)
{
	return is_virtual ? __atomic_load_n(&virtual_ns, __ATOMIC_SEQ_CST)
			  : clock_mono_ns();
}

/* Instead of the library's: what it measures is measured by our clock. */
u32_t sys_now(void)
{
	return (u32_t)(now_ns() / NS_PER_MS);
}

/* Instead of the library's: tcpip_init() makes all but its thread, as ours. */
sys_thread_t sys_thread_new(const char *name, lwip_thread_fn thread, void *arg,
			    int stacksize, int prio)
{
	(void)name;
	(void)thread;
	(void)arg;
	(void)stacksize;
	(void)prio;
	return NULL;
}

static void __attribute__((noreturn)) end(const char *why)
{
	fprintf(stderr, "lastack-lwip: %s\n", why);
	_exit(2);
}

/* The harness is gone: so is all there was to do. */
static void say(struct lwip_head *head, const void *octets, size_t len)
{
	struct iovec part[] = { { head, sizeof(*head) },
				{ (void *)octets, len } };
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = len ? 2 : 1 };

	while (sendmsg(WIRE, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(0);
}

static err_t send_frame(struct netif *n, struct pbuf *p)
{
	struct lwip_head head = { .word = LWIP_FRAME,
				  .at_ns = clock_real_ns() };
	uint8_t octets[LWIP_FRAME_MAX];

	(void)n;
	if (p->tot_len > sizeof(octets))
		return ERR_BUF;
	pbuf_copy_partial(p, octets, p->tot_len, 0);
	__atomic_fetch_add(&sent, 1, __ATOMIC_SEQ_CST);
	say(&head, octets, p->tot_len);
	return ERR_OK;
}

static err_t begin_interface(struct netif *n)
{
	n->name[0] = 'e';
	n->name[1] = 't';
	n->output = etharp_output;
	n->output_ip6 = ethip6_output;
	n->linkoutput = send_frame;
	n->mtu = 1500;
	n->hwaddr_len = 6;
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP |
		   NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6 | NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

/* Addresses that are there at once: nobody else is on this link. */
static void meet(const struct lwip_head *said)
{
	ip4_addr_t own, mask, none = { 0 };
	ip6_addr_t six = { .zone = 0 };

	memcpy(&own.addr, said->local.addr, 4);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	memcpy(interface.hwaddr, said->mac, 6);
	netif_add(&interface, &own, &mask, &none, NULL, begin_interface,
		  ethernet_input);
	memcpy(interface.hwaddr, said->mac, 6);
	interface.ip6_autoconfig_enabled = 0;
	memcpy(six.addr, said->peer.addr, 16);
	netif_ip6_addr_set(&interface, 0, &six);
	netif_ip6_addr_set_state(&interface, 0, IP6_ADDR_PREFERRED);
	netif_set_default(&interface);
	netif_set_up(&interface);
	interface.rs_count = 0; /* there is no router to solicit */
}

static bool is_tcp(const uint8_t *frame, size_t len)
{
	unsigned int type;

	if (len < 34)
		return false;
	type = (unsigned int)frame[12] << 8 | frame[13];
	return (type == ETHTYPE_IP && frame[23] == IP_PROTO_TCP) ||
	       (type == ETHTYPE_IPV6 && frame[20] == IP_PROTO_TCP);
}

static void take_frame(const uint8_t *frame, size_t len)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);

	if (!p)
		end("no memory for a frame");
	pbuf_take(p, frame, (u16_t)len);
	if (interface.input(p, &interface) != ERR_OK)
		pbuf_free(p);
	netif_poll(&interface); /* what it has sent to itself */
	received += is_tcp(frame, len);
}

/*
 * The peer is known before anything is sent to it, as it is to a kernel: what
 * waits for an address would come behind what does not. lwIP has no static
 * neighbours: of IPv4 it learns by a request, of IPv6 its cache is written.
 */
static void know_peer(const struct lwip_head *said)
{
	struct {
		struct eth_hdr eth;
		struct etharp_hdr arp;
	} ask = { .eth.type = PP_HTONS(ETHTYPE_ARP),
		  .arp = { .hwtype = PP_HTONS(1),
			   .proto = PP_HTONS(ETHTYPE_IP),
			   .hwlen = 6,
			   .protolen = 4,
			   .opcode = PP_HTONS(ARP_REQUEST) } };
	struct nd6_neighbor_cache_entry *six = &neighbor_cache[0];

	memcpy(&ask.eth.dest, interface.hwaddr, 6);
	memcpy(&ask.eth.src, said->mac, 6);
	memcpy(&ask.arp.shwaddr, said->mac, 6);
	memcpy(&ask.arp.sipaddr, said->local.addr, 4);
	memcpy(&ask.arp.dipaddr, &netif_ip4_addr(&interface)->addr, 4);
	take_frame((const uint8_t *)&ask, sizeof(ask));
	memcpy(six->next_hop_address.addr, said->peer.addr, 16);
	six->netif = &interface;
	memcpy(six->lladdr, said->mac, 6);
	six->state = ND6_REACHABLE;
	six->counter.reachable_time = UINT32_MAX;
}

static bool is_addr(const ip_addr_t *ip, int family, const uint8_t *addr)
{
	if (family == AF_INET6)
		return IP_IS_V6(ip) && !memcmp(ip_2_ip6(ip)->addr, addr, 16);
	return IP_IS_V4(ip) && !memcmp(&ip_2_ip4(ip)->addr, addr, 4);
}

static struct tcp_pcb *find(const struct lwip_head *q)
{
	struct tcp_pcb *lists[] = { tcp_active_pcbs, tcp_tw_pcbs };

	for (size_t i = 0; i < 2; i++)
		for (struct tcp_pcb *p = lists[i]; p; p = p->next)
			if (p->local_port == q->local.port &&
			    p->remote_port == q->peer.port &&
			    is_addr(&p->remote_ip, q->family, q->peer.addr))
				return p;
	return NULL;
}

static int state(const struct lwip_head *q)
{
	const struct tcp_pcb *p = find(q);
	const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs;

	if (p)
		return p->state;
	for (; l; l = l->next)
		if (l->local_port == q->local.port)
			return LISTEN;
	return CLOSED;
}

static bool counts(const struct lwip_head *q, enum tcp_state is, bool six,
		   u16_t local, u16_t remote)
{
	return is == (enum tcp_state)q->value &&
	       six == (q->family == AF_INET6) &&
	       (!q->local.port || q->local.port == local) &&
	       (!q->peer.port || q->peer.port == remote);
}

static int count(const struct lwip_head *q)
{
	struct tcp_pcb *lists[] = { tcp_active_pcbs, tcp_tw_pcbs };
	const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs;
	int n = 0;

	for (size_t i = 0; i < 2; i++)
		for (struct tcp_pcb *p = lists[i]; p; p = p->next)
			n += counts(q, p->state, IP_IS_V6(&p->local_ip),
				    p->local_port, p->remote_port);
	for (; l; l = l->next)
		n += counts(q, l->state, IP_IS_V6(&l->local_ip), l->local_port,
			    0);
	return n;
}

/* In TIME-WAIT tcp_abort() tells nobody, and a socket may still be there. */
static int destroy(const struct lwip_head *q)
{
	struct tcp_pcb *p = find(q);
	tcp_err_fn tell;
	void *socket;

	if (!p)
		return ENOENT;
	tell = p->state == TIME_WAIT ? p->errf : NULL;
	socket = p->callback_arg;
	tcp_abort(p);
	if (tell)
		tell(socket, ERR_ABRT);
	return 0;
}

/* The state letter of the main thread, which has the process's number. */
static bool agent_sleeps(void)
{
	char path[64], stat[512];
	const char *after;
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	file = fopen(path, "re");
	if (!file)
		end("cannot read /proc/self/task");
	n = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[n] = '\0';
	after = strrchr(stat, ')');
	return after && after[1] == ' ' && after[2] == 'S';
}

/* The timers of tcpip_thread(): lwIP asks for these intervals. */
static void tick(void)
{
	tcp_tmr();
	if (++ticks % (1000 / TCP_TMR_INTERVAL) == 0) {
		etharp_tmr();
		ip_reass_tmr();
		nd6_tmr();
		ip6_reass_tmr();
	}
}

static void due_ticks(void)
{
	int64_t late = clock_mono_ns() - next_tick_ns;

	if (late > 0)
		late_ns += late;
	while (next_tick_ns <= clock_mono_ns()) {
		LOCK_TCPIP_CORE();
		tick();
		UNLOCK_TCPIP_CORE();
		next_tick_ns += TICK_NS;
	}
}

/* Up to that time, or to where a frame was sent or a call woke up. */
static void pass_until(int64_t until_ns)
{
	unsigned int before = sent;

	while (next_tick_ns <= until_ns) {
		__atomic_store_n(&virtual_ns, next_tick_ns, __ATOMIC_SEQ_CST);
		LOCK_TCPIP_CORE();
		tick();
		UNLOCK_TCPIP_CORE();
		next_tick_ns += TICK_NS;
		if (sent != before || !agent_sleeps())
			return;
	}
	__atomic_store_n(&virtual_ns, until_ns, __ATOMIC_SEQ_CST);
}

static void obey(struct lwip_head *m, const uint8_t *octets, size_t len)
{
	LOCK_TCPIP_CORE();
	switch (m->word) {
	case LWIP_FRAME:
		take_frame(octets, len);
		break;
	case LWIP_MEET:
		if (is_virtual && !next_tick_ns)
			virtual_ns = m->at_ns;
		next_tick_ns = now_ns() + TICK_NS;
		meet(m);
		break;
	case LWIP_PEER:
		know_peer(m);
		break;
	case LWIP_STATE:
		m->value = state(m);
		break;
	case LWIP_COUNT:
		m->value = count(m);
		break;
	case LWIP_DESTROY:
		m->value = destroy(m);
		break;
	default:
		break;
	}
	UNLOCK_TCPIP_CORE();
	if (m->word == LWIP_ASLEEP)
		m->value = agent_sleeps();
	if (m->word == LWIP_UNTIL)
		pass_until(m->at_ns);
	m->at_ns = now_ns();
	m->next_ns = next_tick_ns;
	m->received = received;
	m->late_ns = late_ns;
	/* LWIP_FRAME without octets says that it was taken. */
	say(m, NULL, 0);
}

static void hear(void)
{
	static union {
		struct lwip_head head;
		uint8_t octets[sizeof(struct lwip_head) + LWIP_FRAME_MAX];
	} in;
	ssize_t n = recv(WIRE, &in, sizeof(in), 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n < (ssize_t)sizeof(in.head))
		_exit(0);
	obey(&in.head, in.octets + sizeof(in.head),
	     (size_t)n - sizeof(in.head));
}

static void *serve(void *unused)
{
	struct pollfd wire = { .fd = WIRE, .events = POLLIN };

	(void)unused;
	for (;;) {
		int64_t until =
			is_virtual || !next_tick_ns ? INT64_MAX : next_tick_ns;

		if (poll(&wire, 1, clock_poll_ms(until)) > 0)
			hear();
		if (until != INT64_MAX)
			due_ticks();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(LWIP_VERSION_STRING);
		return 0;
	}
	is_virtual = argc == 2 && strcmp(argv[1], LWIP_VIRTUAL) == 0;
	stdout = stderr; /* lwIP prints its complaints where the agent speaks */
	tcpip_init(NULL, NULL);
	if (pthread_create(&thread, NULL, serve, NULL))
		end("cannot begin");
	return agent_main();
}
