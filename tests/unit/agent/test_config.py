"""Settings: where they come from, and everything that can be wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from claudios.agent.config import SETTINGS, LogFormat, Settings, SettingsInvalid, Transport, load
from claudios.protocol.ids import AGENT_TOKEN, API_TOKEN, Token
from claudios.protocol.messages import Mode, PermissionMode

TOKEN = Token(AGENT_TOKEN, "abcdefghij", bytes(range(32)))
OTHER = Token(AGENT_TOKEN, "klmnopqrst", bytes(range(32)))
ENOUGH = {"serverUrl": "https://example.com", "agentToken": TOKEN.text}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def config(settings: Mapping[str, object], path: str = "config.json", mode: int = 0o600) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(settings))
    file.chmod(mode)
    return file


def problems(*arguments: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsInvalid) as invalid:
        load(arguments, environment)
    return list(invalid.value.problems)


def test_the_settings_of_the_readme_are_enough(tmp_path: Path) -> None:
    config({**ENOUGH, "pollInterval": 5000, "outputFlushInterval": 1000, "maxConcurrentSessions": 5})
    settings = load([], {})
    assert settings.server_url == "https://example.com"
    assert settings.token == TOKEN
    assert (settings.poll_interval_ms, settings.output_flush_interval_ms) == (5000, 1000)
    assert settings.max_concurrent_sessions == 5
    assert settings.config_file == Path("config.json")
    assert settings.sources["pollInterval"] == "config.json"
    assert settings.warnings == ()


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    settings = load(
        [],
        {
            "SERVER_URL": "http://127.0.0.1:3000/",
            "AGENT_TOKEN": TOKEN.text,
            "POLL_INTERVAL": "250",
            "OUTPUT_FLUSH_INTERVAL": "20",
            "MAX_CONCURRENT_SESSIONS": "2",
            "TRANSPORT": "poll",
            "LOG_FORMAT": "json",
        },
    )
    assert settings.server_url == "http://127.0.0.1:3000"
    assert (settings.poll_interval_ms, settings.output_flush_interval_ms) == (250, 20)
    assert settings.transport is Transport.POLL
    assert settings.log_format is LogFormat.JSON
    assert settings.config_file is None
    assert settings.sources["transport"] == "the environment variable TRANSPORT"


def test_defaults_are_those_of_the_documentation(tmp_path: Path) -> None:
    config(ENOUGH)
    settings = load([], {})
    assert (settings.poll_interval_ms, settings.output_flush_interval_ms, settings.max_concurrent_sessions) == (
        5000,
        1000,
        5,
    )
    assert settings.transport is Transport.AUTO
    assert settings.state_directory == tmp_path / ".local/state/claudios/agent/abcdefghij"
    assert settings.policy.directories == ()
    assert settings.policy.default_directory == tmp_path
    assert PermissionMode.BYPASS not in settings.policy.permission_modes
    assert len(settings.policy.permission_modes) == len(PermissionMode) - 1
    assert settings.policy.modes == (Mode.CHAT, Mode.TERMINAL)
    assert settings.sources["transport"] == "default"


def test_a_flag_wins_over_the_environment_and_that_over_the_file() -> None:
    config({**ENOUGH, "pollInterval": 1000, "outputFlushInterval": 1000, "maxConcurrentSessions": 1})
    environment = {"POLL_INTERVAL": "2000", "OUTPUT_FLUSH_INTERVAL": "2000"}
    settings = load(["--poll-interval", "3000"], environment)
    assert settings.poll_interval_ms == 3000
    assert settings.output_flush_interval_ms == 2000
    assert settings.max_concurrent_sessions == 1
    assert settings.sources["pollInterval"] == "the flag --poll-interval"


def test_an_empty_variable_is_none() -> None:
    config(ENOUGH)
    assert load([], {"SERVER_URL": "", "POLL_INTERVAL": ""}).poll_interval_ms == 5000


def test_the_users_configuration_is_read_where_no_file_lies_here(tmp_path: Path) -> None:
    config(ENOUGH, "etc/claudios/config.json")
    assert load([], {"XDG_CONFIG_HOME": str(tmp_path / "etc")}).token == TOKEN
    config(ENOUGH, ".config/claudios/config.json")
    assert load([], {}).config_file == tmp_path / ".config/claudios/config.json"


def test_a_named_file_is_read_instead_of_any_other() -> None:
    config({**ENOUGH, "agentToken": OTHER.text})
    config(ENOUGH, "elsewhere/agent.json")
    assert load(["--config", "elsewhere/agent.json"], {}).token == TOKEN
    assert load(["--config=elsewhere/agent.json"], {}).token == TOKEN
    assert problems("--config", "nowhere.json", SERVER_URL="https://a.b", AGENT_TOKEN=TOKEN.text) == [
        "--config names nowhere.json, where there is no file."
    ]


def test_everything_wrong_is_named_at_once_with_its_source_and_remedy() -> None:
    config({"serverUrl": "example.com", "agentToken": "cla_oops", "pollIntervall": 5, "maxConcurrentSessions": "many"})
    found = problems("--transport", "websokcet", "--pol-interval", "5", POLL_INTERVAL="soon")
    assert len(found) == 7
    text = "\n".join(found)
    assert "serverUrl (from config.json) must be an address such as https://" in text
    assert "agentToken (from config.json) is not an agent's token" in text
    assert "config.json has the unknown setting 'pollIntervall'. Did you mean pollInterval?" in text
    assert 'maxConcurrentSessions (from config.json) must be a whole number from 1 to 1000, not "many"' in text
    assert 'transport (from the flag --transport) must be one of auto, websocket, poll, not "websokcet"' in text
    assert "Did you mean websocket?" in text
    assert "The flag --pol-interval is unknown. Did you mean --poll-interval?" in text
    assert "pollInterval (from the environment variable POLL_INTERVAL) must be a whole number" in text


def test_what_is_missing_is_named_with_the_places_it_could_stand() -> None:
    found = problems()
    assert len(found) == 2
    assert "serverUrl is missing. Set it in config.json, or the environment variable SERVER_URL." in found
    assert any("agentToken is missing" in problem and "AGENT_TOKEN" in problem for problem in found)


@pytest.mark.parametrize("name", ["server_url", "serverURL", "ServerUrl"])
def test_another_spelling_of_a_setting_is_recognised(name: str) -> None:
    config({**ENOUGH, name: "https://example.com"})
    assert f"unknown setting '{name}'. Did you mean serverUrl?" in problems()[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON at line 1"),
        ("[]", "must hold one object"),
        ("[" * 100_000, "is not JSON"),
        ("\xff", "is not JSON"),
    ],
)
def test_a_file_that_is_no_object_is_named(content: str, said: str) -> None:
    Path("config.json").write_bytes(content.encode("latin-1"))
    assert said in problems(SERVER_URL="https://a.b", AGENT_TOKEN=TOKEN.text)[0]


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_of_a_file_that_cannot_be_read_nothing_else_is_said(content: str) -> None:
    Path("config.json").write_bytes(content.encode("latin-1"))
    assert len(problems()) == 1


def test_a_directory_in_the_place_of_the_settings_is_named_as_such() -> None:
    Path("config.json").mkdir()
    directory = "config.json is a directory, not a file of settings. Name the file in it."
    assert problems() == [directory]
    assert problems("--config", "config.json") == [directory]


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [("pollInterval", "5000", "5000"), ("demo", "true", "true"), ("allowInsecureHttp", "no", "false")],
)
def test_a_number_or_a_boolean_in_quotes_is_refused_with_what_to_write(name: str, value: str, remedy: str) -> None:
    config({**ENOUGH, name: value})
    assert problems() == [f"{name} (from config.json) must not be a text: write {remedy} without quotes."]


def test_a_wrong_value_is_told_as_json_has_it() -> None:
    config({**ENOUGH, "pollInterval": True})
    assert problems() == ["pollInterval (from config.json) must be a whole number from 100 to 60000, not true."]


@pytest.mark.parametrize("value", [True, 5.0, "5.5", "1e3", -1, 0, 99, 60_001, [], "९९९"])
def test_an_interval_is_a_whole_number_in_its_range(value: object) -> None:
    config({**ENOUGH, "pollInterval": value})
    assert "pollInterval (from config.json) must be a whole number from 100 to 60000" in problems()[0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("demo", "perhaps", "must be true or false"),
        ("claudeEnvironment", {"A": 1}, "must be an object of variables"),
        ("claudePath", "/nowhere/claude", "names /nowhere/claude, where there is no file"),
        ("allowedDirectories", ["/nowhere"], "names /nowhere, where there is no directory"),
        ("allowedDirectories", 5, "must be a list"),
        ("permissionModes", ["yolo"], "must be one of default"),
        ("modes", ["sdk"], "must be one of chat, terminal"),
        ("caFile", "/nowhere/ca.pem", "there is no file"),
        ("serverUrl", "https://user:pass@example.com", "must be a plain address"),
        ("serverUrl", "https://example.com:99999", "must have a port"),
        ("serverUrl", "ftp://example.com", "must be an address"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: object, said: str) -> None:
    config({**ENOUGH, name: value})
    found = problems()
    assert len(found) == 1
    assert said in found[0]
    assert name in found[0]


def test_no_secret_is_repeated_in_what_is_said() -> None:
    config(
        {
            "serverUrl": "https://me:hunter2@example.com",
            "agentToken": TOKEN.text[:-1],
            "claudeEnvironment": {"KEY": 1, "OTHER": "sk-secret"},
        }
    )
    text = "\n".join(problems("--agent-token", TOKEN.text, f"--token={TOKEN.text}", TOKEN.text))
    assert TOKEN.text.split("_")[2] not in text
    assert "hunter2" not in text
    assert "sk-secret" not in text


def test_a_token_is_not_taken_from_the_command_line() -> None:
    config({"serverUrl": "https://example.com"})
    found = problems("--agent-token", TOKEN.text)
    assert any("every user of this machine could read it there" in problem for problem in found)


def test_a_token_may_stand_in_a_file_of_its_own() -> None:
    config({"serverUrl": "https://example.com"})
    file = Path("token")
    file.write_text(TOKEN.text + "\n")
    file.chmod(0o600)
    settings = load(["--agent-token-file", "token"], {"AGENT_TOKEN": OTHER.text})
    assert settings.token == TOKEN
    assert settings.sources["agentToken"] == str(file.absolute())
    assert load([], {"AGENT_TOKEN_FILE": str(file.absolute())}).token == TOKEN


def test_a_token_file_that_holds_something_else_is_named() -> None:
    config({"serverUrl": "https://example.com"})
    Path("token").write_text("nonsense")
    found = problems("--agent-token-file", "token")
    assert len(found) == 1
    assert "agentTokenFile (from the flag --agent-token-file)" in found[0]


def test_an_api_token_is_no_agents_token() -> None:
    config({**ENOUGH, "agentToken": Token(API_TOKEN, "abcdefghij", bytes(32)).text})
    assert "is not an agent's token" in problems()[0]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_with_a_token_that_others_can_read_is_warned_of(mode: int) -> None:
    config(ENOUGH, mode=mode)
    (warning,) = load([], {}).warnings
    assert "chmod 600 config.json" in warning
    config({"serverUrl": "https://example.com"}, mode=mode)
    assert load([], {"AGENT_TOKEN": TOKEN.text}).warnings == ()


def test_plain_http_is_for_this_machine_only_unless_it_is_allowed() -> None:
    """L-11"""
    config({**ENOUGH, "serverUrl": "http://example.com"})
    found = problems()
    assert "serverUrl (from config.json) is http:// to another machine" in found[0]
    assert "allowInsecureHttp" in found[0]
    assert load(["--allow-insecure-http"], {}).server_url == "http://example.com"
    for here in ("http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"):
        assert load(["--server-url", here], {}).server_url == here


def test_lists_are_json_in_the_file_and_separated_elsewhere(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    config({**ENOUGH, "allowedDirectories": ["a"], "permissionModes": ["plan"], "modes": ["chat"]})
    assert load([], {}).policy.directories == (tmp_path / "a",)
    assert load([], {}).policy.modes == (Mode.CHAT,)
    assert load(["--modes", "terminal"], {}).policy.modes == (Mode.TERMINAL,)
    settings = load(["--permission-modes", "plan,default"], {"ALLOWED_DIRECTORIES": f"{tmp_path}/a:{tmp_path}/b"})
    assert settings.policy.directories == (tmp_path / "a", tmp_path / "b")
    assert settings.policy.permission_modes == (PermissionMode.PLAN, PermissionMode.DEFAULT)


def test_the_supervisors_settings_reach_the_agent(tmp_path: Path) -> None:
    variables = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}
    config({**ENOUGH, "demo": True, "claudeEnvironment": variables, "stateDirectory": "state"})
    settings = load([], {})
    assert settings.demo
    assert dict(settings.claude_environment) == variables
    assert settings.state_directory == tmp_path / "state"


def test_settings_print_without_their_secrets() -> None:
    config({**ENOUGH, "claudeEnvironment": {"ANTHROPIC_API_KEY": "sk-secret"}})
    settings = load([], {})
    assert TOKEN.text.split("_")[2] not in repr(settings)
    assert "sk-secret" not in repr(settings)


def test_every_setting_of_the_agent_has_a_source() -> None:
    config(ENOUGH)
    settings = load([], {})
    assert isinstance(settings, Settings)
    assert set(settings.sources) == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--poll-interval"], "The flag --poll-interval needs a value"),
        (["--poll-interval", "--demo"], "The flag --poll-interval needs a value"),
        (["--demo=perhaps"], "The flag --demo takes no value"),
        (["start"], "An argument is not a flag"),
        (["-x"], "The flag -x is unknown"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str], said: str) -> None:
    config(ENOUGH)
    assert said in "\n".join(problems(*arguments))
