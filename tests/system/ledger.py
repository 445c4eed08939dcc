"""ledger: clients that move money between a few accounts, all at once, and
repeat each write with its key until it is answered.

    ledger.py SECONDS ACCOUNTS

BASE, TOKEN (ledger:write).  Ends with a line "ACCEPTED ODD", and leaves the ids
of all accepted transactions in the file ACCEPTED names.
"""
import http.client, json, os, random, sys, threading, time, urllib.parse

base = urllib.parse.urlsplit(os.environ["BASE"])
token = os.environ["TOKEN"]
until = time.monotonic() + float(sys.argv[1])
accepted, odd, lock = [], [], threading.Lock()


def ask(method, path, body=None, key=None):
    headers = {"Authorization": "Bearer " + token}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body)
    if key is not None:
        headers["Idempotency-Key"] = key
    link = http.client.HTTPConnection(base.hostname, base.port, timeout=10)
    try:
        link.request(method, path, body, headers)
        answer = link.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    except http.client.HTTPException:
        return 0, b""
    finally:
        link.close()


def surely(path, body, key):
    """Until an answer says what became of it."""
    for _ in range(200):
        status, text = ask("POST", path, body, key)
        if status not in (0, 409, 429, 500, 503):
            return status, text
        time.sleep(0.05)
    return status, text


def account(name, **more):
    status, text = surely("/v1/accounts", {"code": name, "currency": "EUR", **more}, name)
    if status != 201:
        sys.exit(f"no account: {status} {text[:300]}")
    return json.loads(text)["id"]


def entries(rnd, hot):
    """2 to 10 of them; what is left over is the last one's."""
    while True:
        chosen = rnd.sample(hot, rnd.randint(2, 10))
        amounts = [rnd.choice((-1, 1)) * rnd.randint(1, 500) for _ in chosen[1:]]
        if sum(amounts) != 0:
            break
    amounts.append(-sum(amounts))
    return [{"account_id": a, "direction": "debit" if n < 0 else "credit", "amount": abs(n)}
            for a, n in zip(chosen, amounts)]


def client(number, hot, run):
    rnd = random.Random(number)
    done = 0
    while time.monotonic() < until:
        done += 1
        key = f"{run}-{number}-{done}"
        kind = rnd.choice(("transfer", "transfer", "pending"))
        body = {"kind": kind, "currency": "EUR", "reference": key, "entries": entries(rnd, hot)}
        status, text = surely("/v1/transactions", body, key)
        if status != 202:
            odd.append((status, text[:200]))
            continue
        made = json.loads(text)["id"]
        with lock:
            accepted.append(made)
        if kind == "transfer" or rnd.random() < 0.1:
            continue
        for how in rnd.sample(("post_pending", "void_pending"), rnd.randint(1, 2)):
            status, text = surely("/v1/transactions", {"kind": how, "pending_id": made,
                                  "reference": key + how[0]}, key + how)
            if status != 202:
                odd.append((status, text[:200]))
                continue
            with lock:
                accepted.append(json.loads(text)["id"])


run = f"hot{os.getpid()}-{random.randrange(1 << 30)}"
kinds = ("asset", "liability", "equity", "income", "expense")
hot = [account(f"{run}:{i}", kind=kinds[i % 5]) for i in range(int(sys.argv[2]) - 4)]
hot += [account(f"{run}:held{i}", kind="liability", constraint="no_debit_balance") for i in range(4)]
threads = [threading.Thread(target=client, args=(i, hot, run)) for i in range(12)]
for t in threads:
    t.start()
for t in threads:
    t.join()
with open(os.environ["ACCEPTED"], "w") as f:
    f.write("\n".join(accepted) + "\n")
for status, text in odd[:5]:
    print("odd:", status, text)
print(len(accepted), len(odd))
