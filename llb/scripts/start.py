"""Start a server with what only the running container knows.

The image's command is the server's own, such as `uvicorn app.main:app --port
8000 --workers auto`. Before the server starts, in this same process, PORT and
WEB_CONCURRENCY replace the port and the workers, and "auto" becomes a number
that fits the container. Any other command is executed as it is.
"""

import os
import runpy
import signal
import sys

# A worker of a typical app with its share of the page cache, in bytes.
WORKER_MEMORY = 256 << 20
# Without any limit the machine is shared with others: take a modest part.
UNLIMITED_WORKERS = 4

CGROUP = "/sys/fs/cgroup"

# What is run as a module in this process, so that it is PID 1 itself.
MODULES = ("granian", "gunicorn", "hypercorn", "streamlit", "uvicorn", "waitress")


def read(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()
    except (OSError, ValueError):
        return []


def cpu_limit(root=CGROUP):
    """Return the CPU quota in cores, or None where there is none."""
    quota = read(f"{root}/cpu.max")  # version 2: "max 100000" or "150000 100000"
    if not quota:  # version 1
        quota = read(f"{root}/cpu/cpu.cfs_quota_us") + read(f"{root}/cpu/cpu.cfs_period_us")
    if len(quota) == 2 and quota[0] not in ("max", "-1") and int(quota[1]) > 0:
        return int(quota[0]) / int(quota[1])
    return None


def memory_limit(root=CGROUP):
    """Return the memory limit in bytes, or None where there is none."""
    limit = read(f"{root}/memory.max") or read(f"{root}/memory/memory.limit_in_bytes")
    # Version 1 says "no limit" with a number near the top of 63 bits.
    if limit and limit[0] != "max" and int(limit[0]) < 1 << 60:
        return int(limit[0])
    return None


def auto_workers(per_core=1, extra=0, root=CGROUP):
    """Return how many workers fit the container's CPU and memory limits."""
    allowed = len(os.sched_getaffinity(0))
    quota = cpu_limit(root)
    if quota is not None:
        cores = min(quota, allowed)
    elif allowed < (os.cpu_count() or 1):
        cores = allowed
    else:
        cores = None
    if cores is None:
        workers = min(UNLIMITED_WORKERS, per_core * allowed + extra)
    else:
        workers = int(per_core * max(cores, 1) + extra)
    memory = memory_limit(root)
    if memory is not None:
        workers = min(workers, memory // WORKER_MEMORY)
    return max(1, workers)


def option(argv, name, replace):
    """Replace the value of an option by replace(value)."""
    for i in range(len(argv) - 1):
        if argv[i] == name:
            argv[i + 1] = replace(argv[i + 1])


def number(name, what, most):
    """Return a variable that is a number, or "" where it is not set.

    A server would say of anything else that one of its options is wrong, which
    whoever set the variable never wrote.
    """
    value = os.environ.get(name, "").strip()
    if value and not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value) <= most):
        sys.exit(f'{name} is "{value:.60}", which is no {what}: pass the container a number up to {most}, or no {name}')
    return value


def workers(per_core, extra):
    """Return a function from the configured number of workers to the one to use."""

    def replace(value):
        chosen = number("WEB_CONCURRENCY", "number of workers", 1024)
        if chosen:
            return chosen
        return str(auto_workers(per_core, extra)) if value == "auto" else value

    return replace


def port(value):
    return number("PORT", "port", 65535) or value


def bind(value):
    host, colon, number = value.rpartition(":")
    return host + colon + port(number)


def adapt(argv):
    """Fill in a server's options from the environment and the limits."""
    if argv[0] in ("uvicorn", "granian"):
        option(argv, "--port", port)
        option(argv, "--workers", workers(per_core=1, extra=0))
    elif argv[0] == "hypercorn":
        option(argv, "--bind", bind)
        option(argv, "--workers", workers(per_core=1, extra=0))
    elif argv[0] == "waitress":
        option(argv, "--port", port)
    elif argv[0] == "streamlit":
        option(argv, "--server.port", port)
    else:
        option(argv, "--bind", bind)
        evented = "--worker-class" in argv
        # A sync worker waits for its client: twice the cores keep them busy.
        replace = workers(1, 0) if evented else workers(2, 1)
        option(argv, "--workers", replace)


def main(argv):
    if not argv:
        sys.exit("nothing to run: give a command")
    if argv[0] not in MODULES:
        if os.environ.get("PORT"):
            os.environ["GRADIO_SERVER_PORT"] = os.environ["PORT"]
        try:
            os.execvp(argv[0], argv)
        except OSError as error:
            print(f"{argv[0]}: {error.strerror}", file=sys.stderr)
            sys.exit(127 if isinstance(error, FileNotFoundError) else 126)
    adapt(argv)
    if argv[0] == "waitress":
        # It minds SIGINT only, and the kernel spares PID 1 what it minds not.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.argv = argv
    # As `python -m` does: the app is looked for in the working directory.
    sys.path[0] = os.getcwd()
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
