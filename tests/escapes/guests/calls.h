/* One system call, made in the way that the guest was told: by libc's `syscall`, or by an instruction of its own
 * that no library can see. */
#include <stdarg.h>

static int by_instruction;

static long checked(long result) {
    if (result < 0 && result > -4096) {
        errno = -result;
        return -1;
    }
    return result;
}

#ifdef __x86_64__
static long instruction(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return checked(number);
}
#else
/* int 0x80 of a 32-bit program; the sixth argument travels in ebp, which these calls do not need. */
static long instruction(long number, long a, long b, long c, long d, long e, long f) {
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return checked(number);
}
#endif

static long call(long number, long a, long b, long c, long d, long e, long f) {
    return by_instruction ? instruction(number, a, b, c, d, e, f) : syscall(number, a, b, c, d, e, f);
}
