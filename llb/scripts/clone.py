"""Clone the repositories that packages are built from, and run nothing of them.

usage: clone.py [options of arguments.py] -- [NAME URL COMMIT]...

Each comes to lie in /out/NAME, at its commit, with its history and submodules.
"""

import os
import subprocess
import sys

import arguments
import uv

OUT = "/out"


def steps(url, commit, target):
    """The commands that clone a repository: by its branches and tags, and by its commit
    alone where that is on none."""
    # What git logs has the time of the build in it.
    quiet = ["git", "-c", "core.logAllRefUpdates=false", "-c", "advice.detachedHead=false"]
    git = [*quiet, "-C", target]
    yield [*quiet, "clone", "--quiet", "--no-checkout", "--template=", "--", url, target]
    if subprocess.run([*git, "cat-file", "-e", commit + "^{commit}"], check=False, capture_output=True).returncode:
        yield [*git, "fetch", "--quiet", "origin", commit]
    yield [*git, "checkout", "--quiet", commit]
    yield [*git, "submodule", "--quiet", "update", "--init", "--recursive"]


def main():
    options, (words,) = arguments.split(sys.argv[1:])
    env = {**uv.environment(options), "GIT_LFS_SKIP_SMUDGE": "1"}
    for name, url, commit in zip(words[::3], words[1::3], words[2::3]):
        target = os.path.join(OUT, name)
        for command in steps(url, commit, target):
            done = uv.run(command, env, options)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
