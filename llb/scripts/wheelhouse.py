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
        return hashlib.sha256(file.read()).hexdigest()


def date(path, digest):
    """Give a file a time that its content decides.

    The next build has the wheelhouse in its context, and of a context engines copy only the
    files whose size or time is another than before: a wheel that was built anew is often as
    large as the last, and the old one would be installed.
    """
    time = tree.MTIME + int(digest[:8], 16) % YEARS
    os.utime(path, (time, time))


def main():
    cut = sys.argv.index("--")
    platform, *dirs = sys.argv[1:cut]
    tools = set(sys.argv[cut + 1 :])
    lines, digests = [], {}
    for directory in dirs:
        for file in sorted(os.listdir(directory)):
            path = os.path.join(OUT, file)
            shutil.copyfile(os.path.join(directory, file), path)
            digests[path] = digest_of(path)
            if file in tools:
                continue
            name, version = file.split("-")[:2]
            name = re.sub(r"[-_.]+", "-", name).lower()
            lines.append(f"{name}=={version.replace('_', '-')} --hash=sha256:{digests[path]}\n")
    requirements = os.path.join(OUT, "requirements.txt")
    with open(requirements, "w", encoding="utf-8") as file:
        file.write(f"# What the image installs, for {platform}: each wheel is beside this file.\n")
        file.writelines(sorted(lines))
    digests[requirements] = digest_of(requirements)
    tree.settle(OUT)
    for path, digest in digests.items():
        date(path, digest)


if __name__ == "__main__":
    main()
