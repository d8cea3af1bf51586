"""The vendors' own SDKs through the gateway: answers, streams, tools, refusals, and the turn after a refusal."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from edge.proxy.conftest import JEWEL, KEY, SECRET, World

SAID = f"the key is {SECRET}"
ASKED: list[Any] = [{"role": "user", "content": SAID}]


@pytest.fixture
def gpt(world: World) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{world.port}/v1") as client:
        yield client


@pytest.fixture
def claude(world: World) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=KEY, base_url=f"http://127.0.0.1:{world.port}") as client:
        yield client


def test_chat(world: World, gpt: openai.OpenAI) -> None:
    whole = gpt.chat.completions.create(model="m-1", messages=ASKED)
    assert whole.choices[0].message.content == SAID
    stream = gpt.chat.completions.create(model="m-1", messages=ASKED, stream=True)
    assert "".join(one.choices[0].delta.content or "" for one in stream if one.choices) == SAID
    assert all(SECRET.encode() not in seen.body for seen in world.main.seen)


def test_tools(world: World, gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    play = {"x-play": "tool"}
    whole = gpt.chat.completions.create(model="m-1", messages=ASKED, extra_headers=play)
    assert whole.choices[0].message.tool_calls
    assert SECRET in whole.choices[0].message.tool_calls[0].function.arguments  # type: ignore[union-attr]
    with claude.messages.stream(model="m-1", max_tokens=9, messages=ASKED, extra_headers=play) as stream:
        block = stream.get_final_message().content[0]
    assert block.type == "tool_use"
    assert block.input == {"path": "a.py", "text": SAID}


def test_responses(world: World, gpt: openai.OpenAI) -> None:
    whole = gpt.responses.create(model="m-1", input=ASKED)
    assert whole.output_text == SAID
    events = list(gpt.responses.create(model="m-1", input=ASKED, stream=True))
    assert "".join(one.delta for one in events if one.type == "response.output_text.delta") == SAID
    assert events[-1].type == "response.completed"


def test_messages(world: World, claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(model="m-1", max_tokens=9, messages=ASKED)
    assert whole.content[0].text == SAID  # type: ignore[union-attr]
    with claude.messages.stream(
        model="m-1", max_tokens=9, messages=ASKED, extra_headers={"x-play": "thinking"}
    ) as stream:
        block = stream.get_final_message().content[0]
    assert block.type == "thinking"
    assert block.thinking == SAID
    assert claude.messages.count_tokens(model="m-1", messages=ASKED).input_tokens == 7
    assert [one.id for one in claude.models.list(limit=10).data] == ["m-1"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_an_answer_and_the_next_turn_is_taken(world: World, gpt: openai.OpenAI, stream: bool) -> None:
    turns: list[Any] = [{"role": "user", "content": f"look at {JEWEL}"}]
    got = gpt.chat.completions.create(model="m-1", messages=turns, stream=stream)
    said = "".join(one.choices[0].delta.content or "" for one in got) if stream else got.choices[0].message.content
    assert "crown_jewels/pay" in said
    assert JEWEL not in said
    turns += [{"role": "assistant", "content": said}, {"role": "user", "content": "and without it?"}]
    assert gpt.chat.completions.create(model="m-1", messages=turns).choices[0].message.content == "and without it?"


def test_a_refused_claude_client_reads_why(world: World, claude: anthropic.Anthropic) -> None:
    turns: list[Any] = [{"role": "user", "content": f"look at {JEWEL}"}]
    with claude.messages.stream(model="m-1", max_tokens=9, messages=turns) as stream:
        said = stream.get_final_text()
    assert "Détente stopped this prompt" in said
    assert world.main.seen == []


def test_errors_are_the_sdks_own(world: World, gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    with pytest.raises(openai.AuthenticationError, match="The key is not accepted"):
        gpt.with_options(api_key="wrong").models.list()
    with pytest.raises(anthropic.AuthenticationError, match="The key is not accepted"):
        claude.with_options(api_key="wrong").messages.create(model="m-1", max_tokens=9, messages=ASKED)
    with pytest.raises(openai.APIStatusError) as refused:
        gpt.embeddings.create(model="m-1", input=JEWEL)
    assert refused.value.status_code == 400
    with pytest.raises(anthropic.NotFoundError) as missing:
        claude.messages.create(model="z-9", max_tokens=9, messages=ASKED)
    assert missing.value.request_id == world.records()[-1]["id"]
    assert world.main.seen == []


def test_a_stream_that_breaks_off_raises(world: World, gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    play = {"x-play": "cut"}
    with pytest.raises(openai.APIError, match="did not answer"):
        list(gpt.chat.completions.create(model="m-1", messages=ASKED, stream=True, extra_headers=play))
    with pytest.raises(anthropic.APIStatusError, match="did not answer"):
        list(claude.messages.create(model="m-1", max_tokens=9, messages=ASKED, stream=True, extra_headers=play))


def test_claude_on_bedrock(world: World, claude: anthropic.Anthropic) -> None:
    """Bedrock has other paths, other bodies and another kind of stream: its client notices none of it."""
    whole = claude.messages.create(model="b-1", max_tokens=9, messages=ASKED)
    assert whole.content[0].text == SAID  # type: ignore[union-attr]
    with claude.messages.stream(model="b-1", max_tokens=9, messages=ASKED) as stream:
        assert stream.get_final_text() == SAID
    assert all(SECRET.encode() not in seen.body for seen in world.main.seen)


@pytest.mark.parametrize("play, told", [("throttled", "Too many tokens"), ("torn", "ends within a message")])
def test_a_stream_of_bedrocks_that_fails_says_so(
    world: World, claude: anthropic.Anthropic, play: str, told: str
) -> None:
    with (
        pytest.raises(anthropic.APIStatusError, match=told),
        claude.messages.stream(model="b-1", max_tokens=9, messages=ASKED, extra_headers={"x-play": play}) as stream,
    ):
        stream.get_final_text()
