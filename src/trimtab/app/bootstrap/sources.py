"""Products that traces are pulled from, and how far that went: a small file beside the data."""

import contextlib
import json
import os
from collections.abc import Generator, Mapping
from pathlib import Path

from trimtab.adapters.langfuse_api import LangfuseApi
from trimtab.loop.ingest import TraceSource
from trimtab.vocabulary.kernel import Invalid


@contextlib.contextmanager
def open_langfuse(url: str, env: Mapping[str, str] = os.environ) -> Generator[TraceSource]:
    """A Langfuse, with the keys of the environment; raises `Invalid` where they are not set."""
    names = ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
    public, secret = (env.get(name, "") for name in names)
    if not public or not secret:
        missing = next(name for name in names if not env.get(name))
        raise Invalid(f"{missing} is not set", hint="the keys stand in the settings of the Langfuse project")
    api = LangfuseApi(url, (public, secret))
    try:
        yield api
    finally:
        api.close()


class Reached:
    """How far each source was pulled, by its address and the project it went to."""

    def __init__(self, folder: Path) -> None:
        """Keep it in `folder`."""
        self._path = folder / "pulls.json"

    def get(self, source: str) -> int | None:
        """The time up to which all was pulled, None where nothing was."""
        return self._read().get(source)

    def put(self, source: str, time_ns: int) -> None:
        """Note a time, whole or not at all."""
        known = self._read() | {source: time_ns}
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(".fresh")
        fresh.write_text(json.dumps(known), encoding="utf-8")
        fresh.replace(self._path)

    def _read(self) -> dict[str, int]:
        try:
            return json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Invalid(
                f"cannot read {self._path}: {error}", hint="remove it to pull from --since"
            ) from error
