"""What every test may ask for, and the rule about skipped tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# The gate must give the same answer for the same commit; at the desk every run tries new examples.
settings.register_profile("gate", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("gate")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real agent runs, beside the repository; without them a test that needs them is skipped."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("needs real agent runs in ../shared/data, beside the repository")
    return data


class NoSkips:
    """Where the data is present (and CI=true), a skipped test hides a broken one: it fails the run."""

    def __init__(self) -> None:
        self.skipped: dict[str, str] = {}

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped[report.nodeid] = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.section("skipped tests are failures here", red=True)
            for name, reason in sorted(self.skipped.items()):
                terminalreporter.write_line(f"{name}: {reason}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Watch for skipped tests, in the process that reports (with xdist: not in its workers)."""
    if SHARED.is_dir() and os.environ.get("CI") == "true" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips(), "no-skips")
