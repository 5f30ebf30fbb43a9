/* An Ethernet switch in user space: every port is a tap device `eth0` in a network namespace, and what leaves the
 * switch towards a port waits for the link's delay and its rate. For kernels without netem.
 *
 *     switch DELAY_US QUEUE_MS LOSS_PPM FRAMES LINE_BITS_PER_SECOND [NAMESPACE=BITS_PER_SECOND@SITE]...
 *
 * Port i (from 1) owns the MAC address 02:00:00:00:00:ii. A rate of 0 is no limit. A frame that would wait longer than
 * QUEUE_MS for the rate is dropped, as a router would, and so are LOSS_PPM of a million at random. A port holds FRAMES at
 * most, those that are on their way among them. The other direction's rate is the business of a queueing
 * discipline inside the namespace. What leaves a site for another one goes over the site's line first. Prints `ready`,
 * then runs until it is terminated, and prints how many bytes went over the lines.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PORTS = 200, MAX_SITES = 8, MAX_FRAME = 1600, BURST = 64 };
static const uint64_t SECOND = 1000000000;

struct frame {
    uint64_t departs; /* nanoseconds of the monotonic clock */
    uint16_t length;
    uint16_t to; /* on a line: the port behind it */
    unsigned char bytes[MAX_FRAME];
};

/* Frames leave a port in the order in which they came, so their departures only grow. */
struct port {
    int tap;
    int site;
    uint64_t rate;     /* bits a second */
    uint64_t free_at;  /* when the link has sent all that is queued */
    uint64_t carried;  /* bytes */
    uint32_t first, count;
    struct frame *frames;
};

static struct port ports[MAX_PORTS];
static int port_count;
static struct port lines[MAX_SITES]; /* by the site that they lead out of; they have no tap */
static uint64_t delay, longest_wait, chance = 1;
static uint32_t queue, loss;
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

static void enqueue(struct port *port, int to, const unsigned char *bytes, size_t length, uint64_t arrival) {
    uint64_t departs = arrival;
    if (port->count == queue) return;
    if (port->rate) {
        uint64_t begins = port->free_at > arrival ? port->free_at : arrival;
        if (begins - arrival > longest_wait) return;
        departs = begins + length * 8 * SECOND / port->rate;
        port->free_at = departs;
    }
    struct frame *frame = &port->frames[(port->first + port->count++) % queue];
    frame->departs = departs;
    frame->length = (uint16_t)length;
    frame->to = (uint16_t)to;
    memcpy(frame->bytes, bytes, length);
    port->carried += length;
}

/* Queues a frame at its port, or at the line that it goes over first. */
static void forward(int from, int to, const unsigned char *bytes, size_t length, uint64_t arrival) {
    struct port *line = &lines[ports[from].site];
    bool is_far = line->rate && ports[from].site != ports[to].site;
    enqueue(is_far ? line : &ports[to], to, bytes, length, arrival);
}

/* Whether a frame is lost: by xorshift64, so that runs lose alike. */
static bool is_lost(void) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % 1000000 < loss;
}

/* Reads some of what a port sends and queues it at its destination; broadcasts go to all others. */
static void receive(int from) {
    unsigned char bytes[MAX_FRAME];
    for (int burst = 0; burst < BURST; burst++) {
        ssize_t length = read(ports[from].tap, bytes, sizeof bytes);
        if (length < 14) return;
        if (loss && is_lost()) continue;
        uint64_t arrival = now() + delay;
        int to = bytes[5] - 1;
        if (bytes[0] & 1) {
            for (int port = 0; port < port_count; port++)
                if (port != from) forward(from, port, bytes, (size_t)length, arrival);
        } else if (to >= 0 && to < port_count && to != from) {
            forward(from, to, bytes, (size_t)length, arrival);
        }
    }
}

/* Takes what is due off the lines, and gives the time of the next that is. */
static uint64_t cross_lines(void) {
    uint64_t next = UINT64_MAX;
    for (struct port *line = lines; line < lines + MAX_SITES; line++) {
        while (line->count) {
            struct frame *frame = &line->frames[line->first];
            if (frame->departs > now()) {
                if (frame->departs < next) next = frame->departs;
                break;
            }
            enqueue(&ports[frame->to], frame->to, frame->bytes, frame->length, frame->departs);
            line->first = (line->first + 1) % queue;
            line->count--;
        }
    }
    return next;
}

/* Sends what is due and gives the time of the next departure. */
static uint64_t send_due(void) {
    uint64_t next = cross_lines();
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
            port->first = (port->first + 1) % queue;
            port->count--;
        }
    }
    return next;
}

int main(int count, char **arguments) {
    if (count < 7 || count - 6 > MAX_PORTS) {
        fprintf(stderr, "switch DELAY_US QUEUE_MS LOSS_PPM FRAMES LINE_BITS_PER_SECOND NAMESPACE=BITS_PER_SECOND@SITE...\n");
        return 2;
    }
    delay = strtoull(arguments[1], NULL, 10) * 1000;
    longest_wait = strtoull(arguments[2], NULL, 10) * 1000000;
    loss = (uint32_t)atoi(arguments[3]);
    queue = (uint32_t)atoi(arguments[4]);
    for (int site = 0; site < MAX_SITES; site++) {
        lines[site].rate = strtoull(arguments[5], NULL, 10);
        lines[site].frames = malloc(sizeof(struct frame) * queue);
        if (!lines[site].frames) die("memory");
    }
    for (int i = 6; i < count; i++) {
        char *rate = strchr(arguments[i], '='), *site = strchr(arguments[i], '@');
        if (!rate || !site) die(arguments[i]);
        *rate = 0;
        struct port *port = &ports[port_count++];
        port->rate = strtoull(rate + 1, NULL, 10);
        port->site = atoi(site + 1) % MAX_SITES;
        port->tap = open_tap(arguments[i]);
        port->frames = malloc(sizeof(struct frame) * queue);
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
    uint64_t carried = 0;
    for (int site = 0; site < MAX_SITES; site++) carried += lines[site].carried;
    printf("%llu\n", (unsigned long long)carried);
    return 0;
}
