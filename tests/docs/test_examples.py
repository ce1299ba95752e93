"""What the documents show is so: examples run, commands and flags exist, links lead somewhere."""

import contextlib
import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SHELLS = ("sh", "console")
ASKS_A_SERVER = {"docs/api.md"}


def blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Fenced blocks in one of the languages, each with its first line's number."""
    text = page.read_text(encoding="utf-8")
    for fence in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if fence[1] in languages:
            yield text.count("\n", 0, fence.start()) + 2, fence[2]


def run_python(page: Path) -> None:
    """Run the Python blocks of a page in their order, as one program."""
    names: dict[str, object] = {"__name__": "__main__"}
    for line, source in blocks(page, "python"):
        exec(compile("\n" * (line - 1) + source, str(page), "exec"), names)


def commands(page: Path) -> Iterator[list[str]]:
    """The `trimtab ...` commands of the shell blocks; in a console block they follow a `$`."""
    for language in SHELLS:
        for _, text in blocks(page, language):
            for line in text.replace("\\\n", " ").splitlines():
                if language == "console" and not line.startswith("$ "):
                    continue
                for part in re.split(r"\s[|&]{1,2}\s", line.removeprefix("$ ")):
                    words = shlex.split(part, comments=True)
                    while words and re.fullmatch(r"\w+=.*", words[0]):
                        words.pop(0)
                    if words and words[0].rsplit("/", 1)[-1] == "trimtab":
                        yield words[1:]


def command_line() -> Any:
    """The product's command line."""
    import typer.main

    from trimtab.app.cli.main import app

    return typer.main.get_command(app)


def unknown_words(command: Any, words: list[str]) -> Iterator[str]:
    """Subcommands and flags of one command that do not exist."""
    words = list(words)
    while words and (children := getattr(command, "commands", None)) and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in children:
            yield name
            return
        command = children[name]
    flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {
        "--help"
    }
    yield from (
        word.partition("=")[0]
        for word in words
        if word.startswith("-") and word.partition("=")[0] not in flags
    )


def unknown_targets(page: Path, makefile: str) -> Iterator[str]:
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
    yield from sorted(set(named) - targets)


def dead_links(page: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not (page.parent / target).exists():
            yield target


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with served(tmp_path, monkeypatch) if name_of(page) in ASKS_A_SERVER else contextlib.nullcontext():
        run_python(page)


@contextlib.contextmanager
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that the environment names, with tasks in it of which some failed; the example told a fact of each of these."""
    from tests.support.console import listening
    from tests.support.promising import shop

    with shop(folder / "data") as store, listening(store.server) as address:
        store.tasks(2, 10, 0.5, **{"gen_ai.agent.name": "airline"})
        monkeypatch.setenv("TRIMTAB_URL", address)
        monkeypatch.setenv("TRIMTAB_KEY", store.server.server.owner)
        yield
        (seen,) = store.server.query("select count(*) from facts where name = 'seen'")
        (failed,) = store.server.query("select count(*) from sessions where outcome = 'failure'")
        assert seen == failed != [0]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_json_examples_parse(page: Path) -> None:
    for _, text in blocks(page, "json"):
        json.loads(text)


def test_the_indicators_page_shows_indicators_that_can_be_added() -> None:
    from tests.support.stores import kit

    from trimtab.loop.sli import add

    documents = [text for _, text in blocks(ROOT / "docs" / "indicators.md", "yaml")]
    assert documents
    with kit() as store:
        for text in documents:
            assert add(store.state, store.analytics, "p", text)


def test_the_facts_page_shows_facts_that_are_taken() -> None:
    from trimtab.vocabulary.trace import fact_from_json

    page = ROOT / "docs" / "facts.md"
    facts = [fact_from_json("p", row, 0) for _, text in blocks(page, "json") for row in json.loads(text)]
    assert [fact.kind for fact in facts] == ["outcome", "score"]


if importlib.util.find_spec("trimtab.app.cli.main"):

    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_commands_exist(page: Path) -> None:
        known = command_line()
        assert [(words, word) for words in commands(page) for word in unknown_words(known, words)] == []

    def test_the_readme_shows_commands() -> None:
        assert len(list(commands(ROOT / "README.md"))) > 5

    def test_a_command_that_is_not_there_is_noticed() -> None:
        known = command_line()
        assert list(unknown_words(known, ["sink", "--fast"])) == ["sink"]
        assert list(unknown_words(known, ["serve", "--fast", "--host", "x"])) == ["--fast"]
        assert list(unknown_words(known, ["keys", "lose"])) == ["lose"]
        assert list(unknown_words(known, ["serve", "--host=x"])) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_and_links_exist(page: Path) -> None:
    assert list(unknown_targets(page, (ROOT / "Makefile").read_text(encoding="utf-8"))) == []
    assert list(dead_links(page)) == []


def test_a_broken_page_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "see [x](gone.md), `make sail`\n\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n\n"
        "```console\n$ A=1 .venv/bin/trimtab tail --json | trimtab \\\n  serve\ntrimtab says hello\n```\n"
    )
    assert list(dead_links(page)) == ["gone.md"]
    assert list(unknown_targets(page, "run: x\n")) == ["sail"]
    assert list(commands(page)) == [["tail", "--json"], ["serve"]]
    with pytest.raises(AssertionError):
        run_python(page)
