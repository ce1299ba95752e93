"""Build the image on a stand-in of its base, made of Debian's packages, and run it as compose.yaml does; no registry of images is asked.

`python -m tests.support.image`, as root, with mmdebstrap, buildah, podman and runc. It takes some minutes.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from tests.support.bodies import good
from tests.support.server import GREETED, HOST, Served

ROOT = Path(__file__).parents[2]
BASE, NAME, VOLUME = "docker.io/library/python:3.11-slim", "trimtab-trial", "trimtab-trial"
TOOLS = ("mmdebstrap", "buildah", "podman", "runc")
PACKAGES = "python3,python3-venv,python3-pip,ca-certificates,netbase,tzdata"
AS_OFFICIAL = (
    "ln -s /usr/bin/python3 /usr/local/bin/python; ln -s /usr/bin/python3 /usr/local/bin/python3;"
    "ln -s /usr/bin/pip3 /usr/local/bin/pip; rm -f /usr/lib/python3*/EXTERNALLY-MANAGED"
)
HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
MINE = tuple(
    str(one)
    for one in (Path("/etc/pip.conf"), Path("~/.config/pip").expanduser(), Path("/etc/ssl/certs"))
    if one.exists()
)
"""How this machine reaches the index of packages: lent to the build, and in no layer."""


def run(*words: str, **more: str) -> str:
    """Run a command; what it prints."""
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, env=os.environ | more)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)[:300]}: ended with {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout.strip()


def separate(folder: Path) -> None:
    """Keep images and volumes in a folder of their own, by the means that every machine has."""
    storage, containers = folder / "storage.conf", folder / "containers.conf"
    storage.write_text(f'[storage]\ndriver="vfs"\ngraphroot="{folder}/images"\nrunroot="{folder}/run"\n')
    containers.write_text(
        f'[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n'
        f'[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nvolume_path="{folder}/volumes"\n'
    )
    os.environ |= {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(containers)}


def build(folder: Path) -> None:
    """The base, then the image from its Containerfile as it is."""
    packed = str(folder / "base.tar")
    run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", packed)
    made = run("buildah", "from", "scratch")
    run("buildah", "add", "-q", made, packed, "/")
    run("buildah", "run", "--isolation", "chroot", made, "--", "sh", "-c", AS_OFFICIAL)
    run("buildah", "config", "--env", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", made)
    run("buildah", "commit", "-q", made, BASE)
    lent = [word for one in MINE for word in ("-v", f"{one}:{one}:ro")]
    how = ("--isolation", "chroot", "--pull-never", "-f", str(ROOT / "deploy" / "Containerfile"))
    run("buildah", "bud", *how, *lent, "-t", NAME, str(ROOT))


@contextlib.contextmanager
def started(served: Served) -> Generator[None]:
    """The image, running; it must end by itself, in order, when it is asked to."""
    ports = ("--host", HOST, "--port", str(served.port), "--grpc-port", str(served.grpc_port))
    where = ("--network", "host", "--name", NAME, "-v", f"{VOLUME}:/data")
    run("podman", "run", "-d", *where, *HARDENED, NAME, "trimtab", "serve", "--data", "/data", *ports)
    try:
        wait_ready()
        served.key = inside("cat", "/data/owner.key")
        yield
        run("podman", "stop", "-t", "60", NAME)
        code = run("podman", "inspect", NAME, "--format", "{{.State.ExitCode}}")
        assert code == "0", f"SIGTERM: it ended with {code}"
    finally:
        run("podman", "rm", "-f", NAME)


def wait_ready() -> None:
    """Wait until it has said that it is ready."""
    end = time.monotonic() + 60
    while GREETED.decode() not in (log := run("podman", "logs", NAME)):
        assert time.monotonic() < end, log
        time.sleep(0.1)


def inside(*words: str) -> str:
    """What a command in the container prints."""
    return run("podman", "exec", NAME, *words)


def trial(served: Served) -> None:
    """It takes spans by both doors, keeps them over a restart, and may do nothing else."""
    with started(served):
        assert "your first API key" in run("podman", "logs", NAME)
        assert served.send(good(1, 20)).status == 200
        with grpc.insecure_channel(f"{HOST}:{served.grpc_port}") as channel:
            body = ExportTraceServiceRequest.FromString(good(21, 20))
            TraceServiceStub(channel).Export(  # pyright: ignore[reportUnknownMemberType]
                body, metadata=[("authorization", f"Bearer {served.key}")]
            )
        served.settle()
        sys.stdout.write(inside("trimtab", "doctor") + "\n")
        assert inside("id", "-u") == "10001"
        assert inside("sh", "-c", "touch /x 2>/dev/null || echo refused") == "refused"
        assert int(inside("grep", "CapEff", "/proc/1/status").split()[1], 16) == 0
        assert inside("sh", "-c", "ls /opt/trimtab/bin | grep -c -e pip -e hatch || true") == "0"
    with started(served):
        assert "your first API key" not in run("podman", "logs", NAME)
        assert served.query("select count(*) from steps") == [[40]]


def main() -> None:
    """Build and try, then forget everything."""
    if missing := [one for one in TOOLS if not shutil.which(one)]:
        sys.exit(f"these are missing: apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="trimtab-image-") as held:
        folder = Path(held)
        separate(folder)
        build(folder)
        trial(Served(folder / "data"))
        sys.stdout.write(run("podman", "images", "--format", "{{.Repository}} {{.Size}}") + "\n")
        run("podman", "volume", "rm", VOLUME)


if __name__ == "__main__":
    main()
