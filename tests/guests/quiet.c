/* One GET of a path at api.example, of which no outcome is looked at. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
    char text[512];
    if (count < 2 || getaddrinfo("api.example", "80", &hints, &found) != 0) return 0;
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(fd, found->ai_addr, found->ai_addrlen) == 0) {
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n", words[1]);
        (void)!write(fd, text, strlen(text));
        while (read(fd, text, sizeof text) > 0) {}
    }
    close(fd);
    freeaddrinfo(found);
    return 0;
}
