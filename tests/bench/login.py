"""login - what a failed login tells by its time, and what logins cost others.

	login.py times SAMPLES		unknown name, wrong password, locked account
	login.py crowd SECONDS CLIENTS	the rate of GETs, calm and beside CLIENTS that log in

BASE; its quotas on addresses must be off, the login lock on.
"""
import http.client
import json
import os
import statistics
import sys
import threading
import time
import urllib.parse

BASE = urllib.parse.urlsplit(os.environ["BASE"])
LOCK = 8		# failures that do not lock an account yet


def connect():
    return http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=60)


def log_in(conn, name, password):
    body = urllib.parse.urlencode({"grant_type": "password", "client_id": "docs",
                                   "username": name, "password": password})
    conn.request("POST", "/oauth2/token", body,
                 {"Content-Type": "application/x-www-form-urlencoded"})
    answer = conn.getresponse()
    return answer.status, answer.read()


def register(conn, name):
    conn.request("POST", "/v1/users", json.dumps(
        {"email": name + "@nursery.example", "username": name,
         "password": "the right password"}), {"Content-Type": "application/json"})
    answer = conn.getresponse()
    answer.read()
    if answer.status != 201:
        sys.exit(f"login.py: cannot register {name}: {answer.status}")


def timed(conn, name, told):
    began = time.perf_counter()
    status, body = log_in(conn, name, "a wrong password")
    told.add((status, body))
    return (time.perf_counter() - began) * 1000


def times(samples):
    """One of each kind in turn, so that whatever else runs meets all alike."""
    conn = connect()
    run = str(os.getpid())
    for i in range(samples // LOCK + 1):
        register(conn, f"t{run}_{i}")
    register(conn, f"l{run}")
    for _ in range(30):
        log_in(conn, f"l{run}", "a wrong password")
    told, took = set(), {"unknown name": [], "wrong password": [], "locked account": []}
    for i in range(samples):
        took["unknown name"].append(timed(conn, f"u{run}_{i // LOCK}", told))
        took["wrong password"].append(timed(conn, f"t{run}_{i // LOCK}", told))
        took["locked account"].append(timed(conn, f"l{run}", told))
    base = statistics.median(took["wrong password"])
    for kind, all_of in took.items():
        print(f"{kind:16} {len(all_of):5} samples, median {statistics.median(all_of):7.2f} ms, "
              f"{statistics.median(all_of) / base:.3f} of a wrong password's")
    print(f"different answers: {len(told)}: {sorted(told)}")


def gets(seconds):
    """Answers a second of four connections that ask one after another."""
    done = [0] * 4

    def ask(i):
        until = time.monotonic() + seconds
        conn = connect()
        while time.monotonic() < until:
            conn.request("GET", "/v1/products?limit=5")
            answer = conn.getresponse()
            answer.read()
            done[i] += answer.status == 200
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(done) / seconds


def crowd(seconds, clients):
    ends = threading.Event()
    statuses = {}
    lock = threading.Lock()

    def press(i):
        conn = connect()
        while not ends.is_set():
            status, _ = log_in(conn, f"crowd_{i}_{time.monotonic_ns()}", "a wrong password")
            with lock:
                statuses[status] = statuses.get(status, 0) + 1
    gets(1)
    calm = gets(seconds)
    threads = [threading.Thread(target=press, args=(i,)) for i in range(clients)]
    for t in threads:
        t.start()
    time.sleep(1)
    busy = gets(seconds)
    ends.set()
    for t in threads:
        t.join()
    print(f"GETs: {calm:.0f}/s calm, {busy:.0f}/s beside {clients} clients that log in: "
          f"{busy / calm:.2f}; logins answered {statuses}")


if sys.argv[1] == "times":
    times(int(sys.argv[2]))
else:
    crowd(float(sys.argv[2]), int(sys.argv[3]))
