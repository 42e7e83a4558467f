/* Reaches libc past the preloaded library: HOW LIBRARY HOST PORT. */
#include "reach.h"
#include <dlfcn.h>

static void *needed(void *found) {
    if (!found) {
        printf("dl: %s\n", dlerror());
        exit(4);
    }
    return found;
}

static void by_plugin(void *library, char **place) {
    void (*plugin)(const char *, const char *) = needed(dlsym(library, "plugin"));
    plugin(place[0], place[1]);
}

/* libc's own connect, by its handle. */
static void by_symbol(void *libc, char **place) {
    int (*own)(int, const struct sockaddr *, socklen_t) = needed(dlsym(libc, "connect"));
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    converse(fd, own(fd, (void *)&peer, sizeof peer));
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 3;
    if (!strcmp(argv[1], "deepbind"))
        by_plugin(needed(dlopen(argv[2], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)), argv + 3);
    else if (!strcmp(argv[1], "namespace"))
        by_plugin(needed(dlmopen(LM_ID_NEWLM, argv[2], RTLD_NOW)), argv + 3);
    else
        by_symbol(needed(dlopen("libc.so.6", RTLD_NOW)), argv + 3);
    return 0;
}
