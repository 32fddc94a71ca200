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


def main():
    cut = sys.argv.index("--")
    platform, *dirs = sys.argv[1:cut]
    tools = set(sys.argv[cut + 1 :])
    lines = []
    for directory in dirs:
        for file in sorted(os.listdir(directory)):
            path = os.path.join(OUT, file)
            shutil.copyfile(os.path.join(directory, file), path)
            if file in tools:
                continue
            name, version = file.split("-")[:2]
            with open(path, "rb") as wheel:
                digest = hashlib.sha256(wheel.read()).hexdigest()
            name = re.sub(r"[-_.]+", "-", name).lower()
            lines.append(f"{name}=={version.replace('_', '-')} --hash=sha256:{digest}\n")
    with open(os.path.join(OUT, "requirements.txt"), "w", encoding="utf-8") as file:
        file.write(f"# What the image installs, for {platform}: each wheel is beside this file.\n")
        file.writelines(sorted(lines))
    tree.settle(OUT)


if __name__ == "__main__":
    main()
