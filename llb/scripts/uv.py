"""Run uv with the build secrets that were passed as files."""

import os
import subprocess
import sys


def split(argv):
    """Return (options, commands): commands follow "--" and split at "--then"."""
    cut = argv.index("--")
    commands = [[]]
    for word in argv[cut + 1 :]:
        if word == "--then":
            commands.append([])
        else:
            commands[-1].append(word)
    return argv[:cut], commands


def environment(options):
    """Return os.environ plus each --secret-env NAME=FILE whose file is there.

    Secrets come as files, since old engines know no other way, and live in
    this process's memory only.
    """
    env = dict(os.environ)
    for option, value in zip(options[::2], options[1::2]):
        if option != "--secret-env":
            sys.exit(f"unknown option {option}")
        name, _, path = value.partition("=")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                env[name] = file.read().rstrip("\r\n")
    return env


def run(command, env, **options):
    """Run a command and give its completed process, whatever its exit code."""
    return subprocess.run(command, env=env, check=False, **options)
