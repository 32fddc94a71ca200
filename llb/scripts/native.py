"""Say what a failed compilation lacks, by the Debian package that has it."""

import re

from failure import Failure

# The Debian packages of headers, by the header or its directory.
HEADERS = {
    "Python.h": "libpython3-dev",
    "bzlib.h": "libbz2-dev",
    "cairo.h": "libcairo2-dev",
    "curl/": "libcurl4-openssl-dev",
    "expat.h": "libexpat1-dev",
    "ffi.h": "libffi-dev",
    "ft2build.h": "libfreetype-dev",
    "gdal.h": "libgdal-dev",
    "geos_c.h": "libgeos-dev",
    "gmp.h": "libgmp-dev",
    "gssapi/": "libkrb5-dev",
    "gssapi.h": "libkrb5-dev",
    "hdf5.h": "libhdf5-dev",
    "jpeglib.h": "libjpeg-dev",
    "krb5.h": "libkrb5-dev",
    "lber.h": "libldap2-dev",
    "ldap.h": "libldap2-dev",
    "libmemcached/": "libmemcached-dev",
    "libpq-fe.h": "libpq-dev",
    "librdkafka/": "librdkafka-dev",
    "libusb.h": "libusb-1.0-0-dev",
    "libxml/": "libxml2-dev",
    "libxslt/": "libxslt1-dev",
    "linux/": "linux-libc-dev",
    "lz4.h": "liblz4-dev",
    "lzma.h": "liblzma-dev",
    "mpc.h": "libmpc-dev",
    "mpfr.h": "libmpfr-dev",
    "mysql.h": "default-libmysqlclient-dev",
    "netcdf.h": "libnetcdf-dev",
    "openssl/": "libssl-dev",
    "portaudio.h": "portaudio19-dev",
    "proj.h": "libproj-dev",
    "readline/": "libreadline-dev",
    "sasl/": "libsasl2-dev",
    "snappy-c.h": "libsnappy-dev",
    "snappy.h": "libsnappy-dev",
    "sodium.h": "libsodium-dev",
    "sql.h": "unixodbc-dev",
    "sqlite3.h": "libsqlite3-dev",
    "systemd/": "libsystemd-dev",
    "uuid/": "uuid-dev",
    "yaml.h": "libyaml-dev",
    "zlib.h": "zlib1g-dev",
    "zmq.h": "libzmq3-dev",
    "zstd.h": "libzstd-dev",
}

# The Debian packages to link with, where they are not named lib<name>-dev.
LIBRARIES = {
    "crypto": "libssl-dev",
    "lber": "libldap2-dev",
    "ldap": "libldap2-dev",
    "lzma": "liblzma-dev",
    "mariadb": "libmariadb-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "python3": "libpython3-dev",
    "xslt": "libxslt1-dev",
    "z": "zlib1g-dev",
}

# The Debian packages of programs that build scripts call.
PROGRAMS = {
    "cargo": "cargo",
    "cc": "gcc",
    "cmake": "cmake",
    "curl-config": "libcurl4-openssl-dev",
    "c++": "g++",
    "gcc": "gcc",
    "gfortran": "gfortran",
    "g++": "g++",
    "krb5-config": "libkrb5-dev",
    "make": "make",
    "meson": "meson",
    "mysql_config": "default-libmysqlclient-dev",
    "ninja": "ninja-build",
    "pg_config": "libpq-dev",
    "pkg-config": "pkg-config",
    "protoc": "protobuf-compiler",
    "rustc": "cargo",
    "swig": "swig",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
}

NAMES = "|".join(re.escape(name) for name in sorted(PROGRAMS, key=len, reverse=True))
MISSING_PROGRAM = re.compile(
    rf"""(?:command|program|linker|[Cc]ompiler|[Ee]xecutable)?\s*[`'"\[]*\b(?:\S*-linux-(?:gnu|musl)-)?({NAMES})[`'"\]]*\S*"""
    r"""(?: executable| program)?(?: failed)?[^\n]{0,40}?(?:No such file or directory|not found|not installed|is missing|could not be found)"""
)
NO_PROGRAM = re.compile(rf"No such file or directory: [`'\"]({NAMES})[`'\"]|Unknown compiler\(s\): \[\[[`'\"]({NAMES})[`'\"]")
RUST = re.compile(r"can't find Rust compiler|Rust not found|requires Rust|Cargo, the Rust package manager, is not installed", re.I)
HEADER = re.compile(r"fatal error: [`'\"<]?([\w./+-]+)[`'\">]?(?: file not found|: No such file or directory)")
PKG_CONFIG = re.compile(r"Package [`'\"]?([\w.+-]+)[`'\"]? was not found in the pkg-config|No package [`'\"]([\w.+-]+)[`'\"] found")
LINKER = re.compile(r"cannot find -l([\w.+-]+)")
ELSEWHERE = 'find the Debian package that has it (packages.debian.org, "search the contents") and name it in [build] packages'


def build_packages(*names):
    return "in [build], write packages = [" + ", ".join(f'"{n}"' for n in names) + "]"


def header(name):
    for known, package in HEADERS.items():
        if name == known or known.endswith("/") and name.startswith(known) or name.endswith("/" + known):
            return Failure("PB508", f"the header {name} is not there", build_packages(package))
    return Failure("PB508", f"the header {name} is not there", ELSEWHERE)


def lacks(text):
    """What an output of compilers and their like says is not there, or None."""
    found = HEADER.search(text)
    if found:
        return header(found[1])
    if RUST.search(text):
        return Failure("PB509", "the package is written in Rust and has to be compiled", build_packages("cargo"))
    found = PKG_CONFIG.search(text)
    if found:
        return Failure("PB510", f"pkg-config does not know {found[1] or found[2]}", "find the -dev package of it (packages.debian.org) and name it in [build] packages")
    found = LINKER.search(text)
    if found:
        return Failure("PB510", f"the library {found[1]} is not there to link with", build_packages(LIBRARIES.get(found[1], f"lib{found[1].lower()}-dev")))
    found = NO_PROGRAM.search(text) or MISSING_PROGRAM.search(text)
    if found:
        program = next(name for name in found.groups() if name)
        packages = [PROGRAMS[program]] + (["libc6-dev"] if PROGRAMS[program] in ("gcc", "g++") else [])
        return Failure("PB509", f"the program {program} is not there", build_packages(*packages))
    return None
