"""What a turn used, out of results that count over processes and resumptions."""

from __future__ import annotations

from claudios.server.projections.fold import Checkpoint, Fold
from claudios.server.projections.meter import Amount, Turn
from tests.unit.server.projections.transcripts import PROMPT, log_of, out, result, system, user, written

OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-4-5"


def model(tokens: int, cost: float, read: int = 0) -> dict[str, object]:
    return {
        "inputTokens": tokens,
        "outputTokens": 2 * tokens,
        "cacheReadInputTokens": read,
        "cacheCreationInputTokens": 0,
        "costUSD": cost,
    }


def turns_of(*pieces: bytes) -> list[Turn]:
    fold = Fold()
    for piece in pieces:
        fold.feed(piece)
    return fold.turns()


def test_a_turn_used_what_came_on_top_of_the_result_before_by_model() -> None:
    first = result(total_cost_usd=0.5, modelUsage={OPUS: model(100, 0.5)})
    second = result(total_cost_usd=0.9, modelUsage={OPUS: model(300, 0.8, read=7), HAIKU: model(10, 0.1)})
    turns = turns_of(b"".join(log_of([out(system("init", model=OPUS)), out(first), out(second)])))
    assert [[(used.model, used.amount) for used in turn.used] for turn in turns] == [
        [(OPUS, Amount(100, 200, 0, 0, 500_000_000))],
        [(OPUS, Amount(200, 400, 7, 0, 300_000_000)), (HAIKU, Amount(10, 20, 0, 0, 100_000_000))],
    ]


def test_a_resumed_process_that_counts_on_costs_nothing_twice() -> None:
    """The session showed the cost of all that came before a resumption once more."""
    before = result(total_cost_usd=0.5, model_usage_since_last_result={OPUS: model(100, 0.5)})
    after = result(total_cost_usd=0.75, model_usage_since_last_result={OPUS: model(50, 0.25)})
    fold = Fold()
    fold.feed(b"".join(log_of([out(before)])))
    fold.feed(b"".join(log_of([out(after)], epoch=2, first=2)))
    assert fold.facts.cost_usd == 0.75
    assert [turn.used[0].amount.cost for turn in fold.turns()] == [500_000_000, 250_000_000]


def test_a_turn_is_known_by_the_frame_that_completed_it_and_its_place_there() -> None:
    log = log_of([out(result(), result(total_cost_usd=0.6)), out(result(total_cost_usd=0.7))])
    assert [(turn.seq, turn.place) for turn in turns_of(b"".join(log))] == [(1, 0), (1, 1), (2, 0)]


def test_a_turn_names_the_prompt_that_was_taken_up_last() -> None:
    pieces = [written(user("hi", PROMPT)), out(user("hi", PROMPT, isReplay=True)), out(result())]
    assert [turn.prompt for turn in turns_of(b"".join(log_of(pieces)))] == [PROMPT]


def test_a_result_that_names_no_models_counts_for_the_model_of_the_conversation() -> None:
    (turn,) = turns_of(b"".join(log_of([out(system("init", model=OPUS)), out(result())])))
    assert [(used.model, used.amount) for used in turn.used] == [(OPUS, Amount(100, 9, 20, 0, 500_000_000))]


def test_a_fold_that_goes_on_from_a_checkpoint_counts_on_from_there() -> None:
    log = log_of([out(result(modelUsage={OPUS: model(100, 0.5)}))])
    fold = Fold()
    fold.feed(b"".join(log))
    kept = Checkpoint.of(fold.checkpoint().encoded())
    assert kept is not None
    again = Fold.restore(kept, ())
    assert again.turns() == [], "what was taken before is counted already"
    later = result(total_cost_usd=0.6, modelUsage={OPUS: model(120, 0.6)})
    again.feed(b"".join(log_of([out(later)], first=2)))
    assert [turn.used[0].amount for turn in again.turns()] == [Amount(20, 40, 0, 0, 100_000_000)]
    assert again.facts.cost_usd == 0.6


def test_amounts_that_make_no_sense_are_none() -> None:
    nonsense = {OPUS: {"inputTokens": -1, "outputTokens": "many", "costUSD": -5}, "\0": 3}
    (turn,) = turns_of(b"".join(log_of([out(result(total_cost_usd=-1, usage=[], modelUsage=nonsense))])))
    assert [used.amount for used in turn.used] == [Amount()]
