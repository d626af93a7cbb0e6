#include <fcgiapp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Glibc declares it for _GNU_SOURCE alone, which Swift's module of Glibc is built without. */
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

/* SCHED_BATCH of <sched.h>, likewise. */
#define CFASTCGI_SCHED_BATCH 3

/* epoll_data is a union in a packed struct: one function sets it, one reads it. */
static inline int cfastcgi_epoll(int epoll, int operation, int descriptor, unsigned events) {
    struct epoll_event event = {.events = events, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

/* Waits for one event; gives its descriptor (or -1 for none) and sets its flags. */
static inline int cfastcgi_epoll_next(int epoll, int milliseconds, unsigned *events) {
    struct epoll_event event;
    int count = epoll_wait(epoll, &event, 1, milliseconds);
    if (count <= 0) return -1;
    *events = event.events;
    return event.data.fd;
}

/* prctl is variadic. */
static inline int cfastcgi_die_with_parent(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal);
}

/* A mutable global, which Swift refuses to read. */
static inline char **cfastcgi_environment(void) {
    extern char **environ;
    return environ;
}
