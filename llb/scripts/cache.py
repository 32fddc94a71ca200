"""Find what is damaged in uv's cache, and take it away.

uv verifies a wheel when it unpacks it, and copies what lies in its cache unseen from
then on. A disk that was full, or a machine that lost its power, may have left less
there than the wheel had; whatever uv keeps beside it, it checks itself.
"""

import base64
import csv
import glob
import hashlib
import os
import tempfile


def kept(env):
    """The cache that outlives this step, or None: nobody damages others."""
    path = env.get("UV_CACHE_DIR", "")
    return path if path and os.path.ismount(path) and os.access(path, os.W_OK) else None


def records(root):
    """The files that the RECORDs below root list: the RECORD, a file, its sum, its size."""
    for record in glob.glob(f"{root}/**/*.dist-info/RECORD", recursive=True):
        site, whole = os.path.dirname(os.path.dirname(record)), False
        try:
            with open(record, encoding="utf-8", newline="") as lines:
                for path, digest, size in (line[:3] for line in csv.reader(lines) if len(line) > 2):
                    path = os.path.normpath(os.path.join(site, path))
                    whole = whole or path == record
                    yield record, path, digest, size
        except (OSError, UnicodeDecodeError, csv.Error):
            whole = False
        if not whole:
            # Each lists itself.
            yield record, record, "sha256=none", "-1"


def heal(cache):
    """Remove the unpacked wheels that lack a file or a part of one, and name them."""
    gone = []
    for wheel in glob.glob(os.path.join(cache, "archive-v*", "*")):
        infos = glob.glob(os.path.join(wheel, "*.dist-info"))
        # What is no wheel has none at that place.
        if not infos:
            continue
        if not os.path.exists(os.path.join(infos[0], "RECORD")) or any(size_differs(path, size) for _, path, _, size in records(wheel)):
            remove(wheel)
            gone.append(package(infos[0]))
    return sorted(gone)


def package(info):
    """ "name-version" of a .dist-info."""
    return os.path.basename(info)[: -len(".dist-info")]


def size_differs(path, size):
    if not os.path.exists(path):
        return lost(path)
    return size != "" and str(os.path.getsize(path)) != size


def lost(path):
    """Whether the cache lost a file that is not there. Wheels list some that they lack:
    setuptools does. What describes a wheel, all have."""
    return os.path.dirname(path).endswith(".dist-info")


def remove(wheel):
    """Remove a directory at once, for builds that start to read it meanwhile."""
    with tempfile.TemporaryDirectory(prefix=".tmp", dir=os.path.dirname(os.path.dirname(wheel))) as trash:
        try:
            os.rename(wheel, os.path.join(trash, "damaged"))
        except FileNotFoundError:
            pass  # Another build was faster.


def wrong(root):
    """Packages below root of whose files some are not what the wheels had."""
    wanted, owners = {}, {}
    for record, path, digest, _ in records(root):
        # uv writes the interpreter into what lies in bin.
        if digest.startswith("sha256=") and os.path.basename(os.path.dirname(path)) != "bin":
            wanted.setdefault(path, set()).add(digest[len("sha256=") :])
            owners.setdefault(path, set()).add(package(os.path.dirname(record)))
    bad = set()
    for path, sums in wanted.items():
        if digest_of(path) not in sums if os.path.exists(path) else lost(path):
            bad |= owners[path]
    return sorted(bad)


def digest_of(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return base64.urlsafe_b64encode(found.digest()).rstrip(b"=").decode()


def drop(cache, packages):
    """Remove the unpacked wheels of packages, "name-version" each."""
    for name in packages:
        for info in glob.glob(os.path.join(cache, "archive-v*", "*", glob.escape(name) + ".dist-info")):
            remove(os.path.dirname(info))
