"""The vendor's count of tokens: what came from its cache, what was put there, and what nobody counted."""

import pytest

from detente.gateway.dialects import CHAT, MESSAGES, RESPONSES
from detente.gateway.dialects.dialect import Dialect, Usage
from gateway.speakers import dumps

ANTHROPIC = {"input_tokens": 10, "cache_read_input_tokens": 500, "cache_creation_input_tokens": 300, "output_tokens": 7}


@pytest.mark.parametrize(
    "dialect, usage, found",
    [
        (CHAT, {"prompt_tokens": 9, "completion_tokens": 4}, Usage(9, 4)),
        (CHAT, {"prompt_tokens": 9}, Usage(9, -1)),
        (CHAT, {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": None}, Usage(9, 4)),
        (
            CHAT,
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 2},
            },
            Usage(9, 4, 6, 2),
        ),
        (
            RESPONSES,
            {
                "input_tokens": 9,
                "output_tokens": 4,
                "input_tokens_details": {"cached_tokens": 6, "cache_write_tokens": None},
            },
            Usage(9, 4, 6),
        ),
        (MESSAGES, ANTHROPIC, Usage(810, 7, 500, 300)),
        (MESSAGES, ANTHROPIC | {"cache_creation": {"ephemeral_1h_input_tokens": 200}}, Usage(810, 7, 500, 100, 200)),
        (MESSAGES, {"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": None}, Usage(3, 2)),
    ],
)
def test_a_whole_answer_is_counted(dialect: Dialect, usage: dict[str, object], found: Usage) -> None:
    assert dialect.usage(dumps({"usage": usage})) == found


def test_what_an_answer_begins_with_is_no_count_of_what_was_written() -> None:
    begun = MESSAGES.event(
        dumps({"type": "message_start", "message": {"usage": ANTHROPIC | {"output_tokens": 1}}})
    ).usage
    ended = MESSAGES.event(dumps({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 160}})).usage
    assert begun == Usage(810, -1, 500, 300)
    assert ended
    assert ended.after(begun) == Usage(810, 160, 500, 300)
