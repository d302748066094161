"""The rows of the table: each measures ClaudiOS and, in the same run, the floor."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager

from bench.actions import actions
from bench.cli import digest
from bench.floor_journey import FloorJourney, floor
from bench.journey import Journey, carry, echo_ms, take
from bench.measure import Row, cpu_ms, median, percentile, rss_mb
from bench.overview import overview
from bench.page import page
from bench.product_journey import ProductJourney, product
from bench.search import search
from bench.slow_link import pass_up
from bench.terminal import burst, keys

REPEATS = 5
ECHOES = 300
FLOOD_BYTES = 100_000_000
LATE_BYTES = 10_000_000
IDLE_SECONDS = 60
SLOW_BYTES = 10_000_000
SLOW_BYTES_PER_SECOND = 125_000
QUIET_SECONDS = 0.5


async def echo(transport: str) -> list[Row]:
    """Command to first output byte at a viewer."""
    ours, ours99 = [], []
    async with product(transport) as running:
        journey = await running.session()
        async with journey.view() as viewer:
            await echo_ms(journey, viewer, ECHOES // 3)
            for _ in range(REPEATS):
                times = await echo_ms(journey, viewer, ECHOES)
                ours.append(percentile(times, 0.5))
                ours99.append(percentile(times, 0.99))
    theirs, theirs99 = [], []
    async with floor() as least, least.view() as viewer:
        await echo_ms(least, viewer, ECHOES // 3)
        for _ in range(REPEATS):
            times = await echo_ms(least, viewer, ECHOES)
            theirs.append(percentile(times, 0.5))
            theirs99.append(percentile(times, 0.99))
    target = "2.5 ms; 8 ms" if transport == "websocket" else "5 ms; 16 ms"
    return [
        Row(
            f"command to first output byte, {transport}: p50; p99",
            f"{median(ours):.2f} ms; {median(ours99):.2f} ms",
            f"{median(theirs):.2f} ms; {median(theirs99):.2f} ms",
            target,
            _repeat(f"echo-{transport}"),
        )
    ]


async def flood(line_bytes: int) -> list[Row]:
    """100 MB from the program to a viewer, complete and in order, with all that is done about it afterwards."""
    expected = digest(FLOOD_BYTES, line_bytes)
    async with product("websocket") as running:
        ours = [await _flood(await running.session(), line_bytes, expected) for _ in range(REPEATS)]
    async with floor() as least:
        theirs = [await _flood(least, line_bytes, expected) for _ in range(REPEATS)]
    return [
        Row(
            f"100 MB in lines of {line_bytes} bytes: MB/s; CPU ms per MB",
            _rates(ours),
            _rates(theirs),
            "50 MB/s; 30 ms",
            _repeat(f"flood-{line_bytes}"),
        )
    ]


async def idle() -> list[Row]:
    """Memory and processor time of each process while nothing happens, with one idle session, in REPEATS stretches."""
    async with product("websocket") as running:
        journey = await running.session()
        await _quiet(journey.pids)
        ours = await _at_rest({"agent": journey.agent, "shim": journey.shim, "server": journey.server})
    async with floor() as least:
        await _quiet(least.pids)
        server, agent = least.pids
        theirs = await _at_rest({"agent": agent, "server": server})
    targets = {"agent": "42 MB; 0.3 %", "shim": "14 MB; -", "server": "-"}
    return [
        Row(
            f"idle {name} over {IDLE_SECONDS} s: memory; share of a core",
            rest,
            theirs.get(name, "-"),
            targets[name],
            _repeat("idle"),
        )
        for name, rest in ours.items()
    ]


async def _at_rest(parts: Mapping[str, int]) -> dict[str, str]:
    """Return memory and share of a core of each process: the medians of REPEATS stretches of IDLE_SECONDS together."""
    memory: dict[str, list[float]] = {name: [] for name in parts}
    shares: dict[str, list[float]] = {name: [] for name in parts}
    seconds = IDLE_SECONDS / REPEATS
    for _ in range(REPEATS):
        before = {name: cpu_ms([pid]) for name, pid in parts.items()}
        await asyncio.sleep(seconds)
        for name, pid in parts.items():
            shares[name].append((cpu_ms([pid]) - before[name]) / seconds / 10)
            memory[name].append(rss_mb(pid))
    return {name: f"{median(memory[name]):.1f} MB; {median(shares[name]):.2f} %" for name in parts}


async def ready() -> list[Row]:
    """From starting the processes to an agent that is online, and to a session whose program has answered."""
    online, running_after = [], []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        async with product("websocket") as running:
            online.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            await running.session()
            running_after.append(time.perf_counter() - begun)
    return [
        Row("server and agent, from nothing to online", f"{median(online):.2f} s", "-", "5 s", _repeat("ready")),
        Row("session, from request to running", f"{median(running_after):.2f} s", "-", "-", _repeat("ready")),
    ]


async def late() -> list[Row]:
    """A viewer that comes when 10 MB are stored: from connecting to the last byte."""
    times = []
    async with product("websocket") as running:
        journey = await running.session()
        async with journey.view() as viewer:
            await carry(journey, viewer, LATE_BYTES, 80)
        await _quiet(journey.pids)
        for _ in range(REPEATS):
            begun = time.perf_counter()
            async with journey.view() as viewer:
                await take(viewer, LATE_BYTES // 80 * 80)
            times.append((time.perf_counter() - begun) * 1000)
    return [Row("10 MB of stored log to a late viewer", f"{median(times):.0f} ms", "-", "100 ms", _repeat("late"))]


async def crowd(count: int) -> list[Row]:
    """Many viewers of one session: from the first to the last of them that gets a piece of output."""
    async with product("websocket") as running:
        journey = await running.session()
        path = f"/api/v1/sessions/{journey.session_id}/live-log?after={await journey.last_seq()}"
        ours = await _spreads(journey, count, journey.port, path, journey.headers)
    async with floor() as least:
        theirs = await _spreads(least, count, least.port, "/viewer", {})
    return [
        Row(
            f"{count} viewers of one session: the last after the first",
            f"{median(ours):.1f} ms",
            f"{median(theirs):.1f} ms",
            "10 ms" if count == 200 else "-",
            _repeat(f"crowd-{count}"),
        )
    ]


async def slow_link() -> list[Row]:
    """10 MB of Claude's partial messages up a line of 1 Mbit/s, once as it goes and once to a server of old."""
    ours = await pass_up(SLOW_BYTES, SLOW_BYTES_PER_SECOND, takes_compressed=True)
    plain = await pass_up(SLOW_BYTES, SLOW_BYTES_PER_SECOND, takes_compressed=False)
    return [
        Row(
            "10 MB of partial messages up a line of 1 Mbit/s; the same uncompressed",
            f"{ours.seconds:.0f} s ({ours.wire_bytes / 1e6:.1f} MB); {plain.seconds:.0f} s",
            "-",
            "-",
            _repeat("slow-link"),
        )
    ]


ROWS: Mapping[str, Callable[[], Coroutine[None, None, list[Row]]]] = {
    "echo-websocket": lambda: echo("websocket"),
    "echo-poll": lambda: echo("poll"),
    "flood-80": lambda: flood(80),
    "flood-4096": lambda: flood(4096),
    "idle": idle,
    "ready": ready,
    "late": late,
    "slow-link": slow_link,
    "page": page,
    "actions": actions,
    "overview": overview,
    "search": search,
    "terminal-echo": keys,
    "terminal-burst": burst,
    "crowd-50": lambda: crowd(50),
    "crowd-200": lambda: crowd(200),
}


async def _flood(journey: ProductJourney | FloorJourney, line_bytes: int, expected: str) -> tuple[float, float]:
    """Return MB/s and CPU ms per MB. Raises RuntimeError when what arrived is not what was sent."""
    await _quiet(journey.pids)
    async with journey.view() as viewer:
        before = cpu_ms(journey.pids)
        carried = await carry(journey, viewer, FLOOD_BYTES, line_bytes)
    if carried.sha256 != expected:
        raise RuntimeError(f"The viewer got {carried.bytes} bytes, and not those that were sent.")
    await _quiet(journey.pids)
    megabytes = carried.bytes / 1e6
    return megabytes / carried.seconds, (cpu_ms(journey.pids) - before) / megabytes


async def _spreads(journey: Journey, count: int, port: int, path: str, headers: Mapping[str, str]) -> list[float]:
    async with _crowd(count, port, path, headers) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        spreads = []
        for n in range(REPEATS * 4):
            marker = f"crowd-{time.monotonic_ns()}-{n}-"
            process.stdin.write(f"{marker}\n".encode())
            await asyncio.sleep(0.05)  # the crowd is to be waiting before the output comes
            await journey.send(marker)
            spreads.append(float(await process.stdout.readline()))
            await journey.settled()
        return spreads


@asynccontextmanager
async def _crowd(
    count: int, port: int, path: str, headers: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.crowd", str(count), str(port), path, stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(dict(headers)).encode() + b"\n")
    if await process.stdout.readline() != b"ready\n":
        raise RuntimeError("The crowd of viewers could not connect.")
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()


async def _quiet(pids: tuple[int, ...]) -> None:
    """Wait until the processes have used hardly any processor time for a while."""
    before = cpu_ms(pids)
    while True:
        await asyncio.sleep(QUIET_SECONDS)
        now = cpu_ms(pids)
        if now - before <= 10:
            return
        before = now


def _rates(floods: list[tuple[float, float]]) -> str:
    return f"{median(rate for rate, _ in floods):.0f} MB/s; {median(cost for _, cost in floods):.1f} ms"


def _repeat(name: str) -> str:
    return f"make bench ROWS={name}"
