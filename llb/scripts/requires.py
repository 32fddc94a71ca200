"""Download what packages are built with into uv's cache, and run nothing of it.

usage: requires.py [options of arguments.py] --asked FILE [--before DIR] -- UV... --then ARCHIVE...

FILE is a JSON list of lists of requirements, one for each package; archives are read for
theirs. UV installs wheels alone. With --before, what is in that cache is there already,
and where nothing is asked for nothing is left.

What packages ask for is a stranger's text, and this step has the secrets. uv puts the
values of variables into the URLs of requirements, and quotes lines of files that it
cannot read: so it is given names of packages only.
"""

import ast
import json
import os
import re
import shutil
import sys
import tarfile
import zipfile

import arguments
import uv

LEGACY = {"requires": ["setuptools >= 40.8.0"], "build-backend": "setuptools.build_meta:__legacy__"}


def build_system(text):
    """The [build-system] of a pyproject.toml, or what takes its place (PEP 517)."""
    found = {}
    if text is not None:
        try:
            import tomllib

            found = tomllib.loads(text).get("build-system", {})
        except ImportError:  # before Python 3.11
            section = re.search(r"^\s*\[\s*build-system\s*\][^\n]*\n(.*?)(?=^\s*\[[\w\s.\"-]+\]\s*$|\Z)", text, re.M | re.S)
            for key in ("requires", "build-backend", "backend-path"):
                value = section and re.search(rf"^\s*{key}\s*=\s*(\[.*?\]\s*(?:#[^\n]*)?$|[\"'][^\n]*)", section[1], re.M | re.S)
                if value:
                    found[key] = ast.literal_eval(value[1].strip())
        except ValueError:
            pass  # uv has more to say about it
    return {**LEGACY, **found}


def manifest(path):
    """The text of the pyproject.toml of a directory or an archive, or None."""
    if os.path.isdir(path):
        path = os.path.join(path, "pyproject.toml")
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = first(archive.namelist())
            return archive.read(name).decode("utf-8", "replace") if name else None
    with tarfile.open(path) as archive:
        member = first(archive.getmembers(), lambda m: m.name)
        file = archive.extractfile(member) if member and member.isfile() else None
        return file.read().decode("utf-8", "replace") if file else None


def first(members, name=lambda m: m):
    """The pyproject.toml below an archive's one directory."""
    return next((m for m in members if re.fullmatch(r"(\./)?[^/]+/pyproject\.toml", name(m))), None)


# A requirement by name, with extras, versions and a marker (PEP 508), and no URL.
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[A-Za-z0-9._,\s-]*\])?\s*(\(?[<>=!~][A-Za-z0-9._*+!<>=~,\s-]*\)?)?\s*(;[^$/@]*)?")


def named(requirements):
    """Those that an index is asked for; the others are said, and left to the step that builds."""
    found = []
    for text in requirements if isinstance(requirements, list) else []:
        words = " ".join(text.split()) if isinstance(text, str) else ""
        if NAMED.fullmatch(words):
            found.append(words)
        else:
            print(f"not downloaded, since it is no name of a package: {ascii(text)}", file=sys.stderr)
    return found


def main():
    options, (command, archives) = arguments.split(sys.argv[1:], "--asked", "--before")
    asked, before = options.more["--asked"], options.more["--before"]
    with open(asked, encoding="utf-8") as file:
        wanted = [named(requirements) for requirements in json.load(file)]
    if not before:
        wanted += [named(build_system(manifest(path))["requires"]) for path in archives]
    elif any(wanted):
        shutil.copytree(before, os.environ["UV_CACHE_DIR"], symlinks=True, dirs_exist_ok=True)
    env = uv.environment(options)
    for i, requirements in enumerate(wanted):
        if not requirements:
            continue
        done = uv.run([*command, "--target", f"/tmp/requires/{i}", "--", *requirements], env, options)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
