/* Connects or opens through io_uring, and by the ordinary call where there is none: as programs do that can use it.
 * HOST PORT, or PATH. Says on stderr which of the two it was. */
#include "reach.h"
#include <liburing.h>

static struct io_uring ring;

/* The result of one request. */
static long completed(void) {
    struct io_uring_cqe *end;
    io_uring_submit(&ring);
    if (io_uring_wait_cqe(&ring, &end))
        return -1;
    long result = end->res;
    io_uring_cqe_seen(&ring, end);
    if (result < 0) {
        errno = -result;
        return -1;
    }
    return result;
}

static int has_ring(void) {
    int error = io_uring_queue_init(4, &ring, 0);
    fprintf(stderr, "%s\n", error ? strerror(-error) : "by io_uring");
    return !error;
}

int main(int argc, char **argv) {
    if (argc == 3) {
        struct sockaddr_in peer = peer4(argv[1], argv[2]);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (!has_ring()) {
            converse(fd, connect(fd, (void *)&peer, sizeof peer));
            return 0;
        }
        io_uring_prep_connect(io_uring_get_sqe(&ring), fd, (void *)&peer, sizeof peer);
        converse(fd, completed());
        return 0;
    }
    long fd;
    if (has_ring()) {
        io_uring_prep_openat(io_uring_get_sqe(&ring), AT_FDCWD, argv[1], O_RDONLY, 0);
        fd = completed();
    } else
        fd = open(argv[1], O_RDONLY);
    if (told(fd, NULL))
        hear(fd);
    return 0;
}
