"""A model behind an OpenAI-compatible server, which here is a few lines of http.server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from toys import pocket_tokenizer, toy_model

from workbook.core.chat import Message, Tool, ToolCall, assistant, user
from workbook.core.constraints import Gbnf, JsonSchema, Regex, ToolCalls
from workbook.grammar import GrammarError, generate, processor
from workbook.models import load_model
from workbook.models.base import ModelError
from workbook.models.server import ServerModel

FIND = Tool("find", "", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


class Fake:
    """Notes what it is asked and answers what it is told to."""

    def __init__(self) -> None:
        self.models = ["tiny"]
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.message: dict[str, Any] = {"role": "assistant", "content": '{"n": 1}'}
        self.text, self.reason, self.status = "free text", "stop", 200

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((path, body))
        common = {"id": "x", "created": 0, "model": "tiny", "usage": {
            "prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}  # fmt: skip
        choice: dict[str, Any] = {"index": 0, "finish_reason": self.reason}
        if path.endswith("/chat/completions"):
            return common | {"object": "chat.completion", "choices": [choice | {"message": self.message}]}
        return common | {"object": "text_completion", "choices": [choice | {"text": self.text}]}


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    state = Fake()

    class Handler(BaseHTTPRequestHandler):
        def _send(self, data: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            listed = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in state.models]
            self._send({"object": "list", "data": listed})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = state.answer(self.path, body)
            self._send(answer if state.status == 200 else {"error": {"message": "no such luck"}}, state.status)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state, f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_url_is_a_model_id(fake: tuple[Fake, str]) -> None:
    model = load_model(fake[1])
    assert (model.name, model.fingerprint) == ("tiny", "server:tiny")


def test_one_of_several_models_is_chosen_in_the_url(fake: tuple[Fake, str]) -> None:
    state, url = fake
    state.models = ["a", "b"]
    with pytest.raises(ModelError, match="offers a, b"):
        load_model(url)
    assert load_model(f"{url}#b").name == "b"


def test_a_conversation_goes_to_chat_with_its_tools_and_calls(fake: tuple[Fake, str]) -> None:
    state, url = fake
    model = load_model(url)
    turns = [user("x"), assistant("", ToolCall("find", {"n": 1})), Message("tool", "7", (), "find")]
    done = model.complete([model.render(turns, [FIND])] * 3, max_new_tokens=9, temperature=0.5, seed=4)
    path, body = state.asked[0]
    assert path.endswith("/chat/completions")
    assert (body["max_tokens"], body["temperature"], body["seed"], body["model"]) == (9, 0.5, 4, "tiny")
    assert body["tools"] == [FIND.to_dict()]
    call = body["messages"][1]["tool_calls"][0]
    assert call["function"] == {"name": "find", "arguments": '{"n": 1}'}
    assert body["messages"][2]["tool_call_id"] == call["id"]
    assert [(one.text, one.finish_reason, one.prompt_tokens) for one in done] == [('{"n": 1}', "stop", 5)] * 3


def test_parsed_calls_come_back_in_hermes_form(fake: tuple[Fake, str]) -> None:
    state, url = fake
    function = {"name": "find", "arguments": '{"n": 2}'}
    state.message = {"role": "assistant", "content": None, "tool_calls": [
        {"id": "1", "type": "function", "function": function}]}  # fmt: skip
    state.reason = "tool_calls"
    model = load_model(url)
    result = generate(model, [model.render([user("x")], [FIND])], ToolCalls((FIND,)))[0]
    assert result.status == "valid"
    assert model.parse(result.text).calls == (ToolCall("find", {"n": 2}),)
    assert state.asked[-1][1]["tool_choice"] == "required"
    state.message["tool_calls"][0]["function"] = {"name": "find", "arguments": '{"n": '}
    broken = generate(model, [model.render([user("x")], [FIND])], ToolCalls((FIND,)))[0]
    assert broken.status == "invalid"


def test_constraints_are_handed_over_and_not_trusted(fake: tuple[Fake, str]) -> None:
    state, url = fake
    model = load_model(url)
    prompt = model.render([user("x")])
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    assert generate(model, [prompt], JsonSchema(schema))[0].status == "valid"
    assert state.asked[-1][1]["response_format"]["json_schema"]["schema"] == schema
    state.message["content"] = '{"n": "one"}'
    ignored = generate(model, [prompt], JsonSchema(schema))[0]
    assert ignored.status == "invalid"
    assert "not of type 'integer'" in ignored.errors[0]
    state.reason = "length"
    assert generate(model, [prompt], JsonSchema(schema))[0].status == "truncated"
    generate(model, [prompt], Regex("a+"))
    assert state.asked[-1][1]["structured_outputs"] == {"regex": "a+"}
    generate(model, [prompt], Gbnf('root ::= "a"'))
    assert state.asked[-1][1]["grammar"] == 'root ::= "a"'


def test_with_a_tokenizer_here_the_prompt_goes_as_token_ids(fake: tuple[Fake, str]) -> None:
    state, url = fake
    model = ServerModel(url, tokenizer=pocket_tokenizer())
    turns = [user("hi <|im_end|>")]
    assert model.render(turns, [FIND]) == toy_model().render(turns, [FIND])
    done = model.complete([model.render(turns, [FIND])])
    path, body = state.asked[0]
    assert path.endswith("/v1/completions")
    assert body["prompt"] == toy_model().encode(toy_model().render(turns, [FIND]))
    assert done[0].text == "free text"
    with pytest.raises(ModelError, match="takes no tools"):
        generate(model, ["x"], ToolCalls((FIND,)))


def test_plain_text_without_a_tokenizer_is_a_completion(fake: tuple[Fake, str]) -> None:
    state, url = fake
    load_model(url).complete(["Once upon"])
    assert state.asked[0][1]["prompt"] == "Once upon"


def test_no_processor_reaches_a_server(fake: tuple[Fake, str]) -> None:
    model = load_model(fake[1])
    with pytest.raises(ModelError, match="runs on a server"):
        model.complete(["x"], processor=processor(toy_model(), Regex("a")))
    with pytest.raises(GrammarError, match="runs elsewhere"):
        processor(model, Regex("a"))


def test_a_server_that_fails_says_so(fake: tuple[Fake, str]) -> None:
    state, url = fake
    model = load_model(url)
    state.status = 400
    with pytest.raises(ModelError, match="no such luck"):
        model.complete(["x"])
    with pytest.raises(ModelError, match="failed"):
        load_model("http://127.0.0.1:9/v1")
