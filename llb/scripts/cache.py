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


def installed(root):
    """The .dist-info directories of what is installed below root.

    Those that packages carry within themselves are files like others, and list some that
    nobody has: setuptools brings such.
    """
    for base, dirs, _ in os.walk(root):
        yield from (os.path.join(base, name) for name in dirs if name.endswith(".dist-info"))
        if os.path.basename(base) in ("site-packages", "dist-packages"):
            dirs.clear()


def records(info):
    """The files that the RECORD of a .dist-info lists, itself among them: path, sum, size."""
    record = os.path.join(info, "RECORD")
    site, whole = os.path.dirname(info), False
    try:
        with open(record, encoding="utf-8", newline="") as lines:
            for path, digest, size in (line[:3] for line in csv.reader(lines) if len(line) > 2):
                path = os.path.normpath(os.path.join(site, path))
                whole = whole or path == record
                yield path, digest, size
    except (OSError, UnicodeDecodeError, csv.Error):
        whole = False
    if not whole:
        # Each lists itself.
        yield record, "sha256=none", "-1"


def heal(cache):
    """Remove the unpacked wheels that lack a file or a part of one, and name them."""
    gone = []
    # What is no wheel has none at that place.
    for info in glob.glob(os.path.join(cache, "archive-v*", "*", "*.dist-info")):
        if any(size_differs(path, size) for path, _, size in records(info)):
            remove(os.path.dirname(info))
            gone.append(package(info))
    return sorted(gone)


def package(info):
    """ "name-version" of a .dist-info."""
    return os.path.basename(info)[: -len(".dist-info")]


def size_differs(path, size):
    return not os.path.exists(path) or size != "" and str(os.path.getsize(path)) != size


def remove(wheel):
    """Remove a directory at once, for builds that start to read it meanwhile."""
    with tempfile.TemporaryDirectory(prefix=".tmp", dir=os.path.dirname(os.path.dirname(wheel))) as trash:
        try:
            os.rename(wheel, os.path.join(trash, "damaged"))
        except FileNotFoundError:
            pass  # Another build was faster.


def wrong(root, cache):
    """The files below root, and the scripts that they come from, that are not what the wheels
    had, or are not there: pairs of the package and the path."""
    wanted, owners = {}, {}
    for info in installed(root):
        for path, digest, _ in records(info):
            wanted.setdefault(path, set()).add(digest)
            owners.setdefault(path, set()).add(package(info))
    bad = {(owner, path) for path, sums in wanted.items() if differs(path, sums) for owner in owners[path]}
    for info in unpacked(cache, set().union(*owners.values())):
        # uv writes the interpreter into them, and then the sum of what it wrote.
        name, site = package(info), os.path.dirname(info)
        scripts = os.path.join(site, f"{name}.data", "scripts")
        of = {(name, os.path.relpath(path, site)) for path, digest, _ in records(info) if os.path.dirname(path) == scripts and differs(path, {digest})}
        # Another build may have removed it meanwhile.
        bad |= of if os.path.exists(info) else set()
    return bad


def differs(path, sums):
    """Whether a file has none of the sums that several packages may have for it."""
    known = {digest for digest in sums if digest.startswith("sha256=")}
    return not os.path.exists(path) or len(known) == len(sums) and digest_of(path) not in known


def digest_of(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return "sha256=" + base64.urlsafe_b64encode(found.digest()).rstrip(b"=").decode()


def unpacked(cache, names):
    """The .dist-info directories of packages, "name-version" each, in the cache."""
    return [info for info in glob.glob(os.path.join(cache, "archive-v*", "*", "*.dist-info")) if package(info) in names]


def drop(cache, names):
    """Remove the unpacked wheels of packages."""
    for info in unpacked(cache, names):
        remove(os.path.dirname(info))
