"""Keys are sent once in effect, and in order, whatever happens to machine and server on the way."""

from __future__ import annotations

from claudios.client.typed_keys import TOO_OLD_SECONDS, Keys, TypedKeys


def typed(identity: str, at: float = 0.0) -> TypedKeys:
    return TypedKeys(identity, identity.encode(), at)


def ids(sent: list[TypedKeys]) -> list[str]:
    return [each.id for each in sent]


def test_what_is_typed_is_sent_at_once_where_the_machine_is_there_and_kept_until_it_has_it() -> None:
    keys = Keys()
    keys.registered(1, 0)
    assert keys.type_in(typed("a"))
    assert keys.untaken == 1
    keys.taken("a")
    assert keys.untaken == 0


def test_what_has_no_receipt_is_sent_again_to_the_next_registration_in_order_and_to_the_same_one_not() -> None:
    keys = Keys()
    keys.registered(1, 0)
    for identity in "abc":
        keys.type_in(typed(identity))
    keys.taken("b")
    assert keys.registered(1, 1) == []
    assert ids(keys.registered(2, 1)) == ["a", "c"]


def test_while_the_machine_is_away_nothing_is_sent_and_what_was_typed_first_goes_first() -> None:
    keys = Keys()
    keys.registered(1, 0)
    keys.type_in(typed("a"))
    keys.hold()
    assert not keys.type_in(typed("b"))
    assert ids(keys.registered(1, 2)) == ["a", "b"]
    assert keys.type_in(typed("c"))


def test_a_refusal_of_an_earlier_round_that_comes_late_holds_nothing_of_the_new_one() -> None:
    keys = Keys()
    keys.registered(1, 0)
    keys.type_in(typed("a"))
    keys.registered(2, 1)
    keys.refuse(1)
    assert (keys.type_in(typed("b")), keys.round) == (True, 2)
    keys.refuse(2)
    assert (keys.type_in(typed("c")), keys.round) == (False, None)
    assert ids(keys.registered(3, 2)) == ["a", "b", "c"]


def test_what_is_old_by_then_is_dropped_and_counted() -> None:
    keys = Keys()
    assert not keys.type_in(typed("old"))
    keys.registered(None, 1)
    keys.type_in(typed("new", 5))
    assert ids(keys.registered(1, TOO_OLD_SECONDS + 1)) == ["new"]
    assert keys.dropped == 1


def test_where_receipts_were_passed_over_none_is_waited_for_and_what_has_none_is_sent_again_as_ever() -> None:
    keys = Keys()
    keys.registered(1, 0)
    keys.type_in(typed("a"))
    keys.doubt()
    assert (keys.untaken, keys.is_under_way) == (0, False)
    assert ids(keys.registered(2, 1)) == ["a"]
    keys.type_in(typed("b"))
    assert (keys.untaken, keys.is_under_way) == (1, True)
    assert ids(keys.registered(3, TOO_OLD_SECONDS + 1)) == []
    assert keys.dropped == 1
