"""Looks names up by libc: `both|ipv4|ipv6|old NAME`, `name ADDRESS`, as many as wanted."""
import socket
import sys


def look_up(kind, what):
    if kind == "name":
        return [socket.gethostbyaddr(what)[0]]
    if kind == "old":
        return socket.gethostbyname_ex(what)[2]
    family = {"both": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}[kind]
    return [found[4][0] for found in socket.getaddrinfo(what, 80, family, socket.SOCK_STREAM)]


for kind, what in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        print(kind, *look_up(kind, what))
    except OSError as error:
        print(kind, error.strerror)
