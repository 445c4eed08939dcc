"""live_storm: streams while all behind them is rolled and killed, and rows change.

	live_storm.py STREAMS SECONDS

At the end each stream's last state is what a GET says then, and none was ever
sent the bytes again that it had.  Also tells what the streams cost."""
import asyncio
import json
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from live_kit import Stream, ask, brisk, token, workers

STREAMS, SECONDS = int(sys.argv[1]), float(sys.argv[2])
ADMIN = token("products:write")
READERS = [token("orders:read", "--sub", f"storm-{i}") for i in range(4)]
passed = failed = 0
written = refused = attacks = 0
ending = threading.Event()


def check(label, got, want=True):
    global passed, failed
    if got == want:
        passed += 1
    else:
        failed += 1
        print(f"live_storm: [{label}] got <{got}> want <{want}>")


def make(i):
    sku = f"STORM-{os.getpid()}-{i}"
    a = ask("/v1/products", "POST", {"sku": sku, "name": sku, "status": "active",
            "price": {"amount": 100, "currency": "EUR"}}, token=ADMIN)
    return "/v1/products/" + json.loads(a.body)["id"]


def write(rows):
    global written, refused
    n = 0
    while not ending.is_set():
        n += 1
        a = ask(random.choice(rows), "PATCH", {"description": f"{threading.get_ident()} {n}"},
                {"If-Match": "*"}, ADMIN)
        if a.status == 200:
            written += 1
        else:
            refused += 1
            time.sleep(0.05)
        time.sleep(0.01)


def kill(program):
    for pid in workers(program):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def attack():
    global attacks
    turns = [lambda: kill("products"), lambda: kill("stream"),
             lambda: brisk("restart", "products"), lambda: brisk("restart", "stream")]
    while not ending.wait(1):
        try:
            turns[attacks % len(turns)]()
        except RuntimeError as e:
            print(f"live_storm: {e}")
        attacks += 1


def cost(pids):
    """Private memory in KiB, and seconds of CPU."""
    kib = cpu = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            kib += sum(int(line.split()[1]) for line in f if line.startswith("Private"))
        with open(f"/proc/{pid}/stat") as f:
            cpu += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
    return kib, cpu / os.sysconf("SC_CLK_TCK")


async def opened(streams):
    for s in streams:
        if not await s.until(lambda: s.data, 30):
            return False
    return True


async def figures(path):
    """What it costs that many look at one thing."""
    loop = asyncio.get_running_loop()
    brisk("restart", "stream")
    before, _ = cost(workers("stream"))
    began = time.monotonic()
    many = [Stream(path) for _ in range(STREAMS)]
    check("all are open", await opened(many))
    took = time.monotonic() - began
    kib, cpu = cost(workers("stream"))
    print(f"{STREAMS} streams of one row: all had it after {took:.2f} s, "
          f"{(kib - before) / STREAMS:.2f} KiB each")
    began = time.monotonic()
    await loop.run_in_executor(None, lambda: ask(path, "PATCH", {"description": "x"},
                               {"If-Match": "*"}, ADMIN))
    for s in many:
        check("a change reaches all", await s.until(lambda: len(s.data) == 2))
    print(f"a change of it: all had it after {(time.monotonic() - began) * 1000:.0f} ms")
    _, cpu = cost(workers("stream"))
    await asyncio.sleep(min(16, SECONDS))
    _, then = cost(workers("stream"))
    print(f"idle: {(then - cpu) / min(16, SECONDS) * 100:.2f} % of a core")
    for s in many:
        await s.close()


async def storm(rows):
    paths = rows + ["/v1/products?limit=5", "/v1/products?limit=5&sort=-created_at",
                    "/v1/categories"]
    streams = [Stream(paths[i % len(paths)], token=random.choice(READERS + [None]), pause=0.5)
               for i in range(STREAMS)]
    check("storm: all are open", await opened(streams))
    threads = [threading.Thread(target=write, args=(rows,)) for _ in range(3)]
    threads.append(threading.Thread(target=attack))
    for t in threads:
        t.start()
    await asyncio.sleep(SECONDS)
    ending.set()
    while any(t.is_alive() for t in threads):
        await asyncio.sleep(0.1)
    now = {path: ask(path).body.decode() for path in paths}
    end = time.monotonic() + 40
    for s in streams:
        same = await s.until(lambda: s.data[-1] == now[s.path],
                             max(0.1, end - time.monotonic()))
        check("storm: the last state is a GET's", same)
        check("storm: no bytes twice", s.repeated, 0)
        check("storm: nothing but changes", set(s.kinds), {"change"})
    print(f"{STREAMS} streams, {written} writes and {refused} refused, {attacks} attacks: "
          f"{sum(len(s.data) for s in streams)} states sent, "
          f"{sum(s.opened for s in streams) - STREAMS} times opened again, "
          f"{sum(s.broken for s in streams)} broken")
    check("storm: rows were written", written > SECONDS)
    check("storm: there were attacks", attacks >= SECONDS / 8)
    check("storm: streams came again", sum(s.opened for s in streams) > STREAMS)
    for s in streams:
        await s.close()


async def main():
    rows = [make(i) for i in range(max(4, STREAMS // 25))]
    await figures(rows[0])
    await storm(rows)


asyncio.run(main())
print(f"live_storm.py: {passed} passed, {failed} failed")
