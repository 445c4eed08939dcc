#!/usr/bin/env python3
"""doctor_proxy - a web server that is set up badly, before a good one.

    doctor_proxy.py PORT UPSTREAM FOLDER [PEM]

It passes requests on to UPSTREAM (http://127.0.0.1:8080), and does on the way
what the word in FOLDER/mode says.  With PEM it speaks TLS.
"""
import http.client
import http.server
import os
import ssl
import sys
import time
import urllib.parse

port, upstream, folder = int(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2]), sys.argv[3]
FCGID_LIMIT = 131072


def mode():
    with open(folder + "/mode") as f:
        return f.read().strip()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def own(self, status, body=b"<html>no</html>"):
        """An answer of the web server itself."""
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        if mode() != "no-date":
            self.send_header("Date", self.date_time_string())
        self.end_headers()
        self.wfile.write(body)

    def passed(self, what, path, headers, body):
        up = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=20)
        up.request(self.command, path, body, headers)
        answer = up.getresponse()
        data = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in ("transfer-encoding", "content-length", "connection"):
                continue
            if name.lower() == "date":
                shift = {"late": -60, "early": 60}.get(what, 0)
                value = self.date_time_string(time.time() + shift)
                if what == "no-date":
                    continue
            if name.lower() == "etag":
                if what == "no-etag":
                    continue
                if what == "etag":
                    value = value.replace('"', '"c;', 1)
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(data)

    def serve(self):
        what, path = mode(), self.path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
        shelf = path.startswith("/v1/categories")
        if what == "fcgid" and len(body) > FCGID_LIMIT:
            return self.own(500)
        if what == "over" and len(body) > 4 << 20:
            return self.own(500)
        if what == "not-routed" and shelf:
            return self.own(404)
        if what == "refuses" and "Authorization" in self.headers:
            return self.own(403)
        if what == "elsewhere" and shelf:
            path = "/metrics/none"
        if what == "no-authorization":
            headers.pop("Authorization", None)
        file = folder + path
        if what == "files" and os.path.isfile(file):
            with open(file, "rb") as f:
                return self.own(200, f.read())
        return self.passed(what, path, headers, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
