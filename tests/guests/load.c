/* Libraries: dlopen, dlmopen, dlsym. Argument: path of the library of guests/plugin.c. A copy of it
 * called libfound.so stands in the folder that this program's RUNPATH names. */
#include "guest.h"
#include <dlfcn.h>

static void word_of(void *handle) {
    const char *(*word)(void) = handle ? (const char *(*)(void))dlsym(handle, "plugin_word") : NULL;
    printf("%s: %s\n", current, word ? word() : handle ? "no such symbol" : "NULL");
    if (!handle)
        printf("%s: dlerror %s\n", current, dlerror() ? "says why" : "is silent");
    if (handle)
        dlclose(handle);
}

static void by_path(void) { word_of(dlopen(arguments[0], RTLD_NOW)); }
static void by_runpath(void) { word_of(dlopen("libfound.so", RTLD_NOW)); }
static void by_soname(void) { word_of(dlopen("libm.so.6", RTLD_LAZY | RTLD_GLOBAL)); }
static void other_namespace(void) { word_of(dlmopen(LM_ID_NEWLM, arguments[0], RTLD_NOW)); }
static void same_namespace(void) { word_of(dlmopen(LM_ID_BASE, arguments[0], RTLD_NOW)); }

static void missing(void) {
    void *handle = dlopen("libno-such-library.so.1", RTLD_NOW);
    const char *why = dlerror();
    printf("%s: %s, %s\n", current, handle ? "found" : "NULL", why ? why : "silent");
}

static void not_loaded(void) {
    say_pointer(dlopen("libno-such-library.so.1", RTLD_NOW | RTLD_NOLOAD));
    say_pointer(dlopen(arguments[0], 0));
}

static void self(void) {
    void *handle = dlopen(NULL, RTLD_NOW);
    printf("%s: %s, main %s\n", current, handle ? "opened" : "NULL", dlsym(handle, "main") ? "found" : "not found");
}

static void symbols(void) {
    Dl_info info;
    printf("%s: default %s\n", current, dlsym(RTLD_DEFAULT, "getpid") ? "found" : "missing");
    printf("%s: next %s\n", current, dlsym(RTLD_NEXT, "getpid") ? "found" : "missing");
    printf("%s: next main %s\n", current, dlsym(RTLD_NEXT, "main") ? "found" : "missing");
    printf("%s: versioned %s\n", current, dlvsym(RTLD_DEFAULT, "getpid", "GLIBC_2.2.5") ? "found" : "missing");
    printf("%s: no such %s\n", current, dlsym(RTLD_DEFAULT, "no_such_symbol") ? "found" : "missing");
    printf("%s: dlerror %s\n", current, dlerror() ? "says why" : "is silent");
    printf("%s: dlerror again %s\n", current, dlerror() ? "says why" : "is silent");
    int (*own_pid)(void) = dlsym(RTLD_NEXT, "getpid");
    printf("%s: called %d\n", current, own_pid && own_pid() == getpid());
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    int (*connecting)(int, const void *, socklen_t) = libc ? dlsym(libc, "connect") : NULL;
    printf("%s: connect through a handle %s\n", current, connecting ? "found" : "missing");
    say(connecting(-1, NULL, 0));
}

/* Symbols that a program finds for itself, as runtimes do, must be as guarded as linked ones. */
static void found_connect(void) {
    struct sockaddr_in address = loopback(arguments[1]);
    int (*connecting)(int, const void *, socklen_t) = dlsym(RTLD_DEFAULT, "connect");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connecting(fd, &address, sizeof address));
    close(fd);
}

static void found_connect_next(void) {
    struct sockaddr_in address = loopback(arguments[1]);
    int (*connecting)(int, const void *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connecting(fd, &address, sizeof address));
    close(fd);
}

static void found_connect_handle(void) {
    struct sockaddr_in address = loopback(arguments[1]);
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    int (*connecting)(int, const void *, socklen_t) = dlsym(libc, "connect");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connecting(fd, &address, sizeof address));
    close(fd);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"path", by_path},
        {"runpath", by_runpath},
        {"dlmopen", other_namespace},
        {"dlmopen-base", same_namespace},
        {"soname", by_soname},
        {"missing", missing},
        {"not-loaded", not_loaded},
        {"self", self},
        {"symbols", symbols},
        {"found-connect", found_connect},
        {"found-connect-next", found_connect_next},
        {"found-connect-handle", found_connect_handle},
        {0},
    };
    return run_cases(cases, argc, argv);
}
