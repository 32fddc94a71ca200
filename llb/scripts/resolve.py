"""Resolve the dependencies and say which of them this platform installs.

usage: resolve.py [--secret-env NAME=FILE]... -- LOCK... --then SELECT...

LOCK writes /out/pylock.toml; SELECT is a dry run that reads it and prints JSON.
What the steps after this one read is only what is written to /out, so a
change of the manifests that resolves to the same set rebuilds nothing.
"""

import json
import sys

import tree
import uv


def main():
    options, (lock, select) = uv.split(sys.argv[1:])
    env = uv.environment(options)
    done = uv.run(lock, env)
    if done.returncode:
        return done.returncode
    done = uv.run(select, env, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        return done.returncode
    changes = json.loads(done.stdout)["changes"]
    install = [
        {"name": change["name"], "version": change.get("version", "")}
        for change in changes
        if change["action"] == "installed"
    ]
    with open("/out/install.json", "w", encoding="utf-8") as file:
        json.dump(sorted(install, key=lambda p: p["name"]), file, indent=1)
    tree.settle("/out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
