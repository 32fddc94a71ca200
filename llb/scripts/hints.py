"""Say what to do about the errors that installs commonly end with."""

import re

import native
from failure import Failure

REFUSED = re.compile(r"\b(401|403) (Unauthorized|Forbidden)\b")
URL = re.compile(r"https?://[^\s)`'\"]+")
CERTIFICATE = re.compile(
    r"UnknownIssuer|self.signed certificate|CERTIFICATE_VERIFY_FAILED|certificate verify failed|certificate verification failed|local issuer certificate", re.I
)
GIT_HTTP = re.compile(r"could not read (?:Username|Password) for '(https?://[^']+)'|Authentication failed for '(https?://[^']+)'")
GIT_REPOSITORY = re.compile(r"fatal: (?:repository )?'([^']+)' (?:does not appear to be a git repository|not found)|(Repository not found)|(remote: Not Found)", re.I)
GIT_REVISION = re.compile(r"fatal: couldn't find remote ref (?:refs/(?:tags|heads)/)?(\S+)|failed to find branch, tag, or commit `([^`]+)`")
GIT_DIRECTORY = re.compile(r"has no subdirectory `([^`]+)`")
GIT_PACKAGE = re.compile(r"Failed to (?:download|build|download and build|fetch|resolve) `([^`\s@]+) @ git\+")
HASH = re.compile(r"[Hh]ash mismatch for [`'\"]?([^`'\"\s]+)")
NO_WHEEL = re.compile(r"[`'\"]?([\w.-]+)(?:[=@]=?[\w.+-]+)?[`'\"]? (?:has no wheels? with a matching|can't be installed because it doesn't have a source distribution or wheel)[^\n]*")
NEEDS_PYTHON = re.compile(r"\b([\w.-]+)(==\S+)? (?:requires|depends on) Python ?([<>=~!][^\s,]*)")
PROJECT_PYTHON = re.compile(r"resolved to Python ([\d.]+), which is incompatible with the (?:project|script)'s Python requirement: `([^`]+)`")
LOCK_SCHEMA = re.compile(r"lockfile at `([^`]+)` uses an unsupported schema version")
LOCK_STALE = re.compile(r"lockfile at `([^`]+)` needs to be updated")
UV_VERSION = re.compile(r"Required uv version `([^`]+)` does not match the running version `([^`]+)`")
NAME_LOOKUP = re.compile(r"dns error|Temporary failure in name resolution|Name or service not known|Could not resolve host|failed to lookup address")
UNREACHABLE = re.compile(
    r"Connection refused|Network is unreachable|No route to host|Failed to connect to|connection closed before|Connection reset|operation timed out|timed out|tcp connect error"
    r"|HTTP status server error \(5\d\d|HTTP status client error \(4(?:08|29) |answers (?:5\d\d|408|429) "
    r"|end of file before message length reached|the connection ended (?:\d+ bytes )?early"
)
SERVER = re.compile(r"(?:https?|ssh)://(?:[^\s/@]+@)?([^\s/)`'\"]+)")
GONE = re.compile(r"([^\s:]+): \S+ answers (404|410)\b")
KILLED = re.compile(r"signal: 9 \(SIGKILL\)|Killed signal terminated program|died with <Signals\.SIGKILL: 9>|^MemoryError|std::bad_alloc|rustc.*signal: 9", re.M)
INVALID_WHEEL = re.compile(
    r"(?:Failed to install: |Failed to (?:read|extract) [^\n]*?/)([\w.]+)-[^\s/]+\.whl[^\n]*\n(?:[^\n]*\n)*?[^\n]*"
    r"(?:The wheel is invalid|must not use the reserved name|failed to create (?:directory|file) [^\n]*(?:File exists|Is a directory|Not a directory))"
)
UNDECLARED = re.compile(r"indicates that `([^`]+)` depends on `([^`]+)`, but doesn't declare it as a build dependency")
BACKEND = re.compile(r"Failed to (?:build|download and build|prepare|generate package metadata for) `([^`\s@]+)")
UNKNOWN_PACKAGE = re.compile(r"[Bb]ecause ([\w.-]+) was not found in the (?:package registry|provided package locations)")
UNKNOWN_VERSION = re.compile(r"[Bb]ecause there (?:is|are) no versions? of ([\w.-]+)(\S*)")
UNBUILT = re.compile(r"Wheels are required for `([^`]+)` because building|Building source distributions for `([^`]+)` is disabled|Building source distributions is disabled")
NO_PYTHON = re.compile(r"Failed to (?:build|download and build) `([^`\s@=]+)[^`]*`(?:\n[^\n]*)*No module named 'encodings'|No module named 'encodings'")
WHEELS_ONLY = re.compile(r"Wheels are required for `([^`]+)` because building")
NO_SOLUTION = re.compile(r"No solution found when resolving")


def variable(index):
    """The form that an index has in the names of variables, as uv has it."""
    return re.sub(r"[^A-Z0-9]", "_", index.upper())


def index_of(url, indexes):
    """The name of the index on whose server a URL is."""
    place = url.split("/", 3)[:3]
    return next((name for name, base in indexes if base.split("/", 3)[:3] == place), None)


def refused(text, indexes, given):
    """What to do about an index that refuses."""
    found = REFUSED.search(text)
    urls = URL.findall(text)
    if not found or not urls:
        return None
    # The URL that is named last before the status, or the first after it.
    before = [u for u in urls if text.index(u) < found.start()]
    url = (before or urls)[-1 if before else 0]
    name = index_of(url, indexes)
    host = url.split("/", 3)[2].split("@")[-1]
    if name and given(f"UV_INDEX_{variable(name)}_PASSWORD"):
        return Failure("PB504", f'{host} refuses the user name and password of the secrets for the index "{name}"', "check their values")
    if name:
        prefix = f"UV_INDEX_{variable(name)}"
        return Failure(
            "PB504", f'the index "{name}" wants a user name and a password',
            f"pass them as secrets, from variables of these names:\ndocker build --secret id={prefix}_USERNAME --secret id={prefix}_PASSWORD ...",
        )  # fmt: skip
    return Failure(
        "PB504", f"{host} wants a user name and a password",
        'pass a netrc file that has them: in [build], write secrets = ["netrc"], and docker build --secret id=netrc,src=$HOME/.netrc ...',
    )  # fmt: skip


def git(text):
    """What to do about a repository that cannot be cloned."""
    if "Host key verification failed" in text:
        return Failure(
            "PB515", "the git server's host key is not known",
            "pass the file that has it, as ssh-keyscan writes it: docker build --secret id=known_hosts,src=$HOME/.ssh/known_hosts ...",
        )  # fmt: skip
    if "Permission denied (publickey" in text:
        return Failure("PB515", "the git server takes none of the agent's keys", "pass an agent that has one: docker build --ssh default ...")
    found = GIT_HTTP.search(text)
    if found:
        host = (found[1] or found[2]).split("/", 3)[2]
        return Failure("PB515", f"{host} wants a login", "pass a token that may read the repository: docker build --secret id=GIT_AUTH_TOKEN ...")
    package = GIT_PACKAGE.search(text)
    of = f"the repository of {package[1]}" if package else "the repository"
    found = GIT_REVISION.search(text)
    if found:
        return Failure("PB516", f"{of} has no {found[1] or found[2]}", "write a branch, a tag or a commit that it has, and lock again")
    found = GIT_DIRECTORY.search(text)
    if found:
        return Failure("PB516", f"{of} has no directory {found[1]}", "write the directory of the project in it, and lock again")
    if package and GIT_REPOSITORY.search(text):
        return Failure(
            "PB516", f"{of} is not there, or not for everybody",
            "check its URL; a private one wants a token or a key: docker build --secret id=GIT_AUTH_TOKEN ..., or --ssh default",
        )  # fmt: skip
    return None


def lock(text):
    """What to do about a lock or a Python that uv does not take."""
    found = PROJECT_PYTHON.search(text)
    if found:
        return Failure("PB518", f"the project wants Python {found[2]}, and the image has {found[1]}", "choose another one with the key python, or a base that has it; or change requires-python and lock again")
    found = LOCK_SCHEMA.search(text)
    if found:
        return Failure("PB107", f"{found[1]} was written by a newer uv than the one that installs", 'install with that one: in [build], write uv = "..."; or lock with an older one')
    found = LOCK_STALE.search(text)
    if found:
        return Failure("PB106", f"{found[1]} does not fit its manifest any more", f"run `uv lock` and commit {found[1]}")
    found = UV_VERSION.search(text)
    if found:
        return Failure("PB517", f"the project wants uv {found[1]}, and {found[2]} installs", 'name a version that fits: in [build], write uv = "..."; or change required-version in [tool.uv]')
    return None


def reached(text):
    """What to do about a server that does not answer."""
    servers = SERVER.findall(text)
    server = servers[-1] if servers else "a server"
    if NAME_LOOKUP.search(text):
        return Failure(
            "PB506", f"the build cannot look up the name of {server}",
            "behind a proxy, pass it: docker build --build-arg HTTPS_PROXY=... ; with a name server of the host's own, try docker build --network host ...",
        )  # fmt: skip
    if UNREACHABLE.search(text):
        return Failure(
            "PB507", f"{server} does not answer as it should",
            "try again; if it answers on this machine and not in the build, pass the proxy (--build-arg HTTPS_PROXY=...) or build with --network host",
        )  # fmt: skip
    return None


def solution(text):
    """What to do about requirements that nothing fulfils."""
    found = NEEDS_PYTHON.search(text)
    if found and NO_SOLUTION.search(text):
        return Failure("PB518", f"{found[1]}{found[2] or ''} is for Python {found[3]} only", "choose another Python with the key python, or another version of the package")
    if not NO_SOLUTION.search(text):
        return None
    found = WHEELS_ONLY.search(text)
    if found:
        return Failure(
            "PB527", f"{found[1]} has no wheel, and another package is built with it",
            "where a build has secrets, what packages are built with is downloaded as wheels alone, for none of it to run beside them:\n"
            f"put a wheel of {found[1]} on an index (pip wheel --no-deps {found[1]}), or have another version of it that has one asked for",
        )  # fmt: skip
    found = UNKNOWN_PACKAGE.search(text)
    if found:
        return Failure("PB501", f"no index has a package {found[1]}", "check its name; if it is on an index of your own, name that in [[tool.uv.index]] of pyproject.toml")
    found = UNKNOWN_VERSION.search(text)
    if found:
        return Failure("PB501", f"there is no {found[1]}{found[2]}", "ask for a version that is published, and lock again")
    return Failure("PB501", "the requirements exclude each other", "loosen one of those that are named above, and lock again")


def unbuilt(text):
    """What to do about a package that would be built where secrets are seen."""
    found = UNBUILT.search(text) or NO_PYTHON.search(text)
    if not found:
        return None
    name = next((name for name in found.groups() if name), None)
    lock = "lock where you trust what that runs, and build from the lock: what builds packages then sees no secret"
    if not name:
        return Failure(
            "PB526", "what has no name would be built to know what it needs, and no build script runs where secrets are seen",
            f"write a repository as NAME @ URL, and what the project itself needs into dependencies of [project];\nor {lock}",
        )  # fmt: skip
    return Failure(
        "PB526", f"{name} would be built to know what it needs, and no build script runs where secrets are seen",
        f'{lock};\nor let this one see them: in [build], write trusted = ["{name}"]',
    )  # fmt: skip


def backend(text):
    """What to do about a package that does not build."""
    found = UNDECLARED.search(text)
    if found:
        name = re.split("[@=]", found[1])[0]
        return Failure("PB524", f"{name} needs {found[2]} to be built, and does not say so", f'in pyproject.toml, write\n[tool.uv.extra-build-dependencies]\n{name} = ["{found[2]}"]')
    found = BACKEND.search(text)
    if found and not NO_SOLUTION.search(text):
        name = re.split("[@=]", found[1])[0]
        return Failure("PB511", f"{name} has no wheel that fits, and building it failed", "what its build said is above; another version may have a wheel, or what it lacks belongs into [build] packages")
    return None


def find(text, indexes=(), given=lambda name: False, closed=False):
    """The Failure that an output tells of, or None: what is certain comes first.

    indexes are pairs of name and URL; given tells whether a secret was passed, closed that
    nothing may be built.
    """
    if CERTIFICATE.search(text):
        return Failure(
            "PB505", "a server's certificate is signed by nobody that the builder knows",
            "pass the certificate of your company's CA: in [build], write ca = true, and docker build --secret id=ca,src=corporate-ca.pem ...",
        )  # fmt: skip
    if "No space left on device" in text:
        return Failure("PB512", "the builder's disk is full", "make room: docker builder prune")
    if KILLED.search(text):
        return Failure("PB513", "the build ran out of memory", "give the builder more, or take a version that has a wheel: compiling takes the most")
    found = HASH.search(text)
    if found:
        return Failure(
            "PB503", f"the file of {found[1]} that the index has is not the one that was locked",
            "if it was published anew, lock again; if not, find out who changed it before you build",
        )  # fmt: skip
    found = INVALID_WHEEL.search(text)
    if found:
        return Failure(
            "PB606", f"the wheel of {found[1]} is not one that may be installed",
            "nobody's tools make such wheels: find out who made this one before you install another version",
        )  # fmt: skip
    found = NO_WHEEL.search(text)
    if found:
        return Failure(
            "PB502", f"{found[1]} is not published for this Python and platform",
            "choose another Python (the key python), another version of it, or another platform (--platform)",
        )  # fmt: skip
    found = GONE.search(text)
    if found:
        return Failure("PB520", f"{found[1]} is not where the lock says", "lock again: it was removed, or the lock was made with another index")
    return (
        git(text) or lock(text) or refused(text, indexes, given) or closed and unbuilt(text) or native.lacks(text) or reached(text) or backend(text) or solution(text)
    )
