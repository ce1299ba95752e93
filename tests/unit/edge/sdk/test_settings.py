"""Where telemetry goes, by the user's words and by the environment's."""

from pathlib import Path

import pytest

from trimtab.edge.sdk.settings import Settings, read_settings


def read(env: dict[str, str], endpoint: str = "", key: str = "", **options: object) -> Settings:
    return read_settings("support", endpoint, key, options, env)


def test_without_anything_it_is_silent() -> None:
    assert read({}).silent


def test_words_win_over_the_environment() -> None:
    env = {"TRIMTAB_URL": "http://env", "TRIMTAB_KEY": "tt_env", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel"}
    found = read(env, "https://said/", "tt_said")
    assert (found.traces, found.facts) == ("https://said/v1/traces", "https://said/api/v1/facts")
    assert found.headers == (("authorization", "Bearer tt_said"),)
    assert read(env).traces == "http://env/v1/traces"


def test_the_environment_of_opentelemetry_is_understood() -> None:
    found = read(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318/",
            "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20tt_x,x-trimtab-project=p",
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2,deployment.environment.name=prod",
        }
    )
    assert (found.traces, found.facts) == ("http://otel:4318/v1/traces", "http://otel:4318/api/v1/facts")
    assert dict(found.headers) == {"authorization": "Bearer tt_x", "x-trimtab-project": "p"}
    assert found.resource["service.name"] == "shop"
    assert found.resource["service.version"] == "1.2"
    assert found.resource["deployment.environment.name"] == "prod"


def test_an_address_of_traces_alone_is_taken_as_it_is() -> None:
    found = read({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://otel/in/v1/traces"})
    assert (found.traces, found.facts) == ("http://otel/in/v1/traces", "http://otel/in/api/v1/facts")


@pytest.mark.parametrize(
    "env",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318", "OTEL_SDK_DISABLED": "true"},
        {"TRIMTAB_URL": "ftp://x"},
        {"TRIMTAB_URL": "localhost:4318"},
    ],
)
def test_what_cannot_be_spoken_to_is_silent(env: dict[str, str]) -> None:
    assert read(env).silent


def test_servers_and_keys_wait_in_folders_of_their_own(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    folders = {read(env, f"http://{host}", key).spool for host in "ab" for key in ("tt_1", "tt_2")}
    assert len(folders) == 4
    assert all(folder and folder.parent == tmp_path / "trimtab" / "spool" for folder in folders)
    assert not any(key in str(folder) for folder in folders for key in ("tt_1", "tt_2"))


@pytest.mark.parametrize("told", [False, "off", "0"])
def test_nothing_on_disk_where_the_user_says_so(told: object) -> None:
    assert read({}, "http://x", spool=told).spool is None
    assert read({"TRIMTAB_SPOOL": "off"}, "http://x").spool is None


def test_a_log_is_instead_of_a_server(tmp_path: Path) -> None:
    found = read({"TRIMTAB_URL": "http://env"}, log=tmp_path / "a.jsonl")
    assert (found.traces, found.log, found.spool) == ("", tmp_path / "a.jsonl", None)


def test_an_unknown_option_is_told(caplog: pytest.LogCaptureFixture) -> None:
    read({}, "http://x", enviroment="prod")
    assert "did you mean 'environment'" in caplog.text
