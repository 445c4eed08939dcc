"""Streams as a test wants them: each notes all it was sent, over any reconnects,
and whether the same bytes came twice."""
import asyncio
import http.client
import json
import os
import random
import subprocess
import urllib.parse

BASE = urllib.parse.urlsplit(os.environ["BASE"])
CONF = os.environ.get("BRISK_CONF") or os.environ["VAR"] + "/brisk.conf"
BRISK = os.environ["B"] + "/bin/brisk"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __getitem__(self, name):
        return self.headers.get(name)

    def code(self):
        return json.loads(self.body)["code"]


def ask(path, method="GET", body=None, headers=None, token=None):
    headers = dict(headers or {})
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        kind = "merge-patch+json" if method == "PATCH" else "json"
        headers.setdefault("Content-Type", "application/" + kind)
        body = body if isinstance(body, str) else json.dumps(body)
    c = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=90)
    try:
        c.request(method, path, body, headers)
        r = c.getresponse()
        return Answer(r.status, r.headers, r.read())
    except (OSError, http.client.HTTPException) as e:
        return Answer(0, {}, str(e).encode())
    finally:
        c.close()


def brisk(*args, stdin=None):
    r = subprocess.run([BRISK, *args], env=dict(os.environ, BRISK_CONF=CONF),
                       capture_output=True, text=True, input=stdin)
    if r.returncode != 0:
        raise RuntimeError(f"brisk {args}: {r.stdout}{r.stderr}")
    return r.stdout


def token(scope, *args):
    return brisk("token", "--scope", scope, *args).split()[-1]


def workers(program):
    """Pids of those that serve."""
    pids, name = [], None
    for line in brisk("status").splitlines():
        word = line.split()
        if line[0] != " ":
            name = word[0]
        elif name == program and word[:2] == ["worker", "serving"]:
            pids.append(int(word[2]))
    return pids


class Stream:
    """One event source.  `wait` caps the pause before it comes again."""

    def __init__(self, path, token=None, last=None, again=True, pause=0.3, headers=None):
        self.path, self.token, self.last = path, token, last
        self.again, self.pause, self.more = again, pause, headers or {}
        self.status, self.headers, self.body = None, {}, b""
        self.data, self.kinds, self.ids, self.retries = [], [], [], []
        self.comments = self.opened = self.broken = self.repeated = 0
        self.clean = None           # did the last connection end with a last chunk?
        self.changed = asyncio.Event()
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while True:
            try:
                await self.connect()
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self.clean, self.broken = False, self.broken + 1
            self.changed.set()
            over = self.kinds and self.kinds[-1] in ("gone", "expired")
            if over or not self.again or (self.status or 0) in range(400, 500):
                return
            await asyncio.sleep(random.uniform(0.05, self.pause))

    async def connect(self):
        self.status = None
        reader, writer = await asyncio.open_connection(BASE.hostname, BASE.port)
        try:
            head = {"Host": BASE.netloc, "Accept": "text/event-stream", **self.more}
            if self.token:
                head["Authorization"] = "Bearer " + self.token
            if self.last:
                head["Last-Event-ID"] = self.last
            lines = "".join(f"{k}: {v}\r\n" for k, v in head.items())
            writer.write(f"GET {self.path} HTTP/1.1\r\n{lines}\r\n".encode())
            await self.read(reader)
        finally:
            writer.close()

    async def read(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {k.lower(): v.strip() for k, _, v in
                        (line.partition(":") for line in head[1:] if line)}
        self.changed.set()
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            self.body = await reader.readexactly(int(self.headers["content-length"]))
            return
        self.opened += 1
        text = b""
        while True:
            n = int(await reader.readline(), 16)
            chunk = await reader.readexactly(n + 2)
            if n == 0:
                break
            text += chunk[:-2]
            if self.status == 200:
                *events, text = text.split(b"\n\n")
                for event in events:
                    self.take(event.decode())
        self.body, self.clean = text, True

    def take(self, event):
        kind = data = None
        for line in event.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                self.last = value
                self.ids.append(value)
            elif name == "event":
                kind = value
            elif name == "data":
                data = value
            elif name == "retry":
                self.retries.append(int(value))
            elif name == "":
                self.comments += 1
        if kind:
            self.kinds.append(kind)
        if kind == "change":
            self.repeated += bool(self.data) and self.data[-1] == data
            self.data.append(data)
        self.changed.set()

    async def until(self, true, seconds=20):
        """Wait until that is so; False: it was not, for far longer than it takes."""
        async def wait():
            while not true():
                self.changed.clear()
                await self.changed.wait()
        try:
            await asyncio.wait_for(wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    async def close(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            pass
