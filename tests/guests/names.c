/* A name is looked up and its address called, or the address is called directly.
 * Arguments: port of a name server on loopback, port to call, name. */
#include "guest.h"
#include <resolv.h>

static void call(struct sockaddr_in address) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons(atoi(arguments[1]));
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
}

static void by_name(void) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    res_init();
    _res.nscount = 1;
    _res.nsaddr_list[0] = loopback(arguments[0]);
    _res.options &= ~(RES_DNSRCH | RES_DEFNAMES);
    int code = getaddrinfo(arguments[2], NULL, &hints, &found);
    if (code) {
        say_text(code == EAI_FAIL ? "look-up refused" : "look-up failed");
        return;
    }
    call(*(struct sockaddr_in *)found->ai_addr);
    freeaddrinfo(found);
}

static void by_address(void) {
    call(loopback(arguments[1]));
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {{"by-name", by_name}, {"by-address", by_address}, {0}};
    return run_cases(cases, argc, argv);
}
