"""connect(2) by its number through ctypes: HOST PORT."""

import ctypes
import signal
import socket
import struct
import sys

CONNECT = 42

libc = ctypes.CDLL(None, use_errno=True)
peer = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(int(sys.argv[2])), socket.inet_aton(sys.argv[1]))
connection = socket.socket()
signal.alarm(10)
if libc.syscall(CONNECT, connection.fileno(), peer, len(peer)) < 0:
    print("refused", ctypes.get_errno())
    sys.exit()
print("connected")
connection.send(b"ping")
print("heard", connection.recv(64).decode())
