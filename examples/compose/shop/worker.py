"""Packs what was ordered."""

import os
import signal
import sys
import time
import urllib.error
import urllib.request

WORK = os.environ.get("SHOP", "http://127.0.0.1:8000") + "/work"


def pack(order: str) -> str:
    return f"{order} in a box"


def main() -> None:
    # A container's first process ends by the signals that it asks for, and by no other.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    while True:
        try:
            with urllib.request.urlopen(WORK) as answer:
                order = answer.read().decode()
            if order:
                print("packs", order, flush=True)
                urllib.request.urlopen(WORK, data=pack(order).encode()).close()
                continue
        except urllib.error.URLError as error:
            print("waits for the shop:", error.reason, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
