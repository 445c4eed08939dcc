"""payments: what payments.sh starts, asked as buyers, finance and a provider do."""
import concurrent.futures
import glob
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import uuid

BASE = urllib.parse.urlsplit(os.environ["BASE"])
VAR, B, ROOT = os.environ["VAR"], os.environ["B"], os.environ["ROOT"]
SECRET = os.environ["SECRET"]
PASSWORD = "violet-tractor-anthem-52"
NOBODY = "019ab0c2-7d3e-7a40-9b1f-0d5e8c1f2a33"
TOKENS = set()          # that were sent: none may show up anywhere
passed = failed = 0


def check(label, got, want=True):
    global passed, failed
    if got == want:
        passed += 1
    else:
        failed += 1
        print(f"payments: [{label}] got <{got}> want <{want}>")
    return got == want


# --- asking -----------------------------------------------------------------------

class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    def __getitem__(self, name):
        return self.json().get(name)

    def json(self):
        try:
            return json.loads(self.text)
        except ValueError:
            return {}

    def told(self):
        """409 payment_exists; 422 validation_failed #/a code."""
        whole = self.json()
        errors = [f"{e.get('pointer', e.get('header', ''))} {e['code']}"
                  for e in whole.get("errors", [])]
        return " ".join([str(self.status), whole.get("code", "")] + errors).strip()


def ask(method, path, body=None, token=None, key=None, headers=()):
    c = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=30)
    all_headers = dict(headers)
    if token:
        all_headers["Authorization"] = "Bearer " + token
    if key:
        all_headers["Idempotency-Key"] = f'"{key}"'
    if isinstance(body, dict):
        body = json.dumps(body)
    if body is not None:
        all_headers.setdefault("Content-Type", "application/json")
    elif method == "POST":
        body = ""
    c.request(method, path, body, all_headers)
    r = c.getresponse()
    a = Answer(r.status, r.headers, r.read().decode())
    c.close()
    return a


def new_key():
    return uuid.uuid4().hex


def minted(scope):
    return subprocess.run([B + "/bin/brisk", "token", "--scope", scope], check=True,
                          capture_output=True, text=True).stdout.split()[-1]


def sql(text):
    out = subprocess.run(["mariadb", "--no-defaults", "-S", VAR + "/db.sock", "-u",
                          "root", "-N", "-B", "brisk", "-e", text],
                         check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def unhex(key):
    return f"UNHEX('{key.replace('-', '')}')"


def at_once(n, one):
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


def until(what, seconds=60):
    """As long as a busy machine takes; the last thing seen."""
    end = time.monotonic() + seconds
    while True:
        seen = what()
        if seen or time.monotonic() > end:
            return seen
        time.sleep(0.05)


# --- the provider -----------------------------------------------------------------

class Provider:
    port = int(os.environ["PROVIDER_PORT"])

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, ROOT + "/tests/fakes/card_test.py",
             os.environ["tmp"] + "/book", SECRET,
             os.environ["BASE"] + "/v1/payments/webhooks/card_test", str(self.port)],
            stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None, headers=()):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request(method, path, None if body is None else json.dumps(body),
                  dict(headers, Authorization="Bearer " + SECRET))
        answer = json.loads(c.getresponse().read())
        c.close()
        return answer

    def moods(self, **moods):
        self.ask("POST", "/moods", moods)

    def book(self):
        return self.ask("GET", "/book")

    def charges(self, order, status=None):
        return [c for c in self.book()["charges"] if c["reference"] == order
                and status in (None, c["status"])]


provider = Provider()


# --- people, orders and payments --------------------------------------------------

class Buyer:
    def __init__(self, name):
        self.name = name + new_key()[:8]
        self.id = ask("POST", "/v1/users", {
            "email": self.name + "@example.org", "username": self.name,
            "password": PASSWORD})["id"]
        form = urllib.parse.urlencode({
            "grant_type": "password", "client_id": "docs", "username": self.name,
            "password": PASSWORD})
        self.token = ask("POST", "/oauth2/token", form, headers={
            "Content-Type": "application/x-www-form-urlencoded"})["access_token"]

    def order(self, amount=1999, quantity=1, currency="EUR"):
        """An order of so much, and its id."""
        product = ask("POST", "/v1/products", {
            "sku": "pay-" + new_key(), "name": "Spade",
            "price": {"amount": amount, "currency": currency}}, shop)["id"]
        ask("POST", f"/v1/products/{product}/stock-adjustments",
            {"delta": quantity, "reason": "received"}, shop, new_key())
        cart = ask("POST", "/v1/carts", {"currency": currency}, self.token)["id"]
        cart = ask("PUT", f"/v1/carts/{cart}/items/{product}", {"quantity": quantity},
                   self.token).json()
        made = ask("POST", "/v1/orders", {
            "cart_id": cart["id"], "cart_version": cart["version"],
            "expected_total": {"amount": amount * quantity, "currency": currency},
            "shipping_address": {"name": "A", "line1": "B", "postal_code": "1",
                                 "city": "C", "country": "DE"}}, self.token, new_key())
        check("an order", made.told(), "201")
        return made["id"]

    def pay(self, order, token="tok_ok", method="card_test", key=None, **more):
        if method == "card_test" and token.startswith("tok_"):
            TOKENS.add(token)
        return ask("POST", "/v1/payments", dict(
            {"order_id": order, "method": {"type": method, "token": token}}, **more),
            self.token, key or new_key())

    def payment(self, key):
        return ask("GET", "/v1/payments/" + key, token=self.token)

    def cancel(self, key):
        return ask("POST", f"/v1/payments/{key}/cancellation", None, self.token, new_key())

    def status_of(self, order):
        return ask("GET", "/v1/orders/" + order, token=self.token)["status"]

    def wait(self, key, *statuses):
        """Its status, when it is one of these."""
        until(lambda: self.payment(key)["status"] in statuses)
        return self.payment(key)["status"]

    def wallet(self, amount, currency="EUR"):
        account = ask("POST", "/v1/accounts", {
            "code": "wallet:" + new_key(), "currency": currency, "kind": "liability",
            "constraint": "no_debit_balance", "owner_id": self.id}, finance)["id"]
        bank = ask("POST", "/v1/accounts", {
            "code": "bank:" + new_key(), "currency": currency, "kind": "asset"},
            finance)["id"]
        move = ask("POST", "/v1/transactions", {
            "kind": "transfer", "currency": currency, "entries": [
                {"account_id": bank, "direction": "debit", "amount": amount},
                {"account_id": account, "direction": "credit", "amount": amount}]},
            finance, new_key())["id"]
        until(lambda: ask("GET", "/v1/transactions/" + move, token=finance)["status"]
              == "posted")
        return account


def refund(payment, key=None, token=None, **body):
    return ask("POST", f"/v1/payments/{payment}/refunds", body, token or finance,
               key or new_key())


def ledger(source, source_id):
    return [row[0] for row in sql(
        f"SELECT status FROM transactions WHERE source = '{source}'"
        f" AND source_id = {unhex(source_id)}")]


def hurry():
    """What waits for its next try, or for a dead worker's lease, need not."""
    sql("UPDATE jobs SET run_at = NOW(3) WHERE state = 'ready' AND kind LIKE 'payment.%'")
    sql("UPDATE jobs SET state = 'ready', lease_until = NULL, lease_token = NULL"
        " WHERE state = 'running' AND kind LIKE 'payment.%'"
        " AND lease_until < NOW(3) + INTERVAL 28 SECOND")
    subprocess.run([B + "/bin/brisk", "cache", "purge", "jobs/payments"],
                   capture_output=True)


def hurried(what, seconds=60):
    def look():
        hurry()
        return until(what, 0.5)
    return until(look, seconds)


# --- what is refused --------------------------------------------------------------

def refusals():
    order = anna.order()
    good = {"order_id": order, "method": {"type": "card_test", "token": "tok_x"}}
    wallet = bert.wallet(5000)
    yen = anna.wallet(5000, "JPY")
    path = "/v1/payments"
    for label, want, args in (
        ("no token", "401 unauthenticated", (good, None, "k")),
        ("no scope", "403 insufficient_scope", (good, minted("orders:read"), "k")),
        ("no key", "400 idempotency_key_missing", (good, anna.token, None)),
        ("no JSON", "400 malformed_json", ("{", anna.token, new_key())),
        ("no order", "422 validation_failed #/order_id required",
         ({"method": good["method"]}, anna.token, new_key())),
        ("no method", "422 validation_failed #/method required",
         ({"order_id": order}, anna.token, new_key())),
        ("an amount", "422 validation_failed #/amount unknown_field",
         (dict(good, amount={"amount": 1, "currency": "EUR"}), anna.token, new_key())),
        ("manual capture", "422 validation_failed #/capture invalid_value",
         (dict(good, capture="manual"), anna.token, new_key())),
        ("another method", "422 validation_failed #/method/type invalid_value",
         (dict(good, method={"type": "cash", "token": "x"}), anna.token, new_key())),
        ("an empty token", "422 validation_failed #/method/token too_short",
         (dict(good, method={"type": "card_test", "token": ""}), anna.token, new_key())),
        ("a token that is none", "422 validation_failed #/method/token invalid_value",
         (dict(good, method={"type": "card_test", "token": "tok en"}), anna.token,
          new_key())),
        ("an order that is none", "422 validation_failed #/order_id reference_not_found",
         (dict(good, order_id=NOBODY), anna.token, new_key())),
        ("another's order", "422 validation_failed #/order_id reference_not_found",
         (good, bert.token, new_key())),
        ("an admin's command", "422 validation_failed #/order_id reference_not_found",
         (good, minted("payments:write"), new_key())),
        ("a wallet that is no id", "422 validation_failed #/method/token invalid_value",
         (dict(good, method={"type": "wallet", "token": "mine"}), anna.token, new_key())),
        ("another's wallet", "422 validation_failed #/method/token invalid_value",
         (dict(good, method={"type": "wallet", "token": wallet}), anna.token, new_key())),
        ("another currency's", "422 validation_failed #/method/token invalid_value",
         (dict(good, method={"type": "wallet", "token": yen}), anna.token, new_key())),
    ):
        check(label, ask("POST", path, *args).told(), want)
    check("nothing was made", sql(
        f"SELECT COUNT(*) FROM payments WHERE order_id = {unhex(order)}"), [["0"]])
    for what in ("cancellation", "refunds"):
        check(f"{what}: nobody's", ask(
            "POST", f"{path}/{NOBODY}/{what}", None if what == "cancellation" else {},
            anna.token if what == "cancellation" else finance, new_key()).told()[:3],
            "404")
    check("no such payment", anna.payment(NOBODY).told(), "404 not_found")


def without_provider():
    """As CGI, with other options."""
    body = json.dumps({"order_id": NOBODY, "method": {"type": "card_test", "token": "t"}})
    out = subprocess.run([B + "/bin/payments"], input=body, capture_output=True,
                         text=True, env=dict(
        os.environ, BRISK_CARD_TEST_URL="", GATEWAY_INTERFACE="CGI/1.1",
        REQUEST_METHOD="POST", REQUEST_URI="/v1/payments", CONTENT_TYPE="application/json",
        CONTENT_LENGTH=str(len(body)), REMOTE_ADDR="198.51.100.7",
        HTTP_AUTHORIZATION="Bearer " + anna.token, HTTP_IDEMPOTENCY_KEY=new_key())).stdout
    check("a method that is off", ("422" in out.split("\n")[0], '"#/method/type"' in out),
          (True, True))


# --- paying -----------------------------------------------------------------------

def paid():
    order, key = anna.order(), new_key()
    first = anna.pay(order, key=key)
    check("taken", first.status, 202)
    check("where to look", first.headers["Location"], f"/v1/payments/{first['id']}")
    check("and when", first.headers["Retry-After"], "1")
    check("what it says", (first["status"], first["amount"], first["captured"]["amount"],
                           first["method"], first["order_id"]),
          ("processing", {"amount": 1999, "currency": "EUR"}, 0, {"type": "card_test"},
           order))
    check("it succeeds", anna.wait(first["id"], "succeeded"), "succeeded")
    check("what was taken", anna.payment(first["id"])["captured"]["amount"], 1999)
    check("the order", anna.status_of(order), "paid")
    check("charged once", len(provider.charges(order, "succeeded")), 1)
    check("posted once", ledger("payment", first["id"]), ["posted"])
    again = anna.pay(order, key=key)
    check("the key again", (again.status, again.text, again.headers["Idempotent-Replayed"]),
          (202, first.text, "true"))
    check("the key for another", anna.pay(order, "tok_other", key=key).told(),
          "422 idempotency_key_reused")
    check("once more", anna.pay(order).told(), "409 payment_exists")
    check("to another", bert.payment(first["id"]).told(), "404 not_found")
    check("to finance", ask("GET", "/v1/payments/" + first["id"], token=finance).status, 200)
    check("beside the order", ask("GET", f"/v1/orders/{order}?expand=payment",
                                  token=anna.token)["payment"]["id"], first["id"])
    check("not cancelled any more", anna.cancel(first["id"]).told(), "409 invalid_state")


def raced():
    order, key = anna.order(), new_key()
    got = at_once(16, lambda i: anna.pay(order).told())
    check("many at once", (got.count("202"), got.count("409 payment_exists")), (1, 15))
    order = anna.order()
    got = at_once(16, lambda i: anna.pay(order, key=key))
    taken = {a.text for a in got if a.status == 202}
    check("with one key", (len(taken), {a.told() for a in got} <=
                           {"202", "409 idempotency_in_progress"}), (1, True))
    check("one payment", sql(
        f"SELECT COUNT(*) FROM payments WHERE order_id = {unhex(order)}"), [["1"]])
    check("it succeeds", anna.wait(json.loads(taken.pop())["id"], "succeeded"), "succeeded")
    check("charged once", len(provider.charges(order)), 1)


def declined():
    order = anna.order()
    for token, why in (("tok_declined", "card_declined"), ("tok_empty", "insufficient_funds")):
        key = anna.pay(order, token)["id"]
        check(token, anna.wait(key, "requires_payment_method"), "requires_payment_method")
        check("why", anna.payment(key)["last_error"],
              {"code": "payment_declined", "decline_code": why})
        check("nothing is posted", ledger("payment", key), [])
    check("the order waits", anna.status_of(order), "pending_payment")
    check("a declined one is given up", (anna.cancel(key).told(),
                                         anna.payment(key)["status"]), ("202", "canceled"))
    key = anna.pay(order)["id"]
    check("with another", anna.wait(key, "succeeded"), "succeeded")
    check("charged once", len(provider.charges(order, "succeeded")), 1)


def by_wallet():
    wallet = anna.wallet(10000)
    orders = [anna.order(6000) for _ in range(2)]
    keys = at_once(2, lambda i: anna.pay(orders[i], wallet, "wallet")["id"])
    got = sorted(anna.wait(k, "succeeded", "requires_payment_method") for k in keys)
    check("60 of 100, twice", got, ["requires_payment_method", "succeeded"])
    won = keys[0] if anna.payment(keys[0])["status"] == "succeeded" else keys[1]
    lost = keys[1] if won == keys[0] else keys[0]
    check("too little", anna.payment(lost)["last_error"],
          {"code": "payment_declined", "decline_code": "insufficient_funds"})
    account = ask("GET", "/v1/accounts/" + wallet, token=finance)
    check("what is left", account["balance"], 4000)
    check("given back", refund(won).status, 202)
    check("all of it", until(lambda: ask("GET", "/v1/accounts/" + wallet, token=finance)
                             ["balance"] == 10000))
    check("the order", until(lambda: anna.status_of(orders[keys.index(won)]) == "refunded"))
    key = anna.pay(orders[keys.index(lost)], wallet, "wallet")["id"]
    check("then the other", anna.wait(key, "succeeded"), "succeeded")


# --- cancelling, giving back ------------------------------------------------------

def cancelled():
    order = anna.order()
    provider.moods(refusing=1000)
    key = anna.pay(order)["id"]
    until(lambda: sql("SELECT state FROM payment_attempts WHERE payment_id = "
                      + unhex(key)) == [["unknown"]])
    check("another's", bert.cancel(key).told(), "404 not_found")
    check("while it is asked", anna.cancel(key).status, 202)
    provider.moods()
    check("cancelled", hurried(lambda: anna.payment(key)["status"] == "canceled"))
    check("never charged", len(provider.charges(order, "succeeded")), 0)
    check("again", anna.cancel(key).told(), "409 invalid_state")
    key = anna.pay(order)["id"]
    check("payable again", anna.wait(key, "succeeded"), "succeeded")
    check("charged once", len(provider.charges(order, "succeeded")), 1)


def too_late():
    """The order goes while the provider is at it: what was charged goes back."""
    order = anna.order()
    provider.moods(silent=1, mute=1, hold=1)
    key = anna.pay(order)["id"]
    until(lambda: provider.charges(order, "succeeded"))
    check("the order is cancelled", ask("POST", f"/v1/orders/{order}/cancellation", {},
                                        anna.token, new_key()).status, 201)
    check("so is the payment", hurried(lambda: anna.payment(key)["status"] == "canceled"))
    check("and the charge", [c["status"] for c in provider.charges(order)], ["canceled"])
    check("nothing is posted", ledger("payment", key), [])
    check("the order stays so", anna.status_of(order), "cancelled")
    check("and is not payable", anna.pay(order).told(), "409 order_not_payable")


def given_back():
    order = anna.order(1000)
    key = anna.pay(order)["id"]
    anna.wait(key, "succeeded")
    check("not by the buyer", refund(key, token=anna.token).told(), "403 insufficient_scope")
    for amount, code in ((0, "out_of_range"), (-1, "out_of_range"), (1.5, "not_an_integer")):
        check(f"{amount}", refund(key, amount=amount).told(),
              f"422 validation_failed #/amount {code}")
    check("more than was paid", refund(key, amount=1001).told(),
          "409 refund_exceeds_payment")
    got = at_once(32, lambda i: refund(key, amount=600, reason="60 %").told())
    check("60 % at once", (got.count("202"), got.count("409 refund_exceeds_payment")),
          (1, 31))
    check("it is back", until(lambda: sql(
        f"SELECT status FROM refunds WHERE payment_id = {unhex(key)}") == [["succeeded"]]))
    check("the order stays paid", anna.status_of(order), "paid")
    rest = refund(key)
    check("the rest", (rest.status, rest["amount"], rest["status"], rest["payment_id"]),
          (202, {"amount": 400, "currency": "EUR"}, "processing", key))
    check("the order is refunded", until(lambda: anna.status_of(order) == "refunded"))
    check("no more", refund(key).told(), "409 refund_exceeds_payment")
    check("posted", ledger("refund", rest["id"]), ["posted"])
    check("in the book", sum(r["amount"] for r in provider.book()["refunds"]
                             if r["status"] == "succeeded"
                             and r["charge"] == provider.charges(order)[0]["key"]), 1000)


def not_given_back():
    order = anna.order(1000)
    key = anna.pay(order)["id"]
    anna.wait(key, "succeeded")
    provider.moods(unpaid=1)
    one = refund(key, amount=300)["id"]
    check("the provider refuses", until(lambda: sql(
        f"SELECT status FROM refunds WHERE id = {unhex(one)}") == [["failed"]]))
    check("all of it is left", anna.payment(key)["refunded"]["amount"], 0)
    check("nothing is posted", ledger("refund", one), [])
    provider.moods(broken=1, silent=1, dropped=1)
    check("a silent one", refund(key).status, 202)
    check("is asked again", hurried(lambda: anna.status_of(order) == "refunded"))
    check("once", len([r for r in provider.book()["refunds"] if r["status"] == "succeeded"
                       and r["charge"] == provider.charges(order)[0]["key"]]), 1)
    order = anna.order(1000)
    key = anna.pay(order)["id"]
    anna.wait(key, "succeeded")
    check("a paid order is cancelled", ask("POST", f"/v1/orders/{order}/cancellation", {},
                                           anna.token, new_key()).status, 201)
    check("that gives it back", until(lambda: anna.status_of(order) == "refunded"))


# --- webhooks ---------------------------------------------------------------------

def hook(body, signature=None, name="card_test"):
    text = body if isinstance(body, str) else json.dumps(body)
    if signature is None:
        signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    return ask("POST", "/v1/payments/webhooks/" + name, text,
               headers={"Webhook-Signature": signature} if signature else {})


def park(payment):
    """Its job is not run in the next hour."""
    mine = f"payload LIKE '%{payment}%' AND state = 'ready'"
    sql(f"UPDATE jobs SET run_at = NOW(3) + INTERVAL 1 HOUR WHERE {mine}")
    return sql(f"SELECT 1 FROM jobs WHERE {mine}")


def webhooks():
    order = anna.order()
    provider.moods(refusing=1000)
    key = anna.pay(order)["id"]
    provider_key = until(lambda: sql(
        f"SELECT provider_key FROM payment_attempts WHERE payment_id = {unhex(key)}"))[0][0]
    check("its job waits", bool(until(lambda: park(key))))
    provider.moods(mute=1)
    charge = provider.ask("POST", "/charges", {
        "reference": order, "token": "tok_ok", "amount": 1999, "currency": "EUR"},
        {"Idempotency-Key": provider_key})
    event = {"id": "evt_" + new_key(), "type": "charge.succeeded", "more": [1],
             "charge": dict(charge, more="more")}
    good = json.dumps(event)
    signed = hmac.new(SECRET.encode(), good.encode(), hashlib.sha256).hexdigest()
    for label, want, args in (
        ("unsigned", "401 invalid_signature", (good, "")),
        ("signed by another", "401 invalid_signature", (good, hmac.new(
            b"x", good.encode(), hashlib.sha256).hexdigest())),
        ("of another body", "401 invalid_signature", (good + " ", signed)),
        ("cut", "401 invalid_signature", (good, signed[:-1])),
        ("in capitals", "401 invalid_signature", (good, signed.upper())),
        ("no event", "422 validation_failed",
         (dict(event, charge={"key": 1}), None)),
        ("no provider", "404 not_found", (good, signed, "paypal")),
        ("one without", "404 not_found", (good, signed, "wallet")),
        ("no JSON", "400 malformed_json", ("{", None)),
        ("of a key that is none", "204",
         (dict(event, id="a", charge=dict(event["charge"], key=NOBODY)), None)),
        ("of another sum", "204",
         (dict(event, id="b", charge=dict(event["charge"], amount=1)), None)),
        ("of another currency", "204",
         (dict(event, id="c", charge=dict(event["charge"], currency="JPY")), None)),
        ("of nothing we know", "204",
         (dict(event, id="d", type="balance.available"), None)),
        ("still under way", "204",
         (dict(event, id="e", charge=dict(event["charge"], status="pending")), None)),
    ):
        check("webhook " + label, hook(*args).told(), want)
    check("none of these counts", anna.payment(key)["status"], "processing")
    got = at_once(8, lambda i: hook(good).told())
    check("eight at once", got, ["204"] * 8)
    check("it succeeded by that", anna.payment(key)["status"], "succeeded")
    check("the order", anna.status_of(order), "paid")
    declined_event = dict(event, id="evt_" + new_key(), charge=dict(
        event["charge"], status="declined"))
    check("out of order", hook(declined_event).told(), "204")
    check("changes nothing", anna.payment(key)["status"], "succeeded")
    check("posted once", ledger("payment", key), ["posted"])


def webhooks_of_the_provider():
    keys = {}
    for mood in ("early", "twice", "late", "forged"):
        order = anna.order()
        provider.moods(**{mood: 1, "lag": 0.5})
        keys[mood] = (order, anna.pay(order)["id"])
        until(lambda: provider.charges(order))
    for mood, (order, key) in keys.items():
        check(mood, anna.wait(key, "succeeded"), "succeeded")
        check(mood + ": charged once", len(provider.charges(order)), 1)
        check(mood + ": posted once", ledger("payment", key), ["posted"])
    check("all were taken but the forged", until(lambda: {
        status for _, status in provider.book()["webhooks"]} <= {204, 401}))


# --- a provider that fails --------------------------------------------------------

def moody():
    """Whatever it does, in the end an order is charged once."""
    keys = {}
    for mood in ("silent", "deaf", "broken", "refusing", "garbage", "liar", "endless",
                 "elsewhere", "dropped"):
        order = anna.order()
        provider.moods(**{mood: 1, "mute": 1, "hold": 1})
        key = anna.pay(order)["id"]
        keys[mood] = (order, key)
        check(f"{mood}: it is not known", until(lambda: sql(
            f"SELECT state FROM payment_attempts WHERE payment_id = {unhex(key)}")
            == [["unknown"]] or anna.payment(key)["status"] == "succeeded"))
    provider.moods(mute=100)
    for mood, (order, key) in keys.items():
        check(mood, hurried(lambda: anna.payment(key)["status"] == "succeeded"))
        check(mood + ": charged once", len(provider.charges(order)), 1)
        check(mood + ": posted once", ledger("payment", key), ["posted"])


def away():
    provider.stop()
    order = anna.order()
    key = anna.pay(order)["id"]
    check("nobody is there", until(lambda: sql(
        f"SELECT state FROM payment_attempts WHERE payment_id = {unhex(key)}")
        == [["unknown"]]))
    check("it waits", anna.payment(key)["status"], "processing")
    provider.start()
    check("it is back", hurried(lambda: anna.payment(key)["status"] == "succeeded"))
    check("charged once", len(provider.charges(order)), 1)


# --- workers that die -------------------------------------------------------------

def workers():
    told = json.loads(subprocess.run([B + "/bin/brisk", "status", "--json"],
                                     capture_output=True, text=True).stdout)
    return [w["pid"] for w in told["workers"] if w["program"] == "payments"]


def killed_in_between(label, order):
    """The provider has charged, and before it answers all workers are killed."""
    provider.moods(silent=1, mute=1, hold=3)
    key = anna.pay(order)["id"]
    if not check(label + ": charged", bool(until(lambda: provider.charges(order)))):
        return key
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    provider.moods(mute=1000)
    until(lambda: workers())
    check(label + ": in the end", hurried(lambda: anna.payment(key)["status"] == "succeeded"))
    return key


def killed():
    order = anna.order()
    key = killed_in_between("killed", order)
    check("it was in between", len([c for c in provider.book()["calls"]
                                    if c["key"] == provider.charges(order)[0]["key"]]) > 1)
    check("charged once", len(provider.charges(order)), 1)
    check("posted once", ledger("payment", key), ["posted"])


def with_plant(run):
    """run() while a program serves that asks with a new key at each try."""
    for how in (["restart", "--with", os.environ["tmp"] + "/payments", "payments"], None,
                ["rollback", "payments"]):
        if how is None:
            run()
            continue
        done = subprocess.run([B + "/bin/brisk"] + how, capture_output=True, text=True)
        check(" ".join(how[:1]), (done.returncode, done.stderr), (0, ""))


def planted():
    def run():
        order = anna.order()
        killed_in_between("planted", order)
        spoilt.append(order)
        check("planted: the book shows it", len(provider.charges(order, "succeeded")), 2)
        check("planted: so does the query", "P1.book" in checked())
    with_plant(run)


spoilt = []


# --- all of it --------------------------------------------------------------------

def load_book():
    rows = ",".join(f"('{c['key']}', {unhex(c['reference'] or NOBODY)}, '{c['status']}',"
                    f" {c['amount']})" for c in provider.book()["charges"]
                    if c["reference"] not in spoilt)
    sql("CREATE DATABASE IF NOT EXISTS chaos; DROP TABLE IF EXISTS chaos.book;"
        " CREATE TABLE chaos.book (provider_key CHAR(36) CHARACTER SET ascii COLLATE"
        " ascii_bin, order_id BINARY(16), status VARCHAR(24), amount BIGINT);"
        " INSERT INTO chaos.book VALUES " + rows)


def kit(command):
    done = subprocess.run(["bash", "-c", f"""
        sql() {{ mariadb --no-defaults -S "$VAR/db.sock" -u root "$@"; }}
        . tests/chaos/check_kit.sh
        {command} tests/chaos/check_payments.sql"""], capture_output=True, text=True,
        cwd=ROOT)
    return done.stdout + done.stderr


def checked():
    kept, spoilt[:] = spoilt[:], []
    load_book()
    spoilt[:] = kept
    return kit("check_run")


def drained():
    hurry()
    return sql("SELECT (SELECT COUNT(*) FROM payments WHERE status = 'processing') +"
               " (SELECT COUNT(*) FROM refunds WHERE status = 'processing') +"
               " (SELECT COUNT(*) FROM jobs WHERE kind LIKE 'payment.%'"
               " AND state IN ('ready', 'running'))") == [["0"]]


def invariants():
    check("all has ended", until(drained))
    load_book()
    check("P1, P2, P3", kit("check_run"), "")
    check("each query finds what is planted", kit("check_plants"), "")
    check("nobody gave up", sql("SELECT COUNT(*) FROM dead_letters WHERE kind LIKE 'payment.%'"),
          [["0"]])


def swept():
    """What was told long ago is forgotten, what is new is not."""
    sql("INSERT INTO payment_events VALUES ('card_test', 'old', NOW() - INTERVAL 91 DAY),"
        " ('card_test', 'new', NOW() - INTERVAL 89 DAY)")
    sql("UPDATE jobs SET run_at = NOW(3) WHERE kind = 'payments.sweep'")
    check("swept", until(lambda: hurry() or sql(
        "SELECT event_id FROM payment_events WHERE event_id IN ('old', 'new')")
        == [["new"]]))


def secrets():
    """What stands for a card is nowhere to be read."""
    texts = "".join(open(name, errors="replace").read()
                    for name in glob.glob(VAR + "/log/*.log"))
    rows = str(sql("SELECT payload, last_error FROM jobs UNION ALL SELECT method_token_enc,"
                   " last_error FROM payments UNION ALL SELECT body, headers"
                   " FROM idempotency_keys UNION ALL SELECT actor, target FROM audit"))
    check("tokens were sent", len(TOKENS) > 2)
    check("no program complains", re.findall(
        r"Sanitizer|runtime error:|.*\"level\":\"alert\"", texts), [])
    for token in TOKENS | {SECRET}:
        check("in a log: " + token, token in texts, False)
        check("in a row: " + token, token in rows, False)


provider.start()
try:
    shop = minted("products:write")
    finance = minted("ledger:write ledger:read")
    anna, bert = Buyer("anna"), Buyer("bert")
    for part in (refusals, without_provider, paid, raced, declined, by_wallet, cancelled,
                 too_late, given_back, not_given_back, webhooks, webhooks_of_the_provider,
                 moody, away, killed, swept, invariants, secrets, planted):
        if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        try:
            part()
        except Exception as e:
            check(f"{part.__name__} ends", f"{type(e).__name__}: {e}", "well")
        if os.environ.get("TIMES"):
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s")
finally:
    provider.stop()
print(f"payments: {passed} passed, {failed} failed")
sys.exit(failed != 0 or passed == 0)
