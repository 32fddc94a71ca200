"""Lay the app's files out as they will stand in the image.

usage: app.py DEST UID:GID [--source]

With --source nothing is compiled.
"""

import importlib.util
import os
import shutil
import stat
import sys
import warnings

import syntax
import tree

SOURCE = "/src"
ROOT = "/out"
# More lines than this nobody reads.
FEW = 20


def copy(source, target):
    """Copy a tree: symlinks as they are, modes readable by every user.

    A file of mode 0600 on a laptop would be unreadable for the app's user.
    """
    os.makedirs(target, exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            path = os.path.join(target, entry.name)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), path)
            elif entry.is_dir():
                copy(entry.path, path)
            elif entry.is_file():
                shutil.copyfile(entry.path, path)
                executable = entry.stat().st_mode & stat.S_IXUSR
                os.chmod(path, 0o755 if executable else 0o644)
    os.chmod(target, 0o755)


def name_broken(target):
    """Print the modules that have no bytecode, and why.

    Templates and files for another Python are none of a mistake: what starts is
    looked at by a step of its own.
    """
    lines = []
    for base, dirs, files in os.walk(target):
        dirs.sort()
        for name in sorted(files):
            path = os.path.join(base, name)
            if not name.endswith(".py") or not os.path.isfile(path) or os.path.exists(importlib.util.cache_from_source(path)):
                continue
            found = syntax.mistake(path, name)
            if found:
                line, _, why = found
                place = f":{line}" if line else ""
                lines.append(f"{os.path.relpath(path, target)}{place}: does not compile: {why}")
    for line in lines[:FEW]:
        print(line.encode("ascii", "backslashreplace").decode())
    if len(lines) > FEW:
        print(f"and {len(lines) - FEW} more do not compile")
    return len(lines)


def main():
    dest, owner, *source = sys.argv[1:]
    os.umask(0o022)
    target = ROOT + dest
    copy(SOURCE, target)
    if not source:
        tree.compile_tree(target, strip=ROOT)
        modules = sum(name.endswith(".py") for _, _, files in os.walk(target) for name in files)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            modules -= name_broken(target)
        print(f"compiled {modules} module{'' if modules == 1 else 's'}")
    tree.settle(ROOT)
    uid, gid = map(int, owner.split(":"))
    tree.settle(target, (uid, gid))
    return 0


if __name__ == "__main__":
    sys.exit(main())
