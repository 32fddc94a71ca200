"""Install packages below /install as they will stand in the image.

usage: install.py [--secret-env NAME=FILE]... [--history DIR] -- UV...
"""

import os
import shutil
import subprocess
import sys

import tree
import uv

ROOT = "/install"


def forgive(repository):
    """Have git overlook what the build context leaves out.

    A file that is ignored would else count as deleted, and the version as that
    of a changed tree, with the date of today.
    """
    git = ["git", "-c", "safe.directory=*", "-C", repository]
    gone = subprocess.run([*git, "ls-files", "--deleted", "-z"], check=True, capture_output=True)
    subprocess.run([*git, "update-index", "--skip-worktree", "-z", "--stdin"], check=True, input=gone.stdout)


def main():
    options, (command,) = uv.split(sys.argv[1:])
    if "--history" in options:
        cut = options.index("--history")
        forgive(options[cut + 1])
        del options[cut : cut + 2]
    done = uv.run(command, uv.environment(options))
    if done.returncode:
        return done.returncode
    # A cache that was linked from, where there was one.
    shutil.rmtree(os.path.join(ROOT, ".cache"), ignore_errors=True)
    for base, _, files in os.walk(ROOT):
        # uv's lock on the prefix, world-writable, and of no use in an image.
        if ".lock" in files and "lib" in os.listdir(base):
            os.unlink(os.path.join(base, ".lock"))
    tree.compile_tree(ROOT, strip=ROOT)
    tree.settle(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
