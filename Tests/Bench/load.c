// Plays requests over HTTP connections and times each.
//
//     load PORT REQUESTS CONNECTIONS SECONDS LIMIT [fresh]
//
// REQUESTS is a file of records: a uint32 length, then so many bytes, a whole request each. Connection
// k of n plays records k, k + n, k + 2n ... and begins again at the end, until SECONDS are over or the
// connections have played LIMIT requests together (0: no limit). With "fresh" each request has a TCP
// connection of its own, whose making is part of its time. Everything is loopback.
//
// Writes to standard output, in the machine's byte order: a record { uint64 nanoseconds, uint32 request,
// uint32 bytes of the body, int32 status } for each request (status 0: the connection failed), and at
// the end one with request 0xFFFFFFFF whose nanoseconds are those of the whole run.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct request {
    uint32_t size;
    char *bytes;
};

struct timing {
    uint64_t nanoseconds;
    uint32_t request, body;
    int32_t status;
} __attribute__((packed));

struct player {
    pthread_t thread;
    uint64_t first, count;  // of the requests that are its own
    struct timing *timings;
    size_t timed, room;
};

// A connection with what was read of it and not yet used.
struct wire {
    int socket;
    size_t begin, end;
    char bytes[1 << 16];
};

static struct request *requests;
static uint64_t request_count, connections, limit, deadline;
static int port, is_fresh;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void hang_up(struct wire *wire) {
    if (wire->socket >= 0) close(wire->socket);
    wire->socket = -1;
    wire->begin = wire->end = 0;
}

static int dial(struct wire *wire) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wire->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (wire->socket < 0) return -1;
    int yes = 1;
    struct timeval patience = {.tv_sec = 120};
    setsockopt(wire->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(wire->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(wire->socket, (struct sockaddr *)&address, sizeof address);
}

static int send_whole(struct wire *wire, const struct request *request) {
    for (size_t sent = 0; sent < request->size;) {
        ssize_t more = send(wire->socket, request->bytes + sent, request->size - sent, MSG_NOSIGNAL);
        if (more <= 0) return -1;
        sent += (size_t)more;
    }
    return 0;
}

// Reads more behind what is there; 0 where the connection ended.
static int fill(struct wire *wire) {
    if (wire->begin == wire->end) wire->begin = wire->end = 0;
    if (wire->end == sizeof wire->bytes) {
        memmove(wire->bytes, wire->bytes + wire->begin, wire->end - wire->begin);
        wire->end -= wire->begin;
        wire->begin = 0;
    }
    ssize_t more = recv(wire->socket, wire->bytes + wire->end, sizeof wire->bytes - wire->end, 0);
    if (more <= 0) return 0;
    wire->end += (size_t)more;
    return 1;
}

// One line without its end, into `line`; -1 where there is none.
static int read_line(struct wire *wire, char *line, size_t room) {
    for (size_t length = 0;;) {
        while (wire->begin < wire->end) {
            char byte = wire->bytes[wire->begin++];
            if (byte == '\n') {
                if (length && line[length - 1] == '\r') length--;
                line[length] = 0;
                return (int)length;
            }
            if (length + 1 < room) line[length++] = byte;
        }
        if (!fill(wire)) return -1;
    }
}

static int skip(struct wire *wire, uint64_t count) {
    while (count) {
        if (wire->begin == wire->end && !fill(wire)) return -1;
        uint64_t here = wire->end - wire->begin;
        if (here > count) here = count;
        wire->begin += here;
        count -= here;
    }
    return 0;
}

// The body's bytes, or -1.
static int64_t skip_chunks(struct wire *wire) {
    char line[256];
    int64_t total = 0;
    for (;;) {
        if (read_line(wire, line, sizeof line) < 0) return -1;
        uint64_t size = strtoull(line, NULL, 16);
        if (size == 0) break;
        if (skip(wire, size) || read_line(wire, line, sizeof line) < 0) return -1;
        total += (int64_t)size;
    }
    int length;
    while ((length = read_line(wire, line, sizeof line)) > 0) {}
    return length < 0 ? -1 : total;
}

// Reads an answer; its status, or 0 where it is broken off.
static int read_answer(struct wire *wire, uint32_t *body) {
    char line[4096];
    int status, is_last, length;
    int64_t announced;
    do {
        if (read_line(wire, line, sizeof line) < 12) return 0;
        status = atoi(line + 9);
        announced = -1;
        is_last = 0;
        int is_chunked = 0;
        while ((length = read_line(wire, line, sizeof line)) > 0) {
            if (!strncasecmp(line, "content-length:", 15)) announced = atoll(line + 15);
            if (!strncasecmp(line, "transfer-encoding:", 18)) is_chunked = 1;
            if (!strncasecmp(line, "connection:", 11) && strcasestr(line, "close")) is_last = 1;
        }
        if (length < 0) return 0;
        if (is_chunked) announced = -2;
    } while (status == 100);
    int64_t size = 0;
    if (status == 204 || status == 304) {
        size = 0;
    } else if (announced == -2) {
        size = skip_chunks(wire);
    } else if (announced >= 0) {
        size = skip(wire, (uint64_t)announced) ? -1 : announced;
    } else {
        for (is_last = 1; wire->begin < wire->end || fill(wire);) {
            size += (int64_t)(wire->end - wire->begin);
            wire->begin = wire->end;
        }
    }
    if (size < 0) return 0;
    if (is_last) hang_up(wire);
    *body = (uint32_t)size;
    return status;
}

static int ask(struct wire *wire, const struct request *request, uint32_t *body) {
    if (wire->socket < 0 && dial(wire)) return 0;
    return send_whole(wire, request) ? 0 : read_answer(wire, body);
}

static void *play(void *argument) {
    struct player *player = argument;
    struct wire *wire = malloc(sizeof *wire);
    wire->socket = -1;
    wire->begin = wire->end = 0;
    for (uint64_t turn = player->first; now() < deadline; turn += connections) {
        if (limit && turn >= limit) break;
        uint32_t index = (uint32_t)(turn % request_count), body = 0;
        int was_kept = wire->socket >= 0;
        uint64_t began = now();
        int status = ask(wire, &requests[index], &body);
        if (status == 0 && was_kept) {
            // The server may close a kept connection at any time; what it had not read is sent again.
            hang_up(wire);
            status = ask(wire, &requests[index], &body);
        }
        if (status == 0 || is_fresh) hang_up(wire);
        if (player->timed == player->room) {
            player->room = player->room ? 2 * player->room : 4096;
            player->timings = realloc(player->timings, player->room * sizeof *player->timings);
        }
        player->timings[player->timed++] =
            (struct timing){now() - began, index, body, status};
    }
    hang_up(wire);
    free(wire);
    return NULL;
}

static int read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return -1;
    uint64_t room = 0;
    uint32_t size;
    while (fread(&size, sizeof size, 1, file) == 1) {
        if (request_count == room) {
            room = room ? 2 * room : 256;
            requests = realloc(requests, room * sizeof *requests);
        }
        requests[request_count] = (struct request){size, malloc(size)};
        if (fread(requests[request_count].bytes, 1, size, file) != size) return -1;
        request_count++;
    }
    fclose(file);
    return request_count ? 0 : -1;
}

int main(int count, char **words) {
    if (count < 6) {
        fputs("load PORT REQUESTS CONNECTIONS SECONDS LIMIT [fresh]\n", stderr);
        return 64;
    }
    port = atoi(words[1]);
    connections = strtoull(words[3], NULL, 10);
    limit = strtoull(words[5], NULL, 10);
    is_fresh = count > 6;
    if (read_requests(words[2]) || connections == 0) {
        fputs("there are no requests to play\n", stderr);
        return 66;
    }
    struct player *players = calloc(connections, sizeof *players);
    uint64_t began = now();
    deadline = began + (uint64_t)(atof(words[4]) * 1e9);
    for (uint64_t i = 0; i < connections; i++) {
        players[i].first = i;
        if (pthread_create(&players[i].thread, NULL, play, &players[i])) return 71;
    }
    for (uint64_t i = 0; i < connections; i++) {
        pthread_join(players[i].thread, NULL);
    }
    struct timing whole = {now() - began, UINT32_MAX, 0, 0};
    for (uint64_t i = 0; i < connections; i++) {
        fwrite(players[i].timings, sizeof whole, players[i].timed, stdout);
    }
    fwrite(&whole, sizeof whole, 1, stdout);
    return 0;
}
