/* execl(3), execlp(3), execle(3): gathers the arguments into a vector on the stack, as libc does.
   Stable Rust cannot define a variadic function. */

#include <stdarg.h>
#include <stddef.h>

/* Hidden, so that no guest sees these names. */
#pragma GCC visibility push(hidden)
int bigfoot_execv(const char *path, const char *const *argv);
int bigfoot_execvp(const char *file, const char *const *argv);
int bigfoot_execve(const char *path, const char *const *argv, const char *const *envp);
#pragma GCC visibility pop

/* How many arguments there are, the null pointer included. */
static size_t count(va_list list) {
    size_t words = 2;
    while (va_arg(list, const char *) != NULL)
        words++;
    return words;
}

#define GATHER(first)                                                                              \
    va_list list;                                                                                  \
    size_t words = 1;                                                                              \
    if ((first) != NULL) {                                                                         \
        va_start(list, first);                                                                     \
        words = count(list);                                                                       \
        va_end(list);                                                                              \
    }                                                                                              \
    const char *argv[words];                                                                       \
    argv[0] = (first);                                                                             \
    va_start(list, first);                                                                         \
    for (size_t i = 1; i < words; i++)                                                             \
        argv[i] = va_arg(list, const char *);

__attribute__((visibility("hidden"))) int bigfoot_execl(const char *path, const char *arg, ...) {
    GATHER(arg)
    va_end(list);
    return bigfoot_execv(path, argv);
}

__attribute__((visibility("hidden"))) int bigfoot_execlp(const char *file, const char *arg, ...) {
    GATHER(arg)
    va_end(list);
    return bigfoot_execvp(file, argv);
}

__attribute__((visibility("hidden"))) int bigfoot_execle(const char *path, const char *arg, ...) {
    GATHER(arg)
    const char *const *envp = va_arg(list, const char *const *);
    va_end(list);
    return bigfoot_execve(path, argv, envp);
}
