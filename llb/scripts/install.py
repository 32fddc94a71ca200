"""Install packages below /install as they will stand in the image.

usage: install.py [options of arguments.py] [--strip KIND,...] [--shebang OLD=NEW] -- UV...
"""

import os
import re
import shutil
import sys

import arguments
import cache
import overlap
import tree
import uv

ROOT = "/install"

# A package's own tests. Most are never imported, and they are a third of the code
# of numeric packages: compiling them would take a third of the time. One that is
# imported is compiled then, in memory.
TESTS = re.compile(r"/(?:site|dist)-packages/.+/tests/")


def finish(strip=(), shebang=None):
    """Make what lies below /install what the image will have."""
    # A cache that was linked from, where there was one.
    shutil.rmtree(os.path.join(ROOT, ".cache"), ignore_errors=True)
    for base, _, files in os.walk(ROOT):
        # uv's lock on the prefix, world-writable, and of no use in an image.
        if ".lock" in files and "lib" in os.listdir(base):
            os.unlink(os.path.join(base, ".lock"))
    if shebang:
        import interpreter

        interpreter.rename(ROOT, *shebang.split("="))
    if strip:
        import slim

        slim.slim(ROOT, strip)
    tree.compile_tree(ROOT, strip=ROOT, skip=TESTS)
    tree.settle(ROOT)


def repair(command, env, options):
    """Install what came damaged out of the cache again, and return the exit code."""
    kept = cache.kept(env)
    known, wrong = set(), cache.wrong(ROOT, kept) if kept else set()
    while not wrong <= known:
        names = ", ".join(sorted({name for name, _ in wrong}))
        if known:
            print(f"what was unpacked of {names} is damaged again: the builder's disk may be, or others write uv's cache", file=sys.stderr)
            return 1
        print(f"uv's cache has other files of {names} than their RECORD lists: they are installed anew", file=sys.stderr)
        cache.drop(kept, {name for name, _ in wrong})
        for entry in os.scandir(ROOT):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        code = uv.run(command, env, options).returncode
        if code:
            return code
        # Wheels whose RECORD is wrong themselves come so again.
        known, wrong = wrong, cache.wrong(ROOT, kept)
    return 0


def main():
    options, (command,) = arguments.split(sys.argv[1:], "--strip", "--shebang")
    strip, shebang = options.more["--strip"], options.more["--shebang"]
    env = uv.environment(options)
    code = uv.run(command, env, options).returncode or repair(command, env, options) or overlap.settle(ROOT, command, env, options)
    if code:
        return code
    finish(strip.split(",") if strip else (), shebang)
    return 0


if __name__ == "__main__":
    sys.exit(main())
