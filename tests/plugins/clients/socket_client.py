"""A client of raw sockets: KIND HOST PORT OPERATION...

Kinds are tcp, epoll (tcp that does not block), udp (connected), udpto (not connected) and unix. Operations are
`send:TEXT`, `hear`, `shut` (says no more) and `peer`; each says what came of it in a line.
"""
import select
import socket
import sys

PATIENCE = 1.0


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def opened(kind, host, port):
    if kind == "unix":
        client = socket.socket(socket.AF_UNIX)
        client.connect(host)
    elif kind == "tcp":
        client = socket.create_connection((host, port))
    elif kind == "epoll":
        client = waited_for(host, port)
    else:
        client = socket.socket(family(host), socket.SOCK_DGRAM)
        if kind == "udp":
            client.connect((host, port))
    client.settimeout(PATIENCE)
    return client


def waited_for(host, port):
    client = socket.socket(family(host))
    client.setblocking(False)
    code = client.connect_ex((socket.gethostbyname(host), port))
    print("started", {115: "EINPROGRESS"}.get(code, code))
    poll = select.epoll()
    poll.register(client, select.EPOLLOUT)
    assert poll.poll(5)
    code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, "connect")
    return client


def heard(kind, client):
    if kind == "udpto":
        data, peer = client.recvfrom(1 << 16)
        return f"heard {data.decode()} from {peer[0]} {peer[1]}"
    data = client.recv(1 << 16)
    return f"heard {data.decode()}" if data or kind == "udp" else "end"


def operate(kind, client, address, operation):
    if operation.startswith("send:"):
        data = operation[5:].encode()
        client.sendto(data, address) if kind == "udpto" else client.sendall(data)
    elif operation == "hear":
        print(heard(kind, client))
    elif operation == "shut":
        client.shutdown(socket.SHUT_WR)
    elif operation == "peer":
        print("peer", *client.getpeername()[:2])


def main(kind, host, port, *operations):
    try:
        client = opened(kind, host, int(port))
        for operation in operations:
            operate(kind, client, (host, int(port)), operation)
    except ConnectionRefusedError:
        print("refused")
    except ConnectionResetError:
        print("reset")
    except TimeoutError:
        print("timeout")


main(*sys.argv[1:])
