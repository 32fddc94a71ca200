"""Lock a project, and leave the lock in /out.

usage: lock.py [options of arguments.py] -- LOCK FILE UV... [--then FLAGS...]

LOCK is the lock that there is, which is changed as little as it has to be; UV runs
in a copy of the project and writes FILE. FLAGS are those that have UV build nothing, for
a step that sees secrets.
"""

import os
import shutil
import sys

import arguments
import failure
import masks
import uv

PROJECT = "/run/pybuild/project"
COPY = "/tmp/project"


def main():
    options, (command, *flags) = arguments.split(sys.argv[1:])
    old, name, *command = command
    shutil.copytree(PROJECT, COPY, symlinks=True)
    if os.path.exists(old):
        shutil.copyfile(old, os.path.join(COPY, name))
    os.chdir(COPY)
    env = uv.environment(options)
    if flags:
        command = uv.close(command, flags[0], env, options)
    done = uv.run(command, env, options)
    if done.returncode:
        return done.returncode
    with open(name, encoding="utf-8") as file:
        secret = masks.of_variables(options).held(file.read())
    if secret:
        failure.end("PB607", f"{name} would hold the secret {secret} in a URL, where everybody reads it", masks.INSTEAD)
    shutil.copyfile(name, os.path.join("/out", name))
    os.chmod(os.path.join("/out", name), 0o644)
    return 0


if __name__ == "__main__":
    sys.exit(main())
