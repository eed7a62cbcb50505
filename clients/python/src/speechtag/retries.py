"""When a call is sent again, and after what time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import tenacity

from .errors import Error


@dataclass(frozen=True)
class Retry:
    """Tries of one call. Only what the server never answered or asked to be sent again is: UNAVAILABLE and OVERLOADED."""

    attempts: int = 6
    """Tries in all; 1 for none again."""
    first_delay: float = 0.1
    """Seconds before the second try; doubles with each further one, and each is shortened at random by up to a half."""
    max_delay: float = 5.0
    """Longest of these, in seconds. Where the server says how long to wait, that is the least."""

    def delay(self, error: BaseException | None, attempt: int) -> float:
        """Seconds between try `attempt`, counted from 1, which failed with `error`, and the next."""
        own = min(self.first_delay * 2.0 ** (attempt - 1), self.max_delay) * random.uniform(0.5, 1.0)
        asked = error.retry_delay if isinstance(error, Error) else None
        return own if asked is None else asked + own

    def may(self, error: BaseException | None, attempt: int) -> bool:
        """Whether there is a next try after try `attempt` failed with `error`."""
        return isinstance(error, Error) and error.retryable and attempt < self.attempts

    def policy(self, timeout: float | None) -> dict[str, Any]:
        """For `tenacity.Retrying` and `tenacity.AsyncRetrying`: no try begins after `timeout` seconds."""
        stop: Any = tenacity.stop_after_attempt(self.attempts)
        if timeout is not None:
            stop |= tenacity.stop_before_delay(timeout)
        return {
            "retry": tenacity.retry_if_exception(lambda error: isinstance(error, Error) and error.retryable),
            "wait": lambda state: self.delay(state.outcome.exception(), state.attempt_number),
            "stop": stop,
            "reraise": True,
        }
