"""Have the same package win, on every build, where several bring one file.

uv installs packages at the same time, and leaves a file that several bring to
whichever comes last.
"""

import csv
import os
import re

import uv


def owners(root):
    """Packages by the files below root that they bring with different contents."""
    files = {}
    for base, _, names in os.walk(root):
        if not base.endswith(".dist-info") or "RECORD" not in names:
            continue
        name = normal(os.path.basename(base).split("-")[0])
        with open(os.path.join(base, "RECORD"), encoding="utf-8", newline="") as record:
            for path, digest, *_ in csv.reader(record):
                files.setdefault(os.path.normpath(os.path.join(base, "..", path)), {})[name] = digest
    return {path: by for path, by in files.items() if len(set(by.values())) > 1}


def settle(root, command, env, options):
    """Install packages that bring the same files again, one after the other.

    The last counts: by name, or by its place in a command that names wheels.
    """
    shared = owners(root)
    if not shared:
        return 0
    wheels = [normal(os.path.basename(arg).split("-")[0]) for arg in command if arg.endswith(".whl")]
    order = {name: place for place, name in enumerate(wheels)}
    packages = sorted({name for by in shared.values() for name in by}, key=lambda name: (order.get(name, -1), name))
    for path, by in sorted(shared.items()):
        print(f"{os.path.relpath(path, root)} is in {', '.join(sorted(by))}: that of {max(by, key=packages.index)} is installed")
    for name in packages:
        again = [arg for arg in command if not arg.endswith(".whl") or normal(os.path.basename(arg).split("-")[0]) == name]
        again += ["--reinstall"] if wheels else ["--reinstall-package", name]
        done = uv.run([*again, "--quiet"], env, options)
        if done.returncode:
            return done.returncode
    return 0


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()
