"""Lay out a wheelhouse in /out: wheels, and a requirements.txt with their hashes.

usage: wheelhouse.py PLATFORM DIR... -- WHEEL...

The wheels lie in the directories. Those that are named after "--" only build what is
taken from the context, and are no requirements.
"""

import hashlib
import os
import re
import shutil
import sys

import tree

OUT = "/out"
YEARS = 40 * 365 * 24 * 60 * 60  # in seconds, after 1980


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read())


def date(path):
    """Give a file a time that its content decides.

    The next build has the wheelhouse in its context, and of a context engines copy only the
    files whose size or time is another than before: a wheel that was built anew is often as
    large as the last, and the old one would be installed.
    """
    time = tree.MTIME + int(digest_of(path).hexdigest()[:8], 16) % YEARS
    os.utime(path, (time, time))


def main():
    cut = sys.argv.index("--")
    platform, *dirs = sys.argv[1:cut]
    tools = set(sys.argv[cut + 1 :])
    lines = []
    for directory in dirs:
        for file in sorted(os.listdir(directory)):
            shutil.copyfile(os.path.join(directory, file), os.path.join(OUT, file))
            if file in tools:
                continue
            name, version = file.split("-")[:2]
            digest = digest_of(os.path.join(OUT, file)).hexdigest()
            name = re.sub(r"[-_.]+", "-", name).lower()
            lines.append(f"{name}=={version.replace('_', '-')} --hash=sha256:{digest}\n")
    with open(os.path.join(OUT, "requirements.txt"), "w", encoding="utf-8") as file:
        file.write(f"# What the image installs, for {platform}: each wheel is beside this file.\n")
        file.writelines(sorted(lines))
    tree.settle(OUT)
    for entry in os.scandir(OUT):
        date(entry.path)


if __name__ == "__main__":
    main()
