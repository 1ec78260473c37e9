"""Answers that are made once: readers who ask for the same at once share one, and the latest ones are kept.

Not here: how many readers may wait (query_slots.py), what an answer is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from ecom_lake.publish.query_slots import QuerySlots

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class SharedAnswers(Generic[Key, Answer]):
    def __init__(self, slots: QuerySlots, most: int) -> None:
        """`slots`: where readers who wait for an answer are counted. `most`: the number of answers that are kept."""
        self._slots, self._most = slots, most
        self._lock = Lock()
        self._answers: dict[Key, Future[Answer]] = {}

    def get(self, key: Key, make: Callable[[], Answer]) -> Answer:
        """The answer that is kept, or the one that `make` returns. Raises `BusyError` where too many readers wait for it."""
        with self._lock:
            if is_first := (answer := self._answers.get(key)) is None:
                answer = self._answers[key] = Future()
                while len(self._answers) > self._most:
                    del self._answers[next(iter(self._answers))]
        if is_first:
            self._fill(answer, key, make)
        elif not answer.done():
            with self._slots.admitted():
                return answer.result()
        return answer.result()

    def _fill(self, answer: Future[Answer], key: Key, make: Callable[[], Answer]) -> None:
        """Make the answer for all who wait for it. Its error is not kept."""
        try:
            answer.set_result(make())
        except BaseException as error:
            with self._lock:
                self._answers.pop(key, None)
            answer.set_exception(error)
