#include <fcgiapp.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Glibc declares it for _GNU_SOURCE alone, which Swift's module of Glibc is built without. */
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

/* Of <sys/mman.h>, likewise. */
int memfd_create(const char *name, unsigned flags);
#define CFASTCGI_MFD_CLOEXEC 1u
#define CFASTCGI_MFD_NOEXEC 8u

/* SCHED_BATCH of <sched.h>, likewise. */
#define CFASTCGI_SCHED_BATCH 3

/* SO_PEERCRED's struct ucred, likewise. Gives 0, and the account and group that connected. */
static inline int cfastcgi_peer(int connection, unsigned *user, unsigned *group) {
    struct { int process; unsigned user, group; } peer;
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    *user = peer.user;
    *group = peer.group;
    return 0;
}

/* SO_PEERGROUPS of Linux 4.13: the other groups of who connected. */
#ifdef SO_PEERGROUPS
#define CFASTCGI_PEER_GROUPS SO_PEERGROUPS
#else
#define CFASTCGI_PEER_GROUPS 59
#endif

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

/* Gives free memory back to the system; where the C library is another than glibc there is no such call. */
static inline void cfastcgi_trim_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
