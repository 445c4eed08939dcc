#!/usr/bin/env python3
"""card_test - a provider of card payments, for tests: it keeps a book of its own.

	card_test.py BOOK SECRET WEBHOOKS [PORT]

Serves on 127.0.0.1 and prints the port.  BOOK is an SQLite file, WEBHOOKS the
URL that is told what became of a charge ("-": nobody).  Every request for /
needs "Authorization: Bearer SECRET".

	POST /charges			{amount, currency, token, reference}
	GET  /charges/KEY		what became of it, or 404
	POST /charges/KEY/cancellation	never, or not any more
	POST /refunds			{charge, amount, currency}
	GET  /book			all of it
	POST /moods			what it is to do wrong from now on

POSTs are known by their Idempotency-Key: the first decides, and each later one
with that key is answered the same.  A charge that was cancelled before it was
asked for is cancelled for good.

Tokens decide: tok_declined, tok_expired and tok_empty are declined; anything
else is charged.  Moods, each {"name": how often}:

	silent		it is done, and the answer held for `hold` seconds (10)
	deaf		nothing is done, and the answer held as long
	broken		it is done, and the answer is 500
	refusing	nothing is done, and the answer is 503
	garbage		it is done, and the answer is no JSON
	liar		it is done, and the answer tells of another sum
	endless		it is done, and the answer is 1 MiB
	elsewhere	it is done, and the answer is a redirect
	dropped		it is done, and the connection is closed
	early		the webhook comes before the answer
	twice		the webhook comes twice
	late		the webhook comes `lag` seconds (2) after the answer
	forged		the webhook's signature is another's
	mute		there is no webhook
	unpaid		a refund fails
"""
import hashlib
import hmac
import http.server
import json
import sqlite3
import sys
import threading
import time
import urllib.request
import uuid

DECLINES = {"tok_declined": "card_declined", "tok_expired": "expired_card",
            "tok_empty": "insufficient_funds"}

BOOK = """
CREATE TABLE IF NOT EXISTS charges (key TEXT PRIMARY KEY, reference TEXT,
	amount INTEGER, currency TEXT, status TEXT, decline_code TEXT, ref TEXT);
CREATE TABLE IF NOT EXISTS refunds (key TEXT PRIMARY KEY, charge TEXT,
	amount INTEGER, currency TEXT, status TEXT, ref TEXT);
CREATE TABLE IF NOT EXISTS calls (at REAL, what TEXT, key TEXT);
"""


class Book:
    """Rows on disk before anybody is told of them."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(BOOK)

    def rows(self, sql, *values):
        return [dict(row) for row in self.db.execute(sql, values)]

    def one(self, table, key):
        found = self.rows(f"SELECT * FROM {table} WHERE key = ?", key)
        return found[0] if found else None

    def note(self, what, key):
        self.db.execute("INSERT INTO calls VALUES (?, ?, ?)", (time.time(), what, key))

    def charge(self, key, asked):
        with self.lock:
            self.note("charge", key)
            if self.one("charges", key) is None:
                code = DECLINES.get(asked["token"])
                self.db.execute("INSERT INTO charges VALUES (?, ?, ?, ?, ?, ?, ?)",
                                (key, asked["reference"], asked["amount"],
                                 asked["currency"], "declined" if code else "succeeded",
                                 code, "ch_" + uuid.uuid4().hex))
            return self.one("charges", key)

    def cancel(self, key, asked):
        with self.lock:
            self.note("cancel", key)
            if self.one("charges", key) is None:
                self.db.execute("INSERT INTO charges VALUES (?, NULL, ?, ?, ?, NULL, ?)",
                                (key, asked["amount"], asked["currency"], "canceled",
                                 "ch_" + uuid.uuid4().hex))
            self.db.execute("UPDATE charges SET status = 'canceled' WHERE key = ?"
                            " AND status = 'succeeded'", (key,))
            return self.one("charges", key)

    def refund(self, key, asked, fails):
        with self.lock:
            self.note("refund", key)
            if self.one("refunds", key) is None:
                charge = self.one("charges", asked["charge"])
                back = self.rows("SELECT COALESCE(SUM(amount), 0) AS n FROM refunds"
                                 " WHERE charge = ? AND status = 'succeeded'",
                                 asked["charge"])[0]["n"]
                good = (not fails and charge is not None
                        and charge["status"] == "succeeded"
                        and back + asked["amount"] <= charge["amount"])
                self.db.execute("INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?)",
                                (key, asked["charge"], asked["amount"],
                                 asked["currency"], "succeeded" if good else "failed",
                                 "re_" + uuid.uuid4().hex))
            return self.one("refunds", key)


class Moods:
    def __init__(self):
        self.lock = threading.Lock()
        self.left = {}
        self.hold, self.lag = 10, 2

    def set(self, moods):
        with self.lock:
            self.hold = moods.pop("hold", self.hold)
            self.lag = moods.pop("lag", self.lag)
            self.left = moods

    def take(self, name):
        with self.lock:
            n = self.left.get(name, 0)
            if n > 0:
                self.left[name] = n - 1
            return n > 0


def tell(charge, forged):
    """A webhook; again after a moment, a few times, until it is taken."""
    if webhooks == "-":
        return
    body = json.dumps({"id": "evt_" + hashlib.sha256(
        (charge["key"] + charge["status"]).encode()).hexdigest()[:32],
        "type": "charge." + charge["status"], "livemode": False,
        "charge": shown(charge)}).encode()
    known = b"another" if forged else secret.encode()
    request = urllib.request.Request(webhooks, body, {
        "Content-Type": "application/json",
        "Webhook-Signature": hmac.new(known, body, hashlib.sha256).hexdigest()})
    for pause in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                sent.append([charge["key"], answer.status])
                return
        except urllib.error.HTTPError as refused:
            sent.append([charge["key"], refused.code])
            if refused.code < 500 and refused.code != 429:
                return
        except OSError:
            pass
        time.sleep(pause)


def later(seconds, charge):
    timer = threading.Timer(seconds, tell, (charge, False))
    timer.daemon = True
    timer.start()


def shown(row):
    return {k: v for k, v in row.items() if v is not None}


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, what, headers=()):
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def known(self):
        if self.headers.get("Authorization") == "Bearer " + secret:
            return True
        self.answer(401, {"error": "who are you?"})
        return False

    def do_GET(self):
        if not self.known():
            return
        if self.path == "/book":
            with book.lock:
                self.answer(200, {"charges": book.rows("SELECT * FROM charges"),
                                  "refunds": book.rows("SELECT * FROM refunds"),
                                  "calls": book.rows("SELECT * FROM calls ORDER BY at"),
                                  "webhooks": sent, "moods": moods.left})
            return
        key = self.path.removeprefix("/charges/")
        with book.lock:
            book.note("find", key)
            row = book.one("charges", key)
        self.say(row) if row else self.answer(404, {"error": "no such charge"})

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        asked = json.loads(self.rfile.read(length) or b"{}")
        if not self.known():
            return
        key = self.headers.get("Idempotency-Key", "")
        if self.path == "/moods":
            moods.set(asked)
            self.answer(200, {})
            return
        if moods.take("deaf"):
            self.hold()
            return
        if moods.take("refusing"):
            self.answer(503, {"error": "not now"})
            return
        if self.path == "/charges":
            self.charged(book.charge(key, asked))
        elif self.path == "/refunds":
            self.say(book.refund(key, asked, moods.take("unpaid")))
        elif self.path == f"/charges/{key}/cancellation":
            self.say(book.cancel(key, asked))
        else:
            self.answer(404, {"error": "no such resource"})

    def charged(self, row):
        if moods.take("early"):
            tell(row, False)
            self.say(row)
            return
        self.say(row)
        if moods.take("mute"):
            return
        if moods.take("forged"):
            tell(row, True)
        if moods.take("late"):
            later(moods.lag, row)
        elif moods.take("twice"):
            later(0, row)
            later(0.1, row)
        else:
            later(0, row)

    def hold(self):
        """Whoever waits is gone by then."""
        self.close_connection = True
        time.sleep(moods.hold)

    def say(self, row):
        try:
            self.misbehave(row) or self.answer(200, shown(row))
        except OSError:
            self.close_connection = True

    def misbehave(self, row):
        if moods.take("silent"):
            self.hold()
        elif moods.take("dropped"):
            self.close_connection = True
        elif moods.take("broken"):
            self.answer(500, {"error": "oh"})
        elif moods.take("garbage"):
            self.answer(200, b"<html>{}")
        elif moods.take("liar"):
            self.answer(200, dict(shown(row), amount=row["amount"] + 1))
        elif moods.take("endless"):
            self.answer(200, json.dumps(dict(shown(row), pad="x" * (1 << 20))).encode())
        elif moods.take("elsewhere"):
            self.answer(302, {}, [("Location", f"/charges/{row['key']}")])
        else:
            return False
        return True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


book, secret, webhooks = Book(sys.argv[1]), sys.argv[2], sys.argv[3]
moods, sent = Moods(), []
server = Server(("127.0.0.1", int(sys.argv[4]) if len(sys.argv) > 4 else 0), Provider)
print(server.server_address[1], flush=True)
server.serve_forever()
