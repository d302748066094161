"""Tokens, keys and ids: rules T-1 to T-4."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudios.protocol.errors import TokenInvalid
from claudios.protocol.ids import (
    AGENT_TOKEN,
    API_TOKEN,
    ID_PATTERN,
    Token,
    agent_keys,
    bearer_key_id,
    hkdf,
    instruct_key,
    is_uuid,
    new_id,
    new_token,
    parse_token,
    secret_hash,
    uuid_bytes,
)

FIXED = Token(AGENT_TOKEN, "abcdefghij", bytes(range(32)))
FIXED_TEXT = "cla_abcdefghij_aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"


def test_a_token_is_written_as_documented() -> None:
    """T-1"""
    text = FIXED.text
    assert text.rpartition("_")[0] == FIXED_TEXT
    assert re.fullmatch(r"cla_[a-z2-7]{10}_[a-z2-7]{52}_[a-z2-7]{6}", text)
    assert new_token(API_TOKEN).text.startswith("clp_")


@given(st.sampled_from([AGENT_TOKEN, API_TOKEN]))
def test_a_new_token_is_read_back(kind: str) -> None:
    """T-1"""
    token = new_token(kind)
    assert parse_token(token.text, kind) == token


@given(st.data())
def test_every_mistyped_letter_is_noticed(data: st.DataObject) -> None:
    """T-2"""
    text = FIXED.text
    place = data.draw(st.integers(4, len(text) - 1).filter(lambda at: text[at] != "_"))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda other: other != text[place]))
    with pytest.raises(TokenInvalid):
        parse_token(text[:place] + letter + text[place + 1 :], AGENT_TOKEN)


@pytest.mark.parametrize(
    "text", ["", "cla_", FIXED_TEXT, FIXED.text[:-1], FIXED.text + "a", FIXED.text.upper(), FIXED.text + "\n"]
)
def test_a_token_that_is_not_whole_is_refused(text: str) -> None:
    """T-2"""
    with pytest.raises(TokenInvalid):
        parse_token(text, AGENT_TOKEN)


def test_a_token_of_another_kind_is_refused() -> None:
    """T-1"""
    with pytest.raises(TokenInvalid):
        parse_token(FIXED.text, API_TOKEN)


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "expected"),
    [
        (
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            "".join(f"{n:02x}" for n in range(0x50)),
            "".join(f"{n:02x}" for n in range(0x60, 0xB0)),
            "".join(f"{n:02x}" for n in range(0xB0, 0x100)),
            82,
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            "0b" * 22,
            "",
            "",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)
def test_hkdf_gives_the_vectors_of_rfc_5869(secret: str, salt: str, info: str, length: int, expected: str) -> None:
    """T-3: the SHA-256 test cases of RFC 5869, appendix A."""
    derived = hkdf(bytes.fromhex(secret), bytes.fromhex(info), bytes.fromhex(salt), length)
    assert derived.hex() == expected


def test_the_keys_of_a_token_are_the_documented_derivations() -> None:
    """T-3"""
    keys = agent_keys(FIXED)
    assert keys.sign == hkdf(FIXED.secret, b"claudios sign v1")
    assert keys.instruct == hkdf(keys.sign, b"claudios instruct v1") == instruct_key(keys.sign)
    assert len({keys.auth.encode(), keys.sign, keys.instruct, FIXED.secret}) == 4


def test_the_bearer_names_its_key_and_nothing_else_of_the_token() -> None:
    """T-4"""
    keys = agent_keys(FIXED)
    assert re.fullmatch(r"cla\.abcdefghij\.[a-z2-7]{52}", keys.auth)
    assert bearer_key_id(keys.auth) == "abcdefghij"
    assert FIXED_TEXT.split("_")[2] not in keys.auth
    for other in ("", "cla.abc", "clp.a.b", "a.b.c.d"):
        assert bearer_key_id(other) is None


def test_neither_token_nor_keys_show_their_secrets_when_printed() -> None:
    """T-4"""
    keys = agent_keys(FIXED)
    shown = f"{FIXED!r} {FIXED} {keys!r} {keys}"
    assert FIXED_TEXT.split("_")[2] not in shown
    assert keys.auth not in shown
    assert keys.sign.hex() not in shown
    assert repr(keys.sign) not in shown


def test_a_secret_is_stored_as_its_hash() -> None:
    """T-4"""
    assert secret_hash("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_ids_are_random_and_of_their_kind() -> None:
    ids = {new_id("agt") for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(ID_PATTERN, identity) and identity.startswith("agt_") for identity in ids)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("01234567-89ab-4cde-8f01-23456789abcd", True),
        ("01234567-89AB-4cde-8f01-23456789abcd", False),
        ("0123456789ab4cde8f0123456789abcd", False),
        ("01234567-89ab-4cde-8f01-23456789abcd\n", False),
        ("", False),
    ],
)
def test_only_the_canonical_form_of_a_uuid_is_one(text: str, is_one: bool) -> None:
    assert is_uuid(text) is is_one
    if is_one:
        assert uuid_bytes(text).hex() == text.replace("-", "")
