"""Loopback servers that count who reaches them. They run outside the tree under test."""

import socket
import ssl
import subprocess
import threading

HTTP_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
REFS = b"%s\trefs/heads/main\n" % (b"1" * 40)


class Server:
    """A port, what to say there, and how many have come."""

    def __init__(self, serve, kind=socket.SOCK_STREAM):
        self.callers = 0
        self.serve = serve
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            self.socket.listen(128)
        target = self.accept if kind == socket.SOCK_STREAM else self.receive
        threading.Thread(target=target, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.socket.accept()
            self.callers += 1
            threading.Thread(target=self.speak, args=(client,), daemon=True).start()

    def speak(self, client):
        try:
            client.settimeout(10)
            self.serve(client)
        except (OSError, ssl.SSLError):
            pass
        finally:
            client.close()

    def receive(self):
        while True:
            question, sender = self.socket.recvfrom(1500)
            self.callers += 1
            self.socket.sendto(self.serve(question), sender)


def http(client):
    """200 for everything; git's `info/refs` in its plain form (gitprotocol-http)."""
    request = client.recv(65536)
    body = REFS if b"info/refs" in request else b"ref: refs/heads/main\n" if b"/HEAD" in request else b"1.09\n"
    client.sendall(HTTP_OK % (len(body), body))


def https(folder):
    """The same behind a certificate that nobody signed."""
    key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def serve(client):
        with context.wrap_socket(client, server_side=True) as secure:
            http(secure)

    return serve


def redis(client):
    while client.recv(4096):
        client.sendall(b"+PONG\r\n")


def postgres(client):
    """Lets nobody in, politely."""
    if len(client.recv(4096)) == 8:
        client.sendall(b"N")
        client.recv(4096)
    fields = b"SFATAL\0C28000\0Mnobody may log in here\0\0"
    client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)


def ssh(client):
    client.sendall(b"SSH-2.0-nobody\r\n")
    client.recv(4096)


def dns(question):
    """192.0.2.7, whatever was asked."""
    end = question.index(b"\0", 12) + 5
    head = question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0"
    return head + question[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x07"
