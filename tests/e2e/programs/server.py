# server.py SOCKET: answers requests, each in a thread of its own, until it is told to end.
import http.server
import socketserver
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"it works\n")

    def log_message(self, *ignored):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        request, _ = super().get_request()
        return request, ("here", 0)


Server(sys.argv[1], Handler).serve_forever()
