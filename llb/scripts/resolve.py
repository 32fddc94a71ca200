"""Resolve the dependencies and say which of them this platform installs.

usage: resolve.py [options of arguments.py] -- LOCK... --then SELECT... [--then FLAGS...]

LOCK writes /out/pylock.toml; SELECT is a dry run that reads it and prints JSON.
FLAGS are those that have LOCK build nothing, for a step that sees secrets. What a
directory of the context needs is then said by a file of --own.
What is built from a directory of the context is dropped: a step of its own
installs it, so that its code is no part of the dependencies.
What the steps after this one read is only what is written to /out, so a
change of the manifests that resolves to the same set rebuilds nothing.
"""

import json
import os
import re
import subprocess
import sys

import arguments
import failure
import masks
import tree
import uv

LOCK = "/out/pylock.toml"
SAID = "/run/pybuild/own"
OWN = "/tmp/own"  # the planner has it, too


def tell(own, env):
    """Tell uv what directories of the context need, so that it does not have to build them.

    uv takes that by name and version, from the configuration of its user. It finds the name
    of a directory in PKG-INFO, too, and believes nothing else that is in there.
    """
    said = []
    for text in own:
        number, extras, place = re.fullmatch(r"(\d+)(\[.*?\])=(.*)", text).groups()
        with open(f"{SAID}/{number}.json", encoding="utf-8") as source:
            metadata = json.load(source)
        for line in metadata["requires-dist"]:
            if "${" in line:
                # uv puts a variable's value into an address, and asks its server for it.
                sys.exit(f"{metadata['name']} needs {line}: a variable in there may be a secret, and is not asked for; write the address itself")
        lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items())
        said.append("\n".join(["[[dependency-metadata]]", *lines, ""]))
        if not os.path.exists(os.path.join(place, "PKG-INFO")):
            with open(os.path.join(place, "PKG-INFO"), "w", encoding="utf-8") as info:
                info.write(f"Metadata-Version: 1.0\nName: {metadata['name']}\nVersion: {metadata['version']}\n")
        os.makedirs(OWN + "/uv", exist_ok=True)
        if place == ".":
            with open(OWN + "/requirements.in", "w", encoding="utf-8") as asked:
                asked.write(f"{metadata['name']}{extras.replace('[]', '')} @ file://{os.getcwd()}\n")
    if said:
        with open(OWN + "/uv/uv.toml", "w", encoding="utf-8") as config:
            config.write("\n".join(said))
        env["XDG_CONFIG_HOME"] = OWN


def drop_directories(path):
    """Drop the packages of a pylock.toml whose source is a directory.

    uv writes the keys of a package below its header, a key a line, so a text
    is enough: the standard library reads TOML from Python 3.11 on and writes
    none.
    """
    with open(path, encoding="utf-8") as file:
        head, *packages = file.read().split("\n[[packages]]\n")
    kept = [p for p in packages if not any(line.startswith("directory = ") for line in p.splitlines())]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n[[packages]]\n".join([head, *kept]).rstrip("\n") + "\n")
        if packages and not kept:
            # The key is required (PEP 751).
            file.write("packages = []\n")


def keep_out(path, options):
    """End the step where a URL of the lock holds a secret: it is read by all that follows,
    and kept in the build's cache and record."""
    with open(path, encoding="utf-8") as file:
        packages = file.read().split("\n[[packages]]\n")
    mask = masks.of_variables(options)
    for text in packages:
        secret = mask.held(text)
        if secret:
            os.unlink(path)
            name = next((line.split('"')[1] for line in text.splitlines() if line.startswith('name = "')), "the lock")
            failure.end(
                "PB607", f"{name} would be locked with the secret {secret} in its URL, where everybody reads it",
                masks.INSTEAD + ", or for an index https://user:${NAME}@... in --index-url",
            )  # fmt: skip


def main():
    options, (lock, select, *flags) = arguments.split(sys.argv[1:])
    env = uv.environment(options)
    tell(options.own, env)
    if flags:
        lock = uv.close(lock, flags[0], env, options)
    done = uv.run(lock, env, options)
    if done.returncode:
        return done.returncode
    keep_out(LOCK, options)
    drop_directories(LOCK)
    done = subprocess.run(select, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        said = masks.of_all(options).hide(done.stderr)
        sys.stderr.write(said)
        uv.explain(said, env, options)
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
