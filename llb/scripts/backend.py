"""Ask build backends what they need beyond what is declared (PEP 517).

usage: backend.py -- UV... --then SOURCE...

A source is a directory or an archive. UV installs, without a network, what it declares. A
backend that fails here will fail again when it builds, and then say why.
"""

import json
import os
import shutil
import subprocess
import sys

import arguments
import requires

OUT = "/out/requires.json"
HOOK = """
import importlib, json, sys
answer, backend, *path = sys.argv[1:]
sys.path[:0] = path
module, _, name = backend.partition(":")
found = importlib.import_module(module)
for part in name.split(".") if name else ():
    found = getattr(found, part)
hook = getattr(found, "get_requires_for_build_wheel", lambda: [])
with open(answer, "w") as file:
    json.dump([str(r) for r in hook()], file)
"""


def ask(number, source, command):
    """The requirements of a source, or none where its backend wants no more."""
    base = f"/tmp/backend/{number}"
    system = requires.build_system(requires.manifest(source))
    if not os.path.isdir(source):
        shutil.unpack_archive(source, f"{base}/source")
        (top,) = os.listdir(f"{base}/source")
        source = f"{base}/source/{top}"
    python, answer = f"{base}/env/bin/python", f"{base}/answer.json"
    subprocess.run([command[0], "venv", "--quiet", "--python", sys.executable, f"{base}/env"], check=True)
    if system["requires"]:
        subprocess.run([*command, "--python", python, "--", *system["requires"]], check=True, capture_output=True)
    path = [os.path.join(source, p) for p in system.get("backend-path", [])]
    subprocess.run([python, "-c", HOOK, answer, system["build-backend"], *path], check=True, cwd=source, capture_output=True)
    with open(answer, encoding="utf-8") as file:
        more = json.load(file)
    return [*system["requires"], *more] if more else []


def main():
    _, (command, sources) = arguments.split(sys.argv[1:])
    answers = []
    for number, source in enumerate(sources):
        try:
            answers.append(ask(number, source, command))
        except (OSError, ValueError, shutil.Error, subprocess.CalledProcessError):
            answers.append([])
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump(answers, file)
    os.utime(OUT, (0, 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
