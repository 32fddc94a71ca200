"""Build wheels of packages that have none, and leave them in /out.

usage: wheels.py [--cache DIR] [options of arguments.py] -- NAME... --then UV...

UV installs the packages over a cache without wheels of theirs, in which it keeps what it
builds: an empty one, or DIR.
"""

import glob
import os
import re
import shutil
import sys

import arguments
import tree
import uv

CACHE = "/tmp/pybuild-wheels"


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def main():
    options, (names, command) = arguments.split(sys.argv[1:], "--cache")
    cache = options.more["--cache"] or CACHE
    env = uv.environment(options)
    env["UV_CACHE_DIR"] = cache
    done = uv.run(command, env, options)
    if done.returncode:
        return done.returncode
    left = {normal(name) for name in names}
    for path in sorted(glob.glob(f"{cache}/**/*.whl", recursive=True)):
        name = normal(os.path.basename(path).split("-")[0])
        if os.path.isfile(path) and name in left:
            shutil.copyfile(path, os.path.join("/out", os.path.basename(path)))
            left.discard(name)
    if left:
        print(f"uv left no wheel of {', '.join(sorted(left))}", file=sys.stderr)
        return 1
    tree.settle("/out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
