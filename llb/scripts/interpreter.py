"""Have installed scripts name the interpreter that they will run with."""

import base64
import csv
import glob
import hashlib
import os


def rename(root, old, new):
    """Replace the interpreter in the first line of scripts, and in RECORD."""
    changed = {}
    for base, _, files in os.walk(root):
        if os.path.basename(base) != "bin":
            continue
        for name in files:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                data = file.read()
            first = f"#!{old}".encode()
            if not data.startswith(first + b"\n"):
                continue
            data = f"#!{new}".encode() + data[len(first) :]
            with open(path, "wb") as file:
                file.write(data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            changed[os.path.realpath(path)] = [f"sha256={digest}", str(len(data))]
    for record in glob.glob(f"{root}/**/*.dist-info/RECORD", recursive=True):
        update(record, changed)


def update(record, changed):
    """Write the sums of changed files into a RECORD (PEP 376)."""
    packages = os.path.dirname(os.path.dirname(record))
    with open(record, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    found = False
    for row in rows:
        sums = changed.get(os.path.realpath(os.path.join(packages, row[0])))
        if sums:
            row[1:], found = sums, True
    if found:
        with open(record, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
