"""Run uv with the build's secrets, certificates and proxies.

Options before the command:
  --secret-env NAME=FILE   a variable whose value is in a file, if that is there
  --index NAME=URL         an index that the project names
  --git-host HOST          a server that GIT_AUTH_TOKEN is for
  --index-url URL          an index of a requirements file, with ${NAME} in it
  --secret FILE            another secret, if that is there
  --trusted NAME           a package whose build script may see secrets
  --own N[EXTRAS]=DIR      a directory of which metadata.py wrote N.json
"""

import os
import re
import signal
import subprocess
import sys
import threading

import cache
import failure
import hints

# The certificate of a company's CA, and where the known ones may be.
CA = "/run/pybuild/ca.pem"
BUNDLES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
BUNDLE = "/tmp/pybuild-ca-bundle.pem"
KEPT = 1 << 16  # bytes of the output that a hint is looked for in
LEAST = 6  # characters of a secret that a text is known to hold


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


class Options:
    """What the options before the command say."""

    def __init__(self, options):
        self.secrets, self.indexes, self.git_hosts, self.urls = [], [], [], []
        self.files, self.trusted, self.own, self.closed = [], [], [], False
        for option, value in zip(options[::2], options[1::2]):
            if option == "--secret-env":
                self.secrets.append(value.split("=", 1))
            elif option == "--index":
                self.indexes.append(value.split("=", 1))
            elif option == "--git-host":
                self.git_hosts.append(value)
            elif option == "--index-url":
                self.urls.append(value)
            elif option == "--secret":
                self.files.append(value)
            elif option == "--trusted":
                self.trusted.append(value)
            elif option == "--own":
                self.own.append(value)
            elif option == "--closed":
                self.closed = True
            else:
                sys.exit(f"unknown option {option}")


def environment(options):
    """Return os.environ with what the options and the mounts add.

    Secrets come as files, since old engines know no other way, and live in
    this process's memory only.
    """
    options = Options(options)
    env = dict(os.environ)
    for name, path in options.secrets:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                env[name] = file.read().rstrip("\r\n")
    urls = [re.sub(r"\$\{([A-Z0-9_]+)\}", lambda m: env.get(m[1], ""), url) for url in options.urls]
    if urls:
        # What is left of them in a lock has no password.
        env["UV_INDEX"] = " ".join(urls)
    trust(env)
    log_in(env, options.git_hosts)
    return env


def close(command, flags, env, options):
    """Return a command that runs no build script, where the step sees a secret or an agent.

    uv's flags leave out editable directories, and packages that a manifest has built from
    source. So that no Python starts at all that uv does not start isolated, to ask the
    interpreter for its version; unless a build script is trusted, which needs one.
    """
    known = Options(options)
    seen = [*(path for _, path in known.secrets), *known.files, env.get("SSH_AUTH_SOCK", "")]
    if not any(os.path.exists(path) for path in seen):
        return command
    but = f" but those of {', '.join(known.trusted)}" if known.trusted else ""
    # What is locked by its version is taken all the same.
    so = ": versions without a wheel are passed over" if {":all:", "--no-build"} & set(flags) else ""
    print(f"no build scripts run in this step{but}, since it sees secrets{so}", file=sys.stderr)
    if not known.trusted:
        env["PYTHONHOME"] = "/nonexistent"
    put_away(command[0], env, known)
    options += ["--closed", "yes"]
    return [*command, *flags]


def put_away(uv, env, known):
    """Take the logins of indexes out of the environment and into uv's own store.

    uv fills variables into the addresses of what packages say they need, and asks the
    server of such an address. A uv that keeps no logins goes on with variables. The store
    is in the memory of the step: its files stay in the engine's cache.
    """
    env.setdefault("UV_CREDENTIALS_DIR", "/dev/shm/pybuild-credentials")
    for name, url in known.indexes:
        variables = [f"UV_INDEX_{hints.variable(name)}_{part}" for part in ("USERNAME", "PASSWORD")]
        user, password = (env.get(v) for v in variables)
        if user and password:
            login = [uv, "auth", "login", "--quiet", url, "--username", user, "--password", "-"]
            if subprocess.run(login, env=env, input=password, text=True, check=False, capture_output=True).returncode == 0:
                for variable in variables:
                    del env[variable]


def secrets(options):
    """The secrets that became variables, by their names, as patterns of the forms that URLs
    write them in. What is shorter than any secret worth the name, and a user name, may
    stand in a text for another reason."""
    found = {}
    for name, path in Options(options).secrets:
        if os.path.exists(path) and not name.endswith("_USERNAME"):
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file if len(line.strip()) >= LEAST]
            if lines:
                found[name] = re.compile("|".join("".join(map(either, line)) for line in lines), re.I)
    return found


def hidden(options):
    """The secrets that no output may show: those of secrets(), and what the files hold that
    the step sees. A repository may have a link to one in the place of its manifest, and uv
    quotes the line that it cannot read."""
    found = secrets(options)
    for path in Options(options).files:
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read(KEPT)
            lines = {line.strip() for line in text.splitlines()} | set(re.findall(r"\bpassword\s+(\S+)", text))
            texts = sorted((line for line in lines if len(line) >= LEAST), key=len, reverse=True)
            if texts:
                found[path] = re.compile("|".join("".join(map(either, text)) for text in texts), re.I)
    return found


def either(character):
    """The pattern of a character as it is and as URLs encode it."""
    encoded = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "replace"))
    return f"(?:{re.escape(character)}|{encoded})"


def hide(text, known):
    """A text with the names of secrets in the place of their values: uv replaces ${NAME} in
    the URLs of requirements, also of those that packages have, and repeats them."""
    for name, pattern in known.items():
        shown = f"<{name}>" if os.path.isabs(name) else f"${{{name}}}"
        text = pattern.sub(lambda _, shown=shown: shown, text)
    return text


def held(text, options):
    """The name of a secret whose value is in a text, or None."""
    return next((name for name, pattern in secrets(options).items() if pattern.search(text)), None)


def trust(env):
    """Have every program trust the company's CA beside the public ones."""
    if not os.path.exists(CA):
        return
    known = [env.get("SSL_CERT_FILE", ""), *BUNDLES]
    with open(BUNDLE, "wb") as bundle:
        for path in [next((p for p in known if os.path.exists(p)), None), CA]:
            if path:
                with open(path, "rb") as file:
                    bundle.write(file.read().rstrip() + b"\n")
    for name in [
        "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "NODE_EXTRA_CA_CERTS",
    ]:  # fmt: skip
        env[name] = BUNDLE


def log_in(env, hosts):
    """Have git send a token to the servers that it is for, and to no other.

    One secret serves BuildKit's own git source as well. A header, as it has it, git would
    send to wherever a server redirects it; a helper it asks by the server. The name of the
    variable is one that uv puts into no URL.
    """
    common = env.pop("GIT_AUTH_TOKEN", None)
    count = int(env.get("GIT_CONFIG_COUNT", "0"))
    for number, host in enumerate(hosts):
        token = env.pop(f"GIT_AUTH_TOKEN.{host}", None) or common
        if token:
            variable = f"pybuild_git_token_{number}"
            env[variable] = token
            # The empty one has no other helper of the base asked, and told.
            for helper in ("", f'!f() {{ test "$1" != get || printf "username=x-access-token\\npassword=%s\\n" "${variable}"; }}; f'):
                env[f"GIT_CONFIG_KEY_{count}"] = f"credential.https://{host}.helper"
                env[f"GIT_CONFIG_VALUE_{count}"] = helper
                count += 1
            env["GIT_CONFIG_COUNT"] = str(count)


def explain(text, env, options=()):
    """Say what to do about what a failed command said, if that is known."""
    known = Options(options)
    passed = {name for name, path in known.secrets if os.path.exists(path)}
    found = hints.find(text, known.indexes, lambda name: name in env or name in passed, known.closed)
    if found:
        failure.report(found)


def run(command, env, options=(), **more):
    """Run a command and give its completed process, whatever its exit code.

    One that a damaged cache may have failed runs again without what is damaged. What a
    failed one says is followed by what to do about it, if that is known.
    """
    if more:
        return subprocess.run(command, env=env, check=False, **more)
    known = hidden(options)
    process, text = attempt(command, env, known)
    # That no versions fit, no file of a wheel has a part in.
    if process.returncode and "No solution found" not in text:
        kept = cache.kept(env)
        gone = cache.heal(kept) if kept else []
        if gone:
            print(f"uv's cache had damaged files of {', '.join(gone)}: they are removed, and this is tried again", file=sys.stderr)
            process, text = attempt(command, env, known)
    if process.returncode:
        if process.returncode == -signal.SIGKILL:
            # Nobody but the kernel ends uv like that.
            text += "signal: 9 (SIGKILL)"
        explain(text, env, options)
    return process


def attempt(command, env, known):
    """Run a command, and return it and the end of what it said, which is passed on without
    the secrets that are known."""
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE)
    said = bytearray()

    def pass_on():
        for line in process.stderr:
            if known:
                line = hide(line.decode("utf-8", "surrogateescape"), known).encode("utf-8", "surrogateescape")
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
            said.extend(line)
            del said[: max(0, len(said) - KEPT)]

    reader = threading.Thread(target=pass_on)
    reader.start()
    process.wait()
    reader.join()
    return process, said.decode("utf-8", "replace")
