"""Say what to do about the errors that installs commonly end with."""

import re

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
REFUSED = re.compile(r"\b(401|403) (Unauthorized|Forbidden)\b")
URL = re.compile(r"https?://[^\s)`'\"]+")
CERTIFICATE = re.compile(
    r"UnknownIssuer|self.signed certificate|CERTIFICATE_VERIFY_FAILED|certificate verify failed|certificate verification failed|local issuer certificate", re.I
)
GIT_HTTP = re.compile(r"could not read (?:Username|Password) for '(https?://[^']+)'|Authentication failed for '(https?://[^']+)'")
HASH = re.compile(r"[Hh]ash mismatch for [`'\"]?([^`'\"\s]+)")
NO_WHEEL = re.compile(r"[`'\"]?([\w.-]+)(?:[=@]=?[\w.+-]+)?[`'\"]? (?:has no wheels? with a matching|can't be installed because it doesn't have a source distribution or wheel)[^\n]*")
NAME_LOOKUP = re.compile(r"dns error|Temporary failure in name resolution|Could not resolve host|failed to lookup address")


def build_packages(*names):
    return "In [build], write packages = [" + ", ".join(f'"{n}"' for n in names) + "]"


def variable(index):
    """The form that an index has in the names of variables, as uv has it."""
    return re.sub(r"[^A-Z0-9]", "_", index.upper())


def index_of(url, indexes):
    """The name of the index on whose server a URL is."""
    place = url.split("/", 3)[:3]
    return next((name for name, base in indexes if base.split("/", 3)[:3] == place), None)


def credentials(url, indexes, given):
    """What to do about an index that refuses."""
    name = index_of(url, indexes)
    host = url.split("/", 3)[2].split("@")[-1]
    if name and given(f"UV_INDEX_{variable(name)}_PASSWORD"):
        return f'{host} refuses the user name and password of the secrets for the index "{name}": check their values'
    if name:
        prefix = f"UV_INDEX_{variable(name)}"
        return (
            f'The index "{name}" wants a user name and a password. Pass them as secrets, from variables of these names:\n'
            f"docker build --secret id={prefix}_USERNAME --secret id={prefix}_PASSWORD ..."
        )
    return f"{host} wants a user name and a password. Pass a netrc file that has them: docker build --secret id=netrc,src=$HOME/.netrc ..."


def header(name):
    for known, package in HEADERS.items():
        if name == known or known.endswith("/") and name.startswith(known) or name.endswith("/" + known):
            return f"The header {name} is not there. " + build_packages(package)
    return (
        f"The header {name} is not there. Find the Debian package that has it (packages.debian.org, "
        '"search the contents") and name it in [build] packages'
    )


def hint(text, indexes=(), given=lambda name: False):
    """The one thing to do about an output, or None.

    indexes are pairs of name and URL; given tells whether a secret was passed.
    """
    if CERTIFICATE.search(text):
        return (
            "A server's certificate is signed by nobody that the builder knows. Pass the certificate of your company's CA: "
            "in [build], write ca = true, and docker build --secret id=ca,src=corporate-ca.pem ..."
        )
    if "Host key verification failed" in text:
        return (
            "The git server's host key is not known. Pass the file that has it, as ssh-keyscan writes it: "
            "docker build --secret id=known_hosts,src=$HOME/.ssh/known_hosts ..."
        )
    if "Permission denied (publickey" in text:
        return "The git server takes none of the agent's keys. Pass an agent that has one: docker build --ssh default ..."
    if "No space left on device" in text:
        return "The builder's disk is full. Make room: docker builder prune"
    found = HASH.search(text)
    if found:
        return (
            f"The file of {found[1]} that the index has is not the one that was locked. If it was published anew, lock again; "
            "if not, find out who changed it before you build"
        )
    found = NO_WHEEL.search(text)
    if found:
        return (
            f"{found[1]} is not published for this Python and platform. Choose another Python (the key python), "
            "another version of it, or another platform (--platform)"
        )
    found = GIT_HTTP.search(text)
    if found:
        host = (found[1] or found[2]).split("/", 3)[2]
        return f"{host} wants a login. Pass a token that may read the repository: docker build --secret id=GIT_AUTH_TOKEN ..."
    found = REFUSED.search(text)
    if found:
        urls = URL.findall(text)
        # The URL that is named last before the status, or the first after it.
        before = [u for u in urls if text.index(u) < found.start()]
        if urls:
            return credentials((before or urls)[-1 if before else 0], indexes, given)
    found = HEADER.search(text)
    if found:
        return header(found[1])
    if RUST.search(text):
        return "The package is written in Rust and has to be compiled. " + build_packages("cargo")
    found = PKG_CONFIG.search(text)
    if found:
        name = found[1] or found[2]
        return f"pkg-config does not know {name}. Find the -dev package of it (packages.debian.org) and name it in [build] packages"
    found = LINKER.search(text)
    if found:
        return f"The library {found[1]} is not there to link with. " + build_packages(LIBRARIES.get(found[1], f"lib{found[1].lower()}-dev"))
    found = NO_PROGRAM.search(text) or MISSING_PROGRAM.search(text)
    if found:
        program = next(name for name in found.groups() if name)
        packages = [PROGRAMS[program]] + (["libc6-dev"] if PROGRAMS[program] in ("gcc", "g++") else [])
        return f"The program {program} is not there. " + build_packages(*packages)
    if NAME_LOOKUP.search(text):
        return (
            "The build cannot look up the server's name. Behind a proxy, pass it: docker build --build-arg HTTPS_PROXY=... ; "
            "with a name server of the host's own, try docker build --network host ..."
        )
    return None
