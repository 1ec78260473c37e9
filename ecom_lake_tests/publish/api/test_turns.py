"""Turns: one for each client at a time, a few for all, and no endless queue."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.api.turns import OF_ONE_CLIENT, Turns


def started(turns: Turns, *clients: str) -> list[str]:
    """The clients that have a turn while nobody has ended theirs."""

    async def run() -> list[str]:
        has_turn: list[str] = []
        never = asyncio.Event()

        async def hold(client: str) -> None:
            async with turns.taken(client):
                has_turn.append(client)
                await never.wait()

        tasks = [asyncio.ensure_future(hold(client)) for client in clients]
        await asyncio.wait(tasks, timeout=0)
        for _ in range(10):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return has_turn

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("at_once", "clients", "have"),
    [(2, ("a", "b"), ["a", "b"]), (2, ("a", "a", "b"), ["a", "b"]), (2, ("a", "b", "c"), ["a", "b"]), (1, ("a", "b"), ["a"])],
)
def test_a_client_has_one_turn_and_all_have_a_few(at_once: int, clients: tuple[str, ...], have: list[str]) -> None:
    assert started(Turns(at_once), *clients) == have


def test_a_turn_that_ended_is_given_to_the_next_and_a_cancelled_one_too() -> None:
    turns = Turns(1)
    assert started(turns, "a", "a") == ["a"]
    assert started(turns, "b") == ["b"]


def test_a_client_that_awaits_too_many_is_refused() -> None:
    async def run() -> None:
        turns = Turns(1)
        async with AsyncExitStack() as held:
            await held.enter_async_context(turns.taken("a"))
            waiting = [asyncio.ensure_future(held.enter_async_context(turns.taken("a"))) for _ in range(OF_ONE_CLIENT - 1)]
            await asyncio.sleep(0)
            with pytest.raises(ProblemError) as refused:
                await asyncio.wait_for(held.enter_async_context(turns.taken("a")), timeout=10)
            for one in waiting:
                one.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert refused.value.status == 429
        async with turns.taken("a"):
            pass

    asyncio.run(run())
