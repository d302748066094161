"""Who is signed in where."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from claudios.cli import credentials
from claudios.cli.credentials import Credentials, Login
from claudios.protocol.errors import NotFound, NotSignedIn, SettingInvalid

HOME = Login("http://127.0.0.1:3000", "clp_home", "ada")
WORK = Login("https://work.example.org", "clp_work", "ada.l")


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("CLAUDIOS_SERVER", "CLAUDIOS_TOKEN", "CLAUDIOS_ALLOW_INSECURE_HTTP"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_known_at_first() -> None:
    assert credentials.load() == Credentials()
    with pytest.raises(NotSignedIn, match="claudios login"):
        credentials.choose(None)


def test_logins_are_kept_for_the_owner_alone() -> None:
    credentials.save(Credentials().with_login(HOME).with_login(WORK))
    assert stat.S_IMODE(credentials.path().stat().st_mode) == 0o600
    known = credentials.load()
    assert known.logins == {HOME.url: HOME, WORK.url: WORK}
    assert known.default == WORK.url


def test_a_file_that_others_could_read_is_closed_when_it_is_written_again() -> None:
    credentials.save(Credentials().with_login(HOME))
    credentials.path().chmod(0o644)
    credentials.save(credentials.load())
    assert stat.S_IMODE(credentials.path().stat().st_mode) == 0o600


def test_a_server_is_chosen_by_name_by_variable_or_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials.save(Credentials().with_login(HOME).with_login(WORK))
    assert credentials.choose(None)[1] == "clp_work"
    assert credentials.choose("127.0.0.1")[1] == "clp_home"
    assert credentials.choose("http://127.0.0.1:3000/")[1] == "clp_home"
    monkeypatch.setenv("CLAUDIOS_SERVER", "127.0.0.1")
    assert credentials.choose(None)[1] == "clp_home"
    assert credentials.choose("work")[1] == "clp_work"


def test_a_token_of_the_environment_goes_before_a_stored_one(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials.save(Credentials().with_login(HOME))
    monkeypatch.setenv("CLAUDIOS_TOKEN", "clp_given")
    assert credentials.choose(None)[1] == "clp_given"
    assert credentials.choose("https://other.example.org")[1] == "clp_given"


def test_a_server_without_login_names_the_remedy() -> None:
    credentials.save(Credentials().with_login(HOME))
    with pytest.raises(NotSignedIn, match="claudios login https://other"):
        credentials.choose("https://other.example.org")


def test_a_name_that_fits_several_servers_is_not_guessed() -> None:
    credentials.save(Credentials().with_login(HOME).with_login(Login("http://127.0.0.1:4000", "clp_x", "ada")))
    with pytest.raises(NotFound, match=r":3000.*:4000"):
        credentials.choose("127.0.0.1")


def test_without_a_default_the_only_server_is_meant_and_of_several_none() -> None:
    credentials.save(Credentials({HOME.url: HOME}))
    assert credentials.choose(None)[1] == "clp_home"
    credentials.save(Credentials({HOME.url: HOME, WORK.url: WORK}))
    with pytest.raises(NotFound, match="--server"):
        credentials.choose(None)


def test_signing_out_leaves_the_others_and_chooses_none_of_them_as_default() -> None:
    known = Credentials().with_login(HOME).with_login(WORK).without(WORK.url)
    assert (known.default, set(known.logins)) == (None, {HOME.url})


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"servers": {"http://x": {}}}', '{"servers": [1]}'])
def test_a_damaged_file_says_what_to_do(damage: str) -> None:
    credentials.path().parent.mkdir(parents=True)
    credentials.path().write_text(damage)
    with pytest.raises(SettingInvalid, match="claudios login"):
        credentials.load()


def test_tokens_show_in_no_representation() -> None:
    assert "clp_home" not in repr(Credentials().with_login(HOME))
