#include <curl/curl.h>
#include <dlfcn.h>

/* libcurl is opened when a remote calendar is first asked for, not linked: with some thirty libraries
 * behind it, it would cost every serving process its start and its memory. */
typedef struct {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *handle, CURLoption option, ...);
    CURLcode (*easy_perform)(CURL *handle);
    CURLcode (*easy_getinfo)(CURL *handle, CURLINFO info, ...);
    void (*easy_reset)(CURL *handle);
    void (*easy_cleanup)(CURL *handle);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    const char *(*easy_strerror)(CURLcode code);
} ccurl_library;

/* Opens a library of that name and finds its functions; 0, or -1 with the reason in `dlerror`. */
static inline int ccurl_open(const char *name, ccurl_library *library) {
    void *opened = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!opened) return -1;
#define CCURL_FIND(function) \
    if (!(*(void **)&library->function = dlsym(opened, "curl_" #function))) return -1;
    CCURL_FIND(global_init)
    CCURL_FIND(easy_init)
    CCURL_FIND(easy_setopt)
    CCURL_FIND(easy_perform)
    CCURL_FIND(easy_getinfo)
    CCURL_FIND(easy_reset)
    CCURL_FIND(easy_cleanup)
    CCURL_FIND(slist_append)
    CCURL_FIND(slist_free_all)
    CCURL_FIND(easy_strerror)
#undef CCURL_FIND
    return 0;
}

/* The options and infos are variadic, which Swift cannot call: one function a kind of value. */
static inline CURLcode ccurl_set_number(
    ccurl_library library, CURL *handle, CURLoption option, long value) {
    return library.easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_size(
    ccurl_library library, CURL *handle, CURLoption option, curl_off_t value) {
    return library.easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_text(
    ccurl_library library, CURL *handle, CURLoption option, const char *value) {
    return library.easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(
    ccurl_library library, CURL *handle, CURLoption option, const void *value) {
    return library.easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_callback(
    ccurl_library library, CURL *handle, CURLoption option,
    size_t (*value)(char *bytes, size_t size, size_t count, void *state)) {
    return library.easy_setopt(handle, option, value);
}
/* The callback opens the socket to an address that a name was resolved to, or refuses it. */
static inline CURLcode ccurl_set_socket_opener(
    ccurl_library library, CURL *handle,
    curl_socket_t (*opener)(void *state, curlsocktype purpose, struct curl_sockaddr *address),
    void *state) {
    CURLcode code = library.easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, opener);
    return code ? code : library.easy_setopt(handle, CURLOPT_OPENSOCKETDATA, state);
}
static inline CURLcode ccurl_get_number(
    ccurl_library library, CURL *handle, CURLINFO info, long *value) {
    return library.easy_getinfo(handle, info, value);
}
/* CURLOPT_PROTOCOLS: the later name for it is unknown to older libraries, this one is deprecated. */
static inline CURLcode ccurl_allow_only_http(ccurl_library library, CURL *handle) {
    return library.easy_setopt(handle, (CURLoption)181, 1L | 2L);
}
