"""Run uv with the build's secrets, certificates and proxies."""

import os
import re
import signal
import subprocess
import sys
import threading

import cache
import failure
import hints
import masks

# The certificate of a company's CA, and where the known ones may be.
CA = "/run/pybuild/ca.pem"
BUNDLES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
BUNDLE = "/tmp/pybuild-ca-bundle.pem"
KEPT = 1 << 16  # bytes of the output that a hint is looked for in


def environment(options):
    """Return os.environ with what the options and the mounts add.

    Secrets come as files, since old engines know no other way, and live in
    this process's memory only.
    """
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
    seen = [*(path for _, path in options.secrets), *options.files, env.get("SSH_AUTH_SOCK", "")]
    if not any(os.path.exists(path) for path in seen):
        return command
    but = f" but those of {', '.join(options.trusted)}" if options.trusted else ""
    # What is locked by its version is taken all the same.
    so = ": versions without a wheel are passed over" if {":all:", "--no-build"} & set(flags) else ""
    print(f"no build scripts run in this step{but}, since it sees secrets{so}", file=sys.stderr)
    if not options.trusted:
        env["PYTHONHOME"] = "/nonexistent"
    put_away(command[0], env, options.indexes)
    options.closed = True
    return [*command, *flags]


def put_away(uv, env, indexes):
    """Take the logins of indexes out of the environment and into uv's own store.

    uv fills variables into the addresses of what packages say they need, and asks the
    server of such an address. A uv that keeps no logins goes on with variables. The store
    is in the memory of the step: its files stay in the engine's cache.
    """
    env.setdefault("UV_CREDENTIALS_DIR", "/dev/shm/pybuild-credentials")
    for name, url in indexes:
        variables = [f"UV_INDEX_{hints.variable(name)}_{part}" for part in ("USERNAME", "PASSWORD")]
        user, password = (env.get(v) for v in variables)
        if user and password:
            login = [uv, "auth", "login", "--quiet", url, "--username", user, "--password", "-"]
            if subprocess.run(login, env=env, input=password, text=True, check=False, capture_output=True).returncode == 0:
                for variable in variables:
                    del env[variable]


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


def explain(text, env, options):
    """Say what to do about what a failed command said, if that is known."""
    passed = {name for name, path in options.secrets if os.path.exists(path)}
    found = hints.find(text, options.indexes, lambda name: name in env or name in passed, options.closed)
    if found:
        failure.report(found)


def run(command, env, options):
    """Run a command and give its completed process, whatever its exit code.

    One that a damaged cache may have failed runs again without what is damaged. What a
    failed one says is followed by what to do about it, if that is known.
    """
    mask = masks.of_all(options)
    process, text = attempt(command, env, mask)
    # That no versions fit, no file of a wheel has a part in.
    if process.returncode and "No solution found" not in text:
        kept = cache.kept(env)
        gone = cache.heal(kept) if kept else []
        if gone:
            print(f"uv's cache had damaged files of {', '.join(gone)}: they are removed, and this is tried again", file=sys.stderr)
            process, text = attempt(command, env, mask)
    if process.returncode:
        if process.returncode == -signal.SIGKILL:
            # Nobody but the kernel ends uv like that.
            text += "signal: 9 (SIGKILL)"
        explain(text, env, options)
    return process


def attempt(command, env, mask):
    """Run a command, and return it and the end of what it said, which is passed on masked."""
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE)
    said = bytearray()

    def pass_on():
        for line in process.stderr:
            if mask.names:
                line = mask.hide(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
            said.extend(line)
            del said[: max(0, len(said) - KEPT)]

    reader = threading.Thread(target=pass_on)
    reader.start()
    process.wait()
    reader.join()
    return process, said.decode("utf-8", "replace")
