"""Style, script and mark of the pages, at an address that changes with what is in them: a browser asks for each once."""

import hashlib
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"
YEAR_S = 365 * 86_400


def digest_of(folder: Path) -> str:
    """What names and contents of the files come to."""
    found = hashlib.blake2b(digest_size=8)
    for path in sorted(one for one in folder.iterdir() if one.is_file()):
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode() + content)
    return found.hexdigest()


ADDRESS = f"/static/{digest_of(FOLDER)}"


class KeptFiles(StaticFiles):
    """Files that never change at their address."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """A file, or that the browser has it, to be kept for a year."""
        answer = super().file_response(*given, **named)
        answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return answer


def routes() -> list[BaseRoute]:
    """The files: to be kept at the address of today, and not to be kept at one that stays."""
    return [Mount(ADDRESS, KeptFiles(directory=FOLDER)), Mount("/static", StaticFiles(directory=FOLDER))]
