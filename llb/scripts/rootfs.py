"""Write the account, the working directory and the launcher of an image.

usage: rootfs.py [--account USER:UID:GROUP:GID] [--home PATH:SHELL]
                 [--directory PATH:UID:GID]... [--file SOURCE=DEST]...
                 [--site DIR=PACKAGES] [--ca FILE]

The account is added to the passwd and group files of the base, which is
mounted at /base: nothing runs on the base itself. Without a home it can log in
to nothing and has nowhere to write. DIR is where the interpreter
reads .pth files, and PACKAGES where the packages are. FILE is a certificate that
is added to those that the base trusts.
"""

import argparse
import os
import shutil
import sys

import failure
import tree

BASE = "/base"
ROOT = "/out"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def entries(name):
    """Return the lines of a colon-separated file of the base, as they are: it may have any encoding."""
    try:
        with open(f"{BASE}/etc/{name}", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            return [line for line in file.read().split("\n") if line]
    except FileNotFoundError:
        return []


def number_of(line):
    """Return the number of an entry; None for a line that is none, as a comment."""
    fields = line.split(":")
    return fields[2] if len(fields) > 2 else None


def add(name, account, number, line):
    """Write the base's file with the line added, unless it is there already."""
    lines = entries(name)
    for old in lines:
        found = number_of(old)
        if old.split(":")[0] == account and found not in (None, number):
            kind = "user" if name == "passwd" else "group"
            key = "uid" if name == "passwd" else "gid"
            failure.end(
                "PB209", f"the base image has a {kind} {account} with {key} {found}, not {number}",
                f"set {key} = {found} or another name for the {kind} in [runtime]",
            )  # fmt: skip
    # An account of the same number is kept as it is: the image runs by number.
    if not any(number_of(old) == number for old in lines):
        lines.append(line)
    os.makedirs(f"{ROOT}/etc", exist_ok=True)
    path = f"{ROOT}/etc/{name}"
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.write("\n".join(lines) + "\n")
    os.chmod(path, 0o644)


def trust(certificate):
    """Add a certificate to the base's bundle, which is also what update-ca-certificates makes."""
    with open(certificate, encoding="utf-8") as file:
        text = file.read()
    if "-----BEGIN CERTIFICATE-----" not in text:
        failure.end("PB122", "the file of [runtime] ca is no certificate in PEM", "make one: openssl x509 -inform der -in FILE -out FILE.pem")
    known = ""
    if os.path.exists(BASE + BUNDLE):
        with open(BASE + BUNDLE, encoding="utf-8") as file:
            known = file.read().rstrip() + "\n"
    for path, content in {BUNDLE: known + text, "/usr/local/share/ca-certificates/pybuild.crt": text}.items():
        os.makedirs(os.path.dirname(ROOT + path), exist_ok=True)
        with open(ROOT + path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(ROOT + path, 0o644)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--account")
    parser.add_argument("--home", default="/nonexistent:/usr/sbin/nologin")
    parser.add_argument("--directory", action="append", default=[])
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("--site")
    parser.add_argument("--ca")
    options = parser.parse_args()
    os.umask(0o022)
    owned = []
    if options.account:
        user, uid, group, gid = options.account.split(":")
        add("group", group, gid, f"{group}:x:{gid}:")
        add("passwd", user, uid, f"{user}:x:{uid}:{gid}::{options.home}")
        home = options.home.split(":")[0]
        if home != "/nonexistent":
            owned.append((home, uid, gid))
    for pair in options.file:
        source, _, dest = pair.partition("=")
        os.makedirs(os.path.dirname(ROOT + dest), exist_ok=True)
        shutil.copyfile(source, ROOT + dest)
    if options.site:
        directory, packages = options.site.split("=")
        os.makedirs(ROOT + directory, exist_ok=True)
        # A line with a path alone would leave out the .pth files of the packages.
        with open(f"{ROOT}{directory}/pybuild.pth", "w", encoding="utf-8") as file:
            file.write(f"import site; site.addsitedir({packages!r})\n")
    if options.ca:
        trust(options.ca)
    owned += [directory.rsplit(":", 2) for directory in options.directory]
    for path, _, _ in owned:
        os.makedirs(ROOT + path, exist_ok=True)
    tree.settle(ROOT)
    for path, uid, gid in owned:
        tree.settle(ROOT + path, (int(uid), int(gid)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
