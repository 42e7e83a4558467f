"""A real server of HTTPS: `tls_server.py CERTIFICATE KEY [ROOTS]` says its port and serves until its input ends.
With ROOTS it asks its clients for certificates."""

import http.server
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(f"really {self.path}".encode())

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.answer(f"really {self.path} ".encode() + self.rfile.read(length))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


certificate, key, *roots = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
if roots:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(roots[0])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
