"""A corpus to search: sessions of mixed languages and code from a seed, and questions whose one answer is known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, update

from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.projections.items import Entry
from claudios.server.store import items, sessions
from claudios.server.store.sessions import NewSession
from claudios.server.store.tables import sessions as session_table

ITEMS = 40


def _list(words: str) -> list[str]:
    return words.split()


_NOUNS = _list("parser server cache queue worker socket token index buffer cursor frame batch thread lock page route")
_VERBS = _list("read write parse flush retry commit fetch merge split open close verify render encode decode match")
_WORDS = {
    "en": _list(
        "the a to of in for with when because after before test fails code error value change file function returns "
        "exit status request build again every first last number user should would could not only still each"
    ),
    "de": _list(
        "der die das und nicht mit für wenn weil nachdem Prüfung schlägt fehl Größe Änderung Datei gibt zurück Anfrage "
        "wieder jede erste letzte Zahl sollte würde könnte nur noch über Schlüssel Übergabe"
    ),
    "ru": _list("и не что когда потому тест падает код ошибка значение файл функция запрос снова каждый первый"),
    "zh": _list("测试 失败 代码 错误 数据库 修改 文件 函数 返回 请求 再次 每个 第一 最后 数字 用户 应该 连接 缓存"),
    "ja": _list("テスト 失敗 コード エラー データ 変更 ファイル 関数 返す 要求 もう一度 それぞれ 最初 最後 接続"),
    "ko": _list("테스트 실패 코드 오류 데이터 변경 파일 함수 반환 요청 다시 각각 처음 마지막 사용자 연결"),
}
_UNSPACED = ("zh", "ja")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody would type, and the only item that fits it best: the kind of question names how."""

    kind: str
    query: str
    session_id: str
    no: int


def session_id(number: int) -> str:
    """Return the id of a session of the corpus."""
    return str(UUID(int=0xC0_4B05 << 64 | 4 << 76 | 2 << 62 | number))


def write_session(connection: Connection, number: int, project_id: str, agent_id: str, seed: int = 1) -> Question:
    """Write a session with its items into the store; return a question that it answers."""
    random_of = random.Random(f"{seed} {number}")
    which, at_ms = session_id(number), 1_700_000_000_000 + number * 3_600_000
    entries = list(_entries(random_of, at_ms))
    question, place, planted = _planted(random_of, number, which)
    entries[place] = Entry(place + 1, "message", {"text": planted}, place + 1, place + 1, at_ms + place, None)
    new = NewSession(which, project_id, agent_id, f"Session {number}", Mode.CHAT, "/work", None, PermissionMode.DEFAULT)
    sessions.create(connection, new, None, at_ms)
    items.put(connection, which, entries)
    connection.execute(
        update(session_table)
        .where(session_table.c.id == which)
        .values(folded_seq=len(entries), last_seq=len(entries), cost_usd=random_of.random() * 5)
    )
    return question


def _entries(random_of: random.Random, at_ms: int) -> Iterator[Entry]:
    for place in range(ITEMS):
        kind, body = random_of.choice((_prompt, _message, _message, _tool, _tool))(random_of)
        yield Entry(place + 1, kind, body, place + 1, place + 1, at_ms + place * 1000, None)


def _planted(random_of: random.Random, number: int, which: str) -> tuple[Question, int, str]:
    """Return a question, the place of its answer, and the answer, among sentences like all others."""
    kind = ("identifier", "inside", "phrase", "near", "cjk")[number % 5]
    place = random_of.randrange(ITEMS)
    before, after = _sentence(random_of, "en"), _sentence(random_of, "de")
    if kind in ("identifier", "inside"):
        one, other = random_of.choice(_VERBS), random_of.choice(_NOUNS)
        name = f"{one}{other.title()}Of{number}Kind"
        query = name if kind == "identifier" else f"{other}of{number}k"
        return Question(kind, query, which, place + 1), place, f"{before} It is `{name}(value)`. {after}"
    if kind == "phrase":
        words = f"kiln {number} glaze"
        return Question(kind, f'"{words}"', which, place + 1), place, f"{before} The {words} is set. {after}"
    if kind == "near":  # both words are everywhere; together with the number only here
        query = f"retry budget {number}"
        return Question(kind, query, which, place + 1), place, f"{before} Its retry budget is {number} now. {after}"
    mark = "".join(random_of.choice("霧鷹鯨雫椿欅櫻鴎蛍狐狸梟") for _ in range(4))
    text = f"{_sentence(random_of, 'zh')}这个{mark}{number}号{_sentence(random_of, 'ja')}"
    return Question(kind, f"{mark}{number}号", which, place + 1), place, text


def _sentence(random_of: random.Random, language: str) -> str:
    words = [random_of.choice(_WORDS[language]) for _ in range(random_of.randint(5, 18))]
    if language in _UNSPACED:
        return "".join(words) + "。"
    if language == "en" and random_of.random() < 0.3:
        words.append(random_of.choice(("retry", "budget", str(random_of.randint(1, 1000)))))
    return " ".join(words).capitalize() + "."


def _text(random_of: random.Random, most: int) -> str:
    language = random_of.choice(tuple(_WORDS))
    return " ".join(_sentence(random_of, language) for _ in range(random_of.randint(1, most)))


def _code(random_of: random.Random) -> str:
    lines = []
    for _ in range(random_of.randint(2, 12)):
        one, other, third = random_of.choice(_VERBS), random_of.choice(_NOUNS), random_of.choice(_NOUNS)
        lines.append(
            random_of.choice(
                (
                    f"def {one}_{other}(self, {third}: int) -> None:",
                    f"    return self._{other}.{one}({third}, {random_of.randint(0, 999)})",
                    f"const {one}{other.title()} = async ({third}: string) => await {other}.{one}({third});",
                    f'    raise {other.title()}Error(f"could not {one} {{{third}}}")',
                    f"{other}.py:{random_of.randint(1, 900)}: {one} {third}",
                )
            )
        )
    return "\n".join(lines)


def _prompt(random_of: random.Random) -> tuple[str, dict[str, object]]:
    return "user", {"text": _text(random_of, 3), "uuid": None, "state": "done", "images": 0, "pictures": []}


def _message(random_of: random.Random) -> tuple[str, dict[str, object]]:
    code = f"\n\n```\n{_code(random_of)}\n```" if random_of.random() < 0.4 else ""
    return "message", {"text": _text(random_of, 6) + code, "streaming": False, "error": None}


def _tool(random_of: random.Random) -> tuple[str, dict[str, object]]:
    wanted = {"command": f"grep -rn {random_of.choice(_NOUNS)} src/{random_of.choice(_NOUNS)}"}
    return "tool", {"name": "Bash", "input": wanted, "state": "done", "result": _code(random_of), "streaming": False}
