/* An Ethernet switch in user space: every port is a tap device `eth0` in a network namespace, and what leaves the
 * switch towards a port waits for the link's delay and its rate. For kernels without netem.
 *
 *     switch DELAY_US QUEUE_MS [NAMESPACE=BITS_PER_SECOND]...
 *
 * Port i (from 1) owns the MAC address 02:00:00:00:00:ii. A rate of 0 is no limit. A frame that would wait longer than
 * QUEUE_MS for the rate is dropped, as a router would. The other direction's rate is the business of a queueing
 * discipline inside the namespace. Prints `ready`, then runs until it is terminated.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PORTS = 200, MAX_FRAME = 1600, QUEUE = 8192, BURST = 64 };
static const uint64_t SECOND = 1000000000;

struct frame {
    uint64_t departs; /* nanoseconds of the monotonic clock */
    uint16_t length;
    unsigned char bytes[MAX_FRAME];
};

/* Frames leave a port in the order in which they came, so their departures only grow. */
struct port {
    int tap;
    uint64_t rate;     /* bits a second */
    uint64_t free_at;  /* when the link has sent all that is queued */
    uint32_t first, count;
    struct frame *frames;
};

static struct port ports[MAX_PORTS];
static int port_count;
static uint64_t delay, longest_wait;
static volatile sig_atomic_t stopped;

static void stop(int signal) { (void)signal; stopped = 1; }

static void die(const char *what) { perror(what); exit(1); }

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* Makes the tap device inside a namespace and stays able to read it from outside. */
static int open_tap(const char *namespace) {
    char path[256];
    snprintf(path, sizeof path, "/var/run/netns/%s", namespace);
    int inside = open(path, O_RDONLY);
    if (inside < 0 || setns(inside, CLONE_NEWNET)) die(path);
    close(inside);
    int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    strcpy(request.ifr_name, "eth0");
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request)) die("tap device");
    return tap;
}

static void enqueue(struct port *port, const unsigned char *bytes, size_t length, uint64_t arrival) {
    uint64_t departs = arrival;
    if (port->count == QUEUE) return;
    if (port->rate) {
        uint64_t begins = port->free_at > arrival ? port->free_at : arrival;
        if (begins - arrival > longest_wait) return;
        departs = begins + length * 8 * SECOND / port->rate;
        port->free_at = departs;
    }
    struct frame *frame = &port->frames[(port->first + port->count++) % QUEUE];
    frame->departs = departs;
    frame->length = (uint16_t)length;
    memcpy(frame->bytes, bytes, length);
}

/* Reads some of what a port sends and queues it at its destination; broadcasts go to all others. */
static void receive(int from) {
    unsigned char bytes[MAX_FRAME];
    for (int burst = 0; burst < BURST; burst++) {
        ssize_t length = read(ports[from].tap, bytes, sizeof bytes);
        if (length < 14) return;
        uint64_t arrival = now() + delay;
        int to = bytes[5] - 1;
        if (bytes[0] & 1) {
            for (int port = 0; port < port_count; port++)
                if (port != from) enqueue(&ports[port], bytes, (size_t)length, arrival);
        } else if (to >= 0 && to < port_count && to != from) {
            enqueue(&ports[to], bytes, (size_t)length, arrival);
        }
    }
}

/* Sends what is due and gives the time of the next departure. */
static uint64_t send_due(void) {
    uint64_t next = UINT64_MAX;
    for (int i = 0; i < port_count; i++) {
        struct port *port = &ports[i];
        while (port->count) {
            struct frame *frame = &port->frames[port->first];
            if (frame->departs > now()) {
                if (frame->departs < next) next = frame->departs;
                break;
            }
            if (write(port->tap, frame->bytes, frame->length) < 0 && errno == EAGAIN) {
                next = now() + SECOND / 10000; /* the host is behind: once more in a moment */
                break;
            }
            port->first = (port->first + 1) % QUEUE;
            port->count--;
        }
    }
    return next;
}

int main(int count, char **arguments) {
    if (count < 4 || count - 3 > MAX_PORTS) {
        fprintf(stderr, "switch DELAY_US QUEUE_MS NAMESPACE=BITS_PER_SECOND...\n");
        return 2;
    }
    delay = strtoull(arguments[1], NULL, 10) * 1000;
    longest_wait = strtoull(arguments[2], NULL, 10) * 1000000;
    for (int i = 3; i < count; i++) {
        char *rate = strchr(arguments[i], '=');
        if (!rate) die(arguments[i]);
        *rate = 0;
        struct port *port = &ports[port_count++];
        port->rate = strtoull(rate + 1, NULL, 10);
        port->tap = open_tap(arguments[i]);
        port->frames = malloc(sizeof(struct frame) * QUEUE);
        if (!port->frames) die("memory");
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    prctl(PR_SET_TIMERSLACK, 1000);
    puts("ready");
    fflush(stdout);

    struct pollfd polls[MAX_PORTS];
    for (int i = 0; i < port_count; i++) polls[i] = (struct pollfd){.fd = ports[i].tap, .events = POLLIN};
    while (!stopped) {
        uint64_t next = send_due(), time = now();
        uint64_t wait = next == UINT64_MAX ? SECOND : next > time ? next - time : 0;
        struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};
        if (ppoll(polls, (nfds_t)port_count, &timeout, NULL) <= 0) continue;
        for (int i = 0; i < port_count; i++)
            if (polls[i].revents & POLLIN) receive(i);
    }
    return 0;
}
