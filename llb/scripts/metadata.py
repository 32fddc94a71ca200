"""Build a wheel of a directory of the context, and say what it needs.

usage: metadata.py [options of arguments.py] [--history DIR] -- BUILD...

BUILD leaves the wheel in /tmp/wheels. What is written to /out/metadata.json has the names
of uv's dependency-metadata.
"""

import email
import glob
import json
import re
import sys
import zipfile

import arguments
import local
import tree
import uv


def read(wheel):
    """The metadata of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
        said = email.message_from_string(archive.read(name).decode("utf-8", "replace"))
    found = {"name": said["Name"], "version": said["Version"], "requires-dist": said.get_all("Requires-Dist", []), "provides-extra": said.get_all("Provides-Extra", [])}
    if said["Requires-Python"]:
        found["requires-python"] = said["Requires-Python"]
    return found


def main():
    options, (build,) = arguments.split(sys.argv[1:], "--history")
    if options.more["--history"]:
        local.forgive(options.more["--history"])
    done = uv.run(build, uv.environment(options), options)
    if done.returncode:
        return done.returncode
    (wheel,) = glob.glob(local.WHEELS + "/*.whl")
    with open("/out/metadata.json", "w", encoding="utf-8") as file:
        json.dump(read(wheel), file, ensure_ascii=False)
    tree.settle("/out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
