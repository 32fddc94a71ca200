"""Download wheels of a lock that the engine itself cannot reach.

usage: fetch.py [--secret-env NAME=FILE]... [--index NAME=URL]... [--wheelhouse DIR] -- [NAME SHA256 URL]...

SHA256 is "-" for a file whose sum nobody knows, which no cache keeps.

The wheels come to lie in /out. Each is looked for in the cache, then in the
wheelhouse, then at its URL: with the user and password of the index that is on
the same server (UV_INDEX_<NAME>_USERNAME and _PASSWORD), or those of a netrc file.
"""

import base64
import concurrent.futures
import hashlib
import http.client
import netrc
import os
import shutil
import ssl
import stat
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import arguments
import failure
import hints
import uv

OUT = "/out"
CACHE = "/root/.cache/pybuild/wheels"
NETRC = "/root/.netrc"
TRIES = 4


class Failed(Exception):
    """A wheel that could not be had, with what to do if that is known."""

    def __init__(self, message, known=None):
        super().__init__(message)
        self.known = known


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects with the credentials of where they lead, if any."""

    def __init__(self, logins):
        self.logins = logins

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None:
            new.remove_header("Authorization")
            self.logins.add(new)
        return new


class Logins:
    """The user names and passwords by server."""

    def __init__(self, env, indexes):
        self.known = {}
        for name, url in indexes:
            prefix = f"UV_INDEX_{hints.variable(name)}"
            user, password = env.get(f"{prefix}_USERNAME"), env.get(f"{prefix}_PASSWORD")
            if user or password:
                self.known.setdefault(server(url), (user or "", password or ""))
        for url in env.get("UV_INDEX", "").split():
            parts = urllib.parse.urlsplit(url)
            if parts.username or parts.password:
                found = [urllib.parse.unquote(part or "") for part in (parts.username, parts.password)]
                self.known.setdefault(server(url), tuple(found))
        self.netrc = netrc.netrc(NETRC) if os.path.exists(NETRC) else None

    def add(self, request):
        found = self.known.get(server(request.full_url))
        if not found and self.netrc:
            entry = self.netrc.authenticators(urllib.parse.urlsplit(request.full_url).hostname)
            found = entry and (entry[0], entry[2])
        if found:
            login = base64.b64encode(":".join(found).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {login}")


def server(url):
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def take(path, target):
    """Copy a file of the cache, and return the sum of the copy, "" for what is no file: who
    else writes the cache may do so now, and what counts is what is handed on."""
    found = hashlib.sha256()
    try:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    if not stat.S_ISREG(os.fstat(source).st_mode):
        os.close(source)
        return ""
    with os.fdopen(source, "rb") as file, open(target, "wb") as part:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
            part.write(block)
    return found.hexdigest()


def fetch(name, expected, url, opener, logins, wheelhouse):
    target = os.path.join(OUT, name)
    if expected == "-":
        with open(target, "wb") as part:
            download(name, url, opener, logins, part)
        return
    cached = os.path.join(CACHE, expected)
    if take(cached, target) == expected:
        return
    with tempfile.NamedTemporaryFile(dir=CACHE, delete=False) as part:
        try:
            if wheelhouse:
                copy(name, wheelhouse, part)
            else:
                download(name, url, opener, logins, part)
            part.close()
            found = take(part.name, target)
            if found != expected:
                raise Failed(
                    f"{name} has the SHA-256 {found}, and the lock says {expected}",
                    failure.Failure(
                        "PB503", f"the file {name} is not the one that was locked",
                        "if it was published anew, lock again; if not, find out who changed it before you build",
                    ),
                )  # fmt: skip
            if os.path.isdir(cached) and not os.path.islink(cached):
                os.unlink(part.name)  # somebody's mistake, or worse: go without
            else:
                # Another build may do the same: a rename is whole or not at all.
                os.replace(part.name, cached)
        except BaseException:
            os.unlink(part.name)
            raise


def copy(name, wheelhouse, part):
    path = os.path.join(wheelhouse, name)
    if not os.path.exists(path):
        what = f"{name} is not in the wheelhouse"
        raise Failed(what, failure.Failure("PB519", what, "fill it where there is a network: uv export -o requirements.txt && pip download -r requirements.txt -d DIRECTORY"))
    with open(path, "rb") as file:
        shutil.copyfileobj(file, part)


def download(name, url, opener, logins, part):
    for attempt in range(1, TRIES + 1):
        wait = attempt
        request = urllib.request.Request(url, headers={"User-Agent": "pybuild"})
        logins.add(request)
        try:
            part.seek(0)
            part.truncate()
            with opener.open(request, timeout=60) as answer:
                shutil.copyfileobj(answer, part)
                if answer.length:  # bytes that were promised and did not come
                    raise OSError(f"the connection ended {answer.length} bytes early")
            return
        except urllib.error.HTTPError as e:
            if e.code < 500 and e.code not in (408, 429) or attempt == TRIES:
                raise Failed(f"{name}: {place(url)} answers {e.code} {e.reason}") from e
            wait = max(wait, asked(e))
        except (OSError, http.client.HTTPException) as e:
            reason = getattr(e, "reason", e)
            if isinstance(e, http.client.IncompleteRead):  # of a transfer in chunks
                reason = "the connection ended early"
            if isinstance(reason, ssl.SSLCertVerificationError) or attempt == TRIES:
                raise Failed(f"{name}: {place(url)}: {reason}") from e
        time.sleep(wait)


def asked(answer):
    """The seconds that a server asks to wait (Retry-After), at most a minute."""
    seconds = answer.headers.get("Retry-After", "")
    return min(int(seconds), 60) if seconds.isdecimal() else 0


def context():
    """The checks that uv, git and curl make.

    From 3.13 on, Python's own are stricter than what many companies' CAs issue.
    """
    checks = ssl.create_default_context()
    checks.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return checks


def place(url):
    """A URL without what may be secret in it."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.split("@")[-1], parts.path, "", ""))


def main():
    options, (files,) = arguments.split(sys.argv[1:], "--wheelhouse")
    wheelhouse = options.more["--wheelhouse"]
    env = uv.environment(options)
    os.environ.update({name: env[name] for name in ("SSL_CERT_FILE",) if name in env})
    logins = Logins(env, options.indexes)
    opener = urllib.request.build_opener(Redirects(logins), urllib.request.HTTPSHandler(context=context()))
    os.makedirs(CACHE, exist_ok=True)
    wanted = list(zip(files[::3], files[1::3], files[2::3]))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = [pool.submit(fetch, *file, opener, logins, wheelhouse) for file in wanted]
    errors = sorted((f.exception() for f in done if f.exception()), key=str)
    for e in errors:
        print(e, file=sys.stderr)
    if errors:
        known = next((e.known for e in errors if getattr(e, "known", None)), None)
        known = known or hints.find("\n".join(map(str, errors)), options.indexes, lambda name: name in env)
        if known:
            failure.report(known)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
