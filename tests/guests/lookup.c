/* Look-ups of names and addresses, by every door that libc has.
 * Argument: port of a name server on loopback, which knows host.example. */
#include "guest.h"
#include <arpa/nameser.h>
#include <resolv.h>

#define HOST "host.example"

/* Asks this thread's resolver to use the test's name server. */
static void use_name_server(void) {
    res_init();
    _res.nscount = 1;
    _res.nsaddr_list[0] = loopback(arguments[0]);
    _res.retrans = 1;
    _res.retry = 1;
    _res.options &= ~(RES_DNSRCH | RES_DEFNAMES);
}

static const char *in_words(int code) {
    return code ? gai_strerror(code) : "found";
}

static void print_addresses(const struct addrinfo *found) {
    for (; found; found = found->ai_next) {
        char text[64] = "?";
        int port = 0;
        if (found->ai_family == AF_INET) {
            const struct sockaddr_in *address = (void *)found->ai_addr;
            inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
            port = ntohs(address->sin_port);
        } else if (found->ai_family == AF_INET6) {
            const struct sockaddr_in6 *address = (void *)found->ai_addr;
            inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
            port = ntohs(address->sin6_port);
        }
        printf("%s:   %s port %d type %d protocol %d name %s\n", current, text, port, found->ai_socktype,
               found->ai_protocol, found->ai_canonname ? found->ai_canonname : "-");
    }
}

static void info(const char *node, const char *service, const struct addrinfo *hints) {
    struct addrinfo *found = NULL;
    errno = 0;
    int code = getaddrinfo(node, service, hints, &found);
    printf("%s: %d %s\n", current, code, in_words(code));
    print_addresses(code ? NULL : found);
    if (!code)
        freeaddrinfo(found);
}

static void info_with(const char *node, const char *service, int flags, int family, int type) {
    struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = type};
    info(node, service, &hints);
}

static void addrinfo(void) {
    use_name_server();
    info_with(HOST, "80", 0, AF_INET, SOCK_STREAM);
}

static void addrinfo_more(void) {
    use_name_server();
    info(HOST, NULL, NULL);
    info_with(HOST, "http", AI_CANONNAME, AF_INET6, SOCK_STREAM);
    info_with(HOST, "53", AI_V4MAPPED, AF_INET6, SOCK_DGRAM);
    info_with(HOST, "443", AI_ADDRCONFIG | AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM);
}

static void addrinfo_named(void) {
    use_name_server();
    info_with(HOST, "80", AI_CANONNAME, AF_INET, SOCK_STREAM);
    info_with(HOST, NULL, AI_CANONNAME, AF_INET, 0);
    info_with(HOST, "80", AI_V4MAPPED | AI_ALL, AF_INET6, SOCK_STREAM);
    info_with("loop.example", "80", AI_V4MAPPED, AF_INET6, SOCK_STREAM);
    info_with("loop.example", "80", 0, AF_INET6, SOCK_STREAM);
    info_with(HOST, "no-such-service", 0, AF_INET, SOCK_STREAM);
    info_with(HOST, "80", 0, 99, SOCK_STREAM);
}

static void addrinfo_missing(void) {
    use_name_server();
    info_with("missing.example", "80", 0, AF_UNSPEC, SOCK_STREAM);
    info_with("missing.example", "80", 0, AF_INET, SOCK_STREAM);
    info_with("missing.example", "80", AI_CANONNAME, AF_INET6, SOCK_STREAM);
}

static void addrinfo_async(void) {
    use_name_server();
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct gaicb request = {.ar_name = "192.0.2.9", .ar_service = "80", .ar_request = &hints}, *list[] = {&request};
    int code = getaddrinfo_a(GAI_WAIT, list, 1, NULL);
    printf("%s: %d, then %d\n", current, code, gai_error(&request));
    print_addresses(gai_error(&request) ? NULL : request.ar_result);
}

static void addrinfo_async_name(void) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct gaicb request = {.ar_name = "async.invalid", .ar_request = &hints}, *list[] = {&request};
    int code = getaddrinfo_a(GAI_WAIT, list, 1, NULL);
    printf("%s: %s\n", current, code || gai_error(&request) ? "nothing found" : "found");
}

static void not_looked_up(void) {
    info_with(NULL, "80", 0, AF_UNSPEC, SOCK_STREAM);
    info_with(NULL, "80", AI_PASSIVE, AF_UNSPEC, SOCK_STREAM);
    info_with("192.0.2.1", "80", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM);
    info_with("192.0.2.1", NULL, 0, AF_UNSPEC, SOCK_DGRAM);
    info_with("2001:db8::1", "22", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM);
    info_with("fe80::1%lo", "22", 0, AF_UNSPEC, SOCK_STREAM);
    info_with("127.1", "80", 0, AF_INET, SOCK_STREAM);
    info_with("0x7f.1", NULL, 0, AF_INET, SOCK_STREAM);
    info_with("localhost", "80", 0, AF_INET, SOCK_STREAM);
}

static void wrongly_asked(void) {
    info(NULL, NULL, NULL);
    info_with("name.example", "80", AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM);
    info_with("192.0.2.1", "no-such-service", 0, AF_UNSPEC, SOCK_STREAM);
    info_with("192.0.2.1", "http", AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM);
    info_with("192.0.2.1", "80", 0, AF_INET6, SOCK_STREAM);
    info_with("192.0.2.1", "80", 0, 99, SOCK_STREAM);
    info_with("192.0.2.1", "80", 0, AF_INET, 99);
    info_with("192.0.2.1", "80", 0x40000000, AF_INET, SOCK_STREAM);
    info_with(NULL, "80", AI_CANONNAME, AF_INET, SOCK_STREAM);
}

static void print_host_r(const struct hostent *found, int error) {
    if (!found) {
        printf("%s: NULL %s\n", current, hstrerror(error));
        return;
    }
    char text[64] = "?";
    inet_ntop(found->h_addrtype, found->h_addr_list[0], text, sizeof text);
    printf("%s: %s is %s, length %d\n", current, found->h_name, text, found->h_length);
}

static void print_host(const struct hostent *found) { print_host_r(found, h_errno); }

static void by_name(void) {
    use_name_server();
    h_errno = 0;
    print_host(gethostbyname(HOST));
}

static void by_name_missing(void) {
    use_name_server();
    h_errno = 0;
    print_host(gethostbyname("missing.example"));
    print_host(gethostbyname("192.0.2.3"));
}

static void by_name2(void) {
    use_name_server();
    h_errno = 0;
    print_host(gethostbyname2(HOST, AF_INET6));
}

static void by_name_r(void) {
    use_name_server();
    struct hostent host, *found = NULL;
    char buffer[2048];
    int error = 0, code = gethostbyname_r(HOST, &host, buffer, sizeof buffer, &found, &error);
    printf("%s: %d, h_errno %d\n", current, code, error);
    print_host_r(found, error);
}

static void by_name_r_little(void) {
    use_name_server();
    for (size_t size = 8; size <= 1024; size *= 2) {
        struct hostent host, *found = NULL;
        char buffer[1024];
        int error = 0, code = gethostbyname_r(HOST, &host, buffer, size, &found, &error);
        if (code || error)
            printf("%s: %s, h_errno %d\n", current, strerrorname_np(code), error);
        else
            return print_host_r(found, error);
    }
}

static void by_name_r_missing(void) {
    use_name_server();
    struct hostent host, *found = &host;
    char buffer[2048];
    int error = 0, code = gethostbyname_r("missing.example", &host, buffer, sizeof buffer, &found, &error);
    printf("%s: %d, h_errno %d\n", current, code, error);
    print_host_r(found, error);
    code = gethostbyname2_r("loop.example", AF_INET6, &host, buffer, sizeof buffer, &found, &error);
    printf("%s: %d, h_errno %d\n", current, code, error);
    print_host_r(found, error);
}

static void by_name_r_small(void) {
    use_name_server();
    struct hostent host, *found = NULL;
    char buffer[4];
    int error = 0, code = gethostbyname_r("192.0.2.3", &host, buffer, sizeof buffer, &found, &error);
    printf("%s: %s, h_errno %d\n", current, strerrorname_np(code), error);
}

static void by_name2_r(void) {
    use_name_server();
    struct hostent host, *found = NULL;
    char buffer[2048];
    int error = 0, code = gethostbyname2_r(HOST, AF_INET, &host, buffer, sizeof buffer, &found, &error);
    printf("%s: %d, h_errno %d\n", current, code, error);
    print_host_r(found, error);
}

static void by_address(void) {
    use_name_server();
    struct in_addr address = {inet_addr("192.0.2.7")};
    h_errno = 0;
    print_host(gethostbyaddr(&address, sizeof address, AF_INET));
}

static void by_address_r(void) {
    use_name_server();
    struct in_addr address = {inet_addr("192.0.2.7")};
    struct hostent host, *found = NULL;
    char buffer[2048];
    int error = 0;
    int code = gethostbyaddr_r(&address, sizeof address, AF_INET, &host, buffer, sizeof buffer, &found, &error);
    printf("%s: %d, h_errno %d\n", current, code, error);
    print_host_r(found, error);
}

static void by_address_missing(void) {
    use_name_server();
    struct in_addr address = {inet_addr("192.0.2.8")};
    h_errno = 0;
    print_host(gethostbyaddr(&address, sizeof address, AF_INET));
}

static void name_of(const char *numbers, socklen_t room, int flags) {
    struct sockaddr_in address = loopback("80");
    address.sin_addr.s_addr = inet_addr(numbers);
    char host[128] = "", service[64] = "";
    int code = getnameinfo((void *)&address, sizeof address, host, room, service, sizeof service, flags);
    printf("%s: %d %s %s %s\n", current, code, in_words(code), code ? "" : host, code ? "" : service);
}

static void name(int flags) { name_of("192.0.2.7", 128, flags); }

static void nameinfo_more(void) {
    use_name_server();
    name(0);
    name(NI_NUMERICSERV);
    name_of("192.0.2.7", 13, NI_NAMEREQD);
    name_of("192.0.2.7", 12, NI_NAMEREQD);
    name_of("192.0.2.8", 128, 0);
    name_of("192.0.2.8", 128, NI_NAMEREQD);
}

static void nameinfo(void) {
    use_name_server();
    name(NI_NAMEREQD);
}

static void nameinfo_numeric(void) {
    name(NI_NUMERICHOST);
    name(NI_NUMERICHOST | NI_NUMERICSERV);
}

/* Says how many answers a DNS message holds. */
static void answers(int length, const unsigned char *message) {
    if (length < 0)
        printf("%s: %d %s\n", current, length, hstrerror(h_errno));
    else
        printf("%s: %d bytes, %d answers\n", current, length, (message[6] << 8) | message[7]);
}

static unsigned char message[1024];

static void query(void) {
    use_name_server();
    answers(res_query(HOST, ns_c_in, ns_t_a, message, sizeof message), message);
}

static void query_missing(void) {
    use_name_server();
    answers(res_query("missing.example", ns_c_in, ns_t_a, message, sizeof message), message);
}

static void query_kinds(void) {
    use_name_server();
    answers(res_query(HOST, ns_c_in, ns_t_aaaa, message, sizeof message), message);
    answers(res_query("7.2.0.192.in-addr.arpa", ns_c_in, ns_t_ptr, message, sizeof message), message);
    answers(res_query("loop.example", ns_c_in, ns_t_aaaa, message, sizeof message), message);
}

static void search(void) {
    use_name_server();
    answers(res_search(HOST, ns_c_in, ns_t_a, message, sizeof message), message);
}

static void query_domain(void) {
    use_name_server();
    answers(res_querydomain("host", "example", ns_c_in, ns_t_a, message, sizeof message), message);
}

static int question(unsigned char *buffer, size_t size) {
    return res_mkquery(ns_o_query, HOST, ns_c_in, ns_t_a, NULL, 0, NULL, buffer, size);
}

static void send_question(void) {
    unsigned char asked[512];
    use_name_server();
    int length = question(asked, sizeof asked);
    answers(res_send(asked, length, message, sizeof message), message);
}

static void nquery(void) {
    use_name_server();
    answers(res_nquery(&_res, HOST, ns_c_in, ns_t_a, message, sizeof message), message);
}

static void nsearch(void) {
    use_name_server();
    answers(res_nsearch(&_res, HOST, ns_c_in, ns_t_a, message, sizeof message), message);
}

static void nquery_domain(void) {
    use_name_server();
    answers(res_nquerydomain(&_res, "host", "example", ns_c_in, ns_t_a, message, sizeof message), message);
}

static void nsend(void) {
    unsigned char asked[512];
    use_name_server();
    int length = question(asked, sizeof asked);
    answers(res_nsend(&_res, asked, length, message, sizeof message), message);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"getaddrinfo", addrinfo},
        {"getaddrinfo-more", addrinfo_more},
        {"getaddrinfo-named", addrinfo_named},
        {"getaddrinfo-missing", addrinfo_missing},
        {"getaddrinfo_a", addrinfo_async},
        {"getaddrinfo_a-name", addrinfo_async_name},
        {"not-looked-up", not_looked_up},
        {"wrongly-asked", wrongly_asked},
        {"gethostbyname", by_name},
        {"gethostbyname-missing", by_name_missing},
        {"gethostbyname2", by_name2},
        {"gethostbyname_r", by_name_r},
        {"gethostbyname_r-small", by_name_r_small},
        {"gethostbyname_r-little", by_name_r_little},
        {"gethostbyname_r-missing", by_name_r_missing},
        {"gethostbyname2_r", by_name2_r},
        {"gethostbyaddr", by_address},
        {"gethostbyaddr_r", by_address_r},
        {"gethostbyaddr-missing", by_address_missing},
        {"getnameinfo", nameinfo},
        {"getnameinfo-numeric", nameinfo_numeric},
        {"getnameinfo-more", nameinfo_more},
        {"res_query", query},
        {"res_query-missing", query_missing},
        {"res_query-kinds", query_kinds},
        {"res_search", search},
        {"res_querydomain", query_domain},
        {"res_send", send_question},
        {"res_nquery", nquery},
        {"res_nsearch", nsearch},
        {"res_nquerydomain", nquery_domain},
        {"res_nsend", nsend},
        {0},
    };
    return run_cases(cases, argc, argv);
}
