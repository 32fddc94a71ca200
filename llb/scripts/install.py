"""Install packages below /install as they will stand in the image.

usage: install.py [--secret-env NAME=FILE]... -- UV...
"""

import os
import shutil
import sys

import tree
import uv

ROOT = "/install"


def finish():
    """Make what lies below /install what the image will have."""
    # A cache that was linked from, where there was one.
    shutil.rmtree(os.path.join(ROOT, ".cache"), ignore_errors=True)
    for base, _, files in os.walk(ROOT):
        # uv's lock on the prefix, world-writable, and of no use in an image.
        if ".lock" in files and "lib" in os.listdir(base):
            os.unlink(os.path.join(base, ".lock"))
    tree.compile_tree(ROOT, strip=ROOT)
    tree.settle(ROOT)


def main():
    options, (command,) = uv.split(sys.argv[1:])
    done = uv.run(command, uv.environment(options))
    if done.returncode:
        return done.returncode
    finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
