"""Peers in virtual environments of their own, made once from the configured package index and kept in the cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

DONE = "complete"
INSTALL_TIMEOUT_S = 1800


def cache() -> Path:
    """Where environments are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "trimtab-bench"


def installed(package: str, version: str) -> Path:
    """The `bin` folder of an environment that holds exactly this version; half-made ones are made again."""
    folder = cache() / f"{package}-{version}"
    if not (folder / DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"  installing {package} {version}, once")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*pip, f"{package}=={version}"],
            check=False,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
        )
        if done.returncode:
            raise RuntimeError(f"pip cannot install {package} {version}: {done.stderr[-500:]}")
        (folder / DONE).touch()
    return folder / "bin"
