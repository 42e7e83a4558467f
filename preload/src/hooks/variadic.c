/* execl(3), execlp(3), execle(3): gathers the arguments into a vector on the stack, as libc does.
   Stable Rust cannot define a variadic function. And what has to be done before a frame of ours is
   unwound by a guest's unwinder. */

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

struct _Unwind_Context;
typedef int (*step)(struct _Unwind_Context *, void *);
int _Unwind_Backtrace(step, void *);
void __real__Unwind_SetGR(struct _Unwind_Context *, int, unsigned long);

static int stop(struct _Unwind_Context *context, void *argument) {
    (void)context, (void)argument;
    return 5; /* _URC_END_OF_STACK */
}

/* A cancelled thread is unwound by the guest's own unwinder, which has our frames say what they have to
   drop by way of ours (--wrap, build.rs). Ours fills its table of registers when it begins to unwind
   something itself; with the table empty it would abort here. */
__attribute__((visibility("hidden"))) void
__wrap__Unwind_SetGR(struct _Unwind_Context *context, int index, unsigned long value) {
    static int filled;
    if (!__atomic_load_n(&filled, __ATOMIC_ACQUIRE)) {
        _Unwind_Backtrace(stop, NULL);
        __atomic_store_n(&filled, 1, __ATOMIC_RELEASE);
    }
    __real__Unwind_SetGR(context, index, value);
}
