"""Find the shared libraries that installed packages need and the image lacks.

usage: libraries.py ARCH ROOT STRICT,... LAYER...

ARCH is the architecture as OCI names it, ROOT the image's base, and LAYERs are
directories with what was installed. What the layers STRICT lack is an error: it
was compiled here against it. A wheel may have parts that nobody uses, so what
the others lack is only said.
"""

import os
import struct
import subprocess
import sys

import failure

# e_machine (elf.h) of the architectures of OCI.
MACHINES = {"386": 3, "arm": 40, "amd64": 62, "ppc64le": 21, "s390x": 22, "arm64": 183, "riscv64": 243}

# The graphics driver's libraries come into a container when it is started.
OF_THE_DRIVER = ("libcuda.so", "libnvidia-", "libnvcuvid.so", "libnvoptix.so")

# Debian packages of libraries that Python packages are often without. What is
# compiled here names its own: the builder has the package.
PACKAGES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libxcb.so.1": "libxcb1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libgfortran.so.5": "libgfortran5",
    "libpq.so.5": "libpq5",
    "libmariadb.so.3": "libmariadb3",
    "libodbc.so.2": "libodbc2",
    "libxml2.so.2": "libxml2",
    "libxslt.so.1": "libxslt1.1",
    "libasound.so.2": "libasound2",
    "libportaudio.so.2": "libportaudio2",
    "libsndfile.so.1": "libsndfile1",
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libcairo.so.2": "libcairo2",
    "libmagic.so.1": "libmagic1",
}


def needed(path, machine):
    """The sonames that an ELF file of that machine names, else none."""
    with open(path, "rb") as f:
        ident = f.read(16)
        if ident[:4] != b"\x7fELF" or len(ident) < 16:
            return []
        wide, order = ident[4] == 2, "<" if ident[5] == 1 else ">"
        # See elf(5) for the three headers.
        header = struct.Struct(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"))
        fields = header.unpack(f.read(header.size))
        if fields[1] != machine:
            return []
        offset, size, count = fields[4], fields[8], fields[9]
        loads, dynamic = [], None
        for i in range(count):
            f.seek(offset + i * size)
            if wide:
                kind, _, at, address, _, length, _, _ = struct.unpack(order + "IIQQQQQQ", f.read(56))
            else:
                kind, at, address, _, length, _, _, _ = struct.unpack(order + "IIIIIIII", f.read(32))
            if kind == 1:
                loads.append((address, at, length))
            elif kind == 2:
                dynamic = (at, length)
        if dynamic is None:
            return []
        f.seek(dynamic[0])
        entry = struct.Struct(order + ("qQ" if wide else "iI"))
        data = f.read(dynamic[1] - dynamic[1] % entry.size)
        names, table = [], 0
        for tag, value in entry.iter_unpack(data):
            if tag == 0:
                break
            if tag == 1:
                names.append(value)
            elif tag == 5:
                table = value
        for address, at, length in loads:
            if address <= table < address + length:
                table += at - address
                break
        found = []
        for name in names:
            f.seek(table + name)
            found.append(f.read(256).split(b"\0")[0].decode("utf-8", "replace"))
        return found


def files(root):
    for base, _, names in os.walk(root):
        for name in names:
            yield os.path.join(base, name)


def provided(root, layers):
    """The base names of all shared libraries."""
    names = set()
    for place in ["lib", "lib64", "usr/lib", "usr/lib64", "usr/local", "opt"]:
        for path in files(os.path.join(root, place)):
            if ".so" in os.path.basename(path):
                names.add(os.path.basename(path))
    for layer in layers:
        names.update(os.path.basename(path) for path in files(layer) if ".so" in path)
    return names


def debian(soname):
    """The package of the builder that has the library, else the usual one."""
    try:
        found = subprocess.run(["dpkg", "-S", f"*/{soname}"], capture_output=True, text=True, check=False).stdout
    except OSError:
        found = ""
    return found.split(":")[0] if ":" in found else PACKAGES.get(soname)


def main():
    arch, root, strict, *layers = sys.argv[1:]
    there = provided(root, layers)
    missing, maybe = {}, {}
    for layer in layers:
        for path in files(layer):
            if ".so" not in os.path.basename(path) or os.path.islink(path):
                continue
            for soname in needed(path, MACHINES.get(arch)):
                # The loader itself is libc's matter, and a base without libc
                # is one that everything here is linked for.
                if soname in there or soname.startswith(OF_THE_DRIVER):
                    continue
                where = missing if layer in strict.split(",") else maybe
                where.setdefault(soname, set()).add(path.split("/site-packages/")[-1])
    for soname, users in sorted(maybe.items()):
        print(f"note: {first(users)} needs {soname}, which the image does not have{advice([soname])}")
    for soname, users in sorted(missing.items())[1:]:
        print(f"{first(users)} needs {soname}, which the image does not have", file=sys.stderr)
    if missing:
        soname = min(missing)
        failure.report(failure.Failure("PB521", f"{first(missing[soname])} needs {soname}, which the image does not have", f"add it to the image{advice(missing)}"))
        return 1
    return 0


def first(users):
    users = sorted(users)
    return users[0] if len(users) == 1 else f"{users[0]} (and {len(users) - 1} more)"


def advice(sonames):
    packages = sorted({debian(s) for s in sonames} - {None})
    if not packages:
        return ": find its Debian package (packages.debian.org, \"search the contents\") and name it in [runtime] packages"
    listed = ", ".join(f'"{p}"' for p in packages)
    return f": in [runtime], write packages = [{listed}]"


if __name__ == "__main__":
    sys.exit(main())
