"""Write the bytecode of the standard library below /out.

The official images ship none, and an app's user cannot write it, so that every
start compiles what it imports. A base that has it already gets nothing.
"""

import compileall
import importlib.util
import os
import shutil
import sys
import sysconfig
from py_compile import PycInvalidationMode

import tree

ROOT = "/out"
# Never imported by an app, and a fifth of the whole.
SKIPPED = ("site-packages", "__pycache__", "test", "tests", "idlelib", "idle_test", "lib2to3", "turtledemo", "ensurepip", "pydoc_data")


def main():
    os.umask(0o022)
    stdlib = sysconfig.get_path("stdlib")
    if os.path.exists(importlib.util.cache_from_source(os.path.join(stdlib, "os.py"))):
        print("the base has it already")
        return 0
    target = ROOT + stdlib
    shutil.copytree(stdlib, target, ignore=lambda _, names: [n for n in names if n in SKIPPED or "." in n and not n.endswith(".py")])
    compileall.compile_dir(
        target, quiet=2, workers=0, stripdir=ROOT, prependdir="/", force=True,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    for base, dirs, files in os.walk(target, topdown=False):
        for name in files:
            if not name.endswith(".pyc"):
                os.unlink(os.path.join(base, name))
        for name in dirs:
            if not os.listdir(os.path.join(base, name)):
                os.rmdir(os.path.join(base, name))
    tree.settle(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
