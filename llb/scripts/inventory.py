"""Say what an image holds, for its bill of materials.

usage: inventory.py PREFIX VERSION

The image is mounted at /image, for whatever platform: nothing of it is run. PREFIX
and VERSION are its Python's. What is found comes to lie in /out/inventory.json.
"""

import email.parser
import hashlib
import json
import os
import re
import sys

ROOT = "/image"
# What the kernel and the engine mount, and where no package is installed.
SKIP = ("/dev", "/proc", "/run", "/sys", "/tmp")
# A header or a licence that is longer is a mistake, or worse.
MOST = 1 << 18
LICENCE = re.compile(r"(licen[cs]e|copying|notice)", re.I)
COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9+-])")


def inside(path):
    """The file that a path of the image leads to, or None for one that leads out of it."""
    real = os.path.realpath(path)
    return real if real.startswith(ROOT + os.sep) and os.path.isfile(real) else None


def read(path):
    real = inside(path)
    if not real:
        return ""
    with open(real, "rb") as file:
        return file.read(MOST).decode("utf-8", "replace")


def evidence(path):
    """A file that shows a package to be there, and its sums."""
    sums = [hashlib.sha1(), hashlib.sha256()]
    with open(inside(path), "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            for found in sums:
                found.update(block)
    return {"path": path[len(ROOT) :], "sha1": sums[0].hexdigest(), "sha256": sums[1].hexdigest()}


def walk(top):
    """Every directory with installed packages may be in, the packages not entered."""
    for base, dirs, files in os.walk(top):
        if base == ROOT:
            dirs[:] = [name for name in dirs if f"/{name}" not in SKIP]
        dirs.sort()
        yield base, dirs, sorted(files)
        if os.path.basename(base) in ("site-packages", "dist-packages"):
            dirs.clear()


def distributions():
    """The Python packages, by what they say of themselves."""
    for base, dirs, files in walk(ROOT):
        for name in dirs:
            for kind, file in ((".dist-info", "METADATA"), (".egg-info", "PKG-INFO")):
                if name.endswith(kind) and inside(os.path.join(base, name, file)):
                    yield distribution(os.path.join(base, name, file))
        for name in files:
            if name.endswith(".egg-info") and inside(os.path.join(base, name)):
                yield distribution(os.path.join(base, name))


def distribution(path):
    said = email.parser.HeaderParser().parsestr(read(path))
    one = lambda name: str(said.get(name) or "").strip()
    many = lambda name: [str(value).strip() for value in said.get_all(name) or []]
    found = {
        "evidence": evidence(path),
        "name": one("Name"),
        "version": one("Version"),
        "summary": one("Summary"),
        "homePage": one("Home-page"),
        "urls": many("Project-URL"),
        "author": one("Author") or one("Maintainer"),
        "authorEmail": one("Author-email") or one("Maintainer-email"),
        "expression": one("License-Expression"),
        "license": one("License"),
        "classifiers": [c for c in many("Classifier") if c.startswith("License :: ")],
        "requires": many("Requires-Dist"),
    }
    if not found["expression"] and path.endswith("METADATA"):
        found["licenses"] = [text for text in licences(os.path.dirname(path)) if text]
    if path.endswith("METADATA"):
        found["directUrl"] = read(os.path.join(os.path.dirname(path), "direct_url.json"))
    return found


def licences(info):
    """The texts of licences beside the metadata, where wheels have them."""
    for base, dirs, files in os.walk(info):
        dirs.sort()
        for name in sorted(files):
            if LICENCE.search(name) or os.path.basename(base) == "licenses":
                yield read(os.path.join(base, name))


def stanzas(path):
    """The paragraphs of a file in Debian's form, as dictionaries."""
    real = inside(path)
    if not real:
        return
    fields, last = {}, None
    with open(real, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            if not line.strip():
                if fields:
                    yield fields
                fields, last = {}, None
            elif line[0] in " \t":
                if last:
                    fields[last] += "\n" + line.strip()
            elif ":" in line:
                last, _, value = line.partition(":")
                fields[last] = value.strip()
    if fields:
        yield fields


def debian():
    """What dpkg knows to be installed, also where distroless images note it."""
    places = [ROOT + "/var/lib/dpkg/status"]
    parts = ROOT + "/var/lib/dpkg/status.d"
    if os.path.isdir(parts):
        places += [os.path.join(parts, name) for name in sorted(os.listdir(parts)) if not name.endswith(".md5sums")]
    for place in places:
        for fields in stanzas(place):
            if "Package" not in fields or "installed" not in fields.get("Status", "installed").split():
                continue
            name, arch = fields["Package"], fields.get("Architecture", "")
            lists = [f"{ROOT}/var/lib/dpkg/info/{name}{suffix}.list" for suffix in ("", ":" + arch)]
            shown = next((path for path in lists if inside(path)), place)
            package = {key: fields.get(key, "") for key in ("Package", "Version", "Architecture", "Source", "Maintainer", "Homepage", "Depends", "Pre-Depends", "Provides")}
            package["Description"] = fields.get("Description", "").split("\n")[0]
            yield {"evidence": evidence(shown), "fields": package, "licenses": copyright(name)}


def copyright(name):
    """The names of the licences in Debian's copyright file of a package."""
    text = read(f"{ROOT}/usr/share/doc/{name}/copyright")
    if text.startswith("Format:"):
        names = re.findall(r"^License:[ \t]*(\S.*)$", text, re.M)
    else:
        names = COMMON.findall(text)
    return sorted({" ".join(n.split()) for n in names})


def alpine():
    """What apk knows to be installed."""
    for path in (ROOT + "/lib/apk/db/installed", ROOT + "/usr/lib/apk/db/installed"):
        real = inside(path)
        if not real:
            continue
        shown = evidence(path)
        with open(real, encoding="utf-8", errors="replace") as file:
            for paragraph in file.read().split("\n\n"):
                fields = {}
                for line in paragraph.split("\n"):
                    key, _, value = line.partition(":")
                    fields.setdefault(key, value)
                if fields.get("P"):
                    yield {"evidence": shown, "fields": {key: fields.get(key, "") for key in "PVALDpTUmo"}}
        return


def interpreter(prefix, version):
    """The Python itself: its full version, and the file that runs."""
    header = read(f"{ROOT}{prefix}/include/python{version}/patchlevel.h")
    found = re.search(r'^#define\s+PY_VERSION\s+"([^"]+)"', header, re.M)
    python = {"version": found.group(1) if found else ""}
    path = f"{ROOT}{prefix}/bin/python{version}"
    if inside(path):
        python["evidence"] = evidence(path)
    return python


def main():
    prefix, version = sys.argv[1:]
    release = {}
    for line in (read(ROOT + "/etc/os-release") or read(ROOT + "/usr/lib/os-release")).splitlines():
        key, _, value = line.partition("=")
        if key in ("ID", "VERSION_ID", "VERSION_CODENAME", "PRETTY_NAME"):
            release[key] = value.strip("\"'")
    with open("/out/inventory.json", "w", encoding="utf-8") as file:
        json.dump(
            {
                "os": release,
                "python": interpreter(prefix.rstrip("/"), version),
                "distributions": list(distributions()),
                "debian": list(debian()),
                "alpine": list(alpine()),
            },
            file,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
