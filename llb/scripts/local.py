"""Build a wheel of a directory of the context, and install it below /install.

usage: local.py [options of arguments.py] [--history DIR] [--shebang OLD=NEW] -- BUILD... --then INSTALL...

BUILD leaves the wheel in /tmp/wheels; INSTALL gets its path. That is two
commands since uv caches by path what it builds for an install, and all projects
have the same path here: builds at the same time would get each other's wheel.
"""

import glob
import subprocess
import sys

import arguments
import install
import uv

WHEELS = "/tmp/wheels"


def forgive(repository):
    """Have git overlook what the build context leaves out.

    A file that is ignored would else count as deleted, and the version as that
    of a changed tree, with the date of today.
    """
    git = ["git", "-c", "safe.directory=*", "-C", repository]
    gone = subprocess.run([*git, "ls-files", "--deleted", "-z"], check=True, capture_output=True)
    subprocess.run([*git, "update-index", "--skip-worktree", "-z", "--stdin"], check=True, input=gone.stdout)


def main():
    options, (build, place) = arguments.split(sys.argv[1:], "--history", "--shebang")
    history, shebang = options.more["--history"], options.more["--shebang"]
    if history:
        forgive(history)
    env = uv.environment(options)
    wheels = [build[-1]]
    if not build[-1].endswith(".whl"):
        done = uv.run(build, env, options)
        if done.returncode:
            return done.returncode
        wheels = glob.glob(WHEELS + "/*.whl")
    done = uv.run([*place, *wheels], env, options)
    if done.returncode:
        return done.returncode
    install.finish(shebang=shebang)
    return 0


if __name__ == "__main__":
    sys.exit(main())
