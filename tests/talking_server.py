"""A small server of this machine that speaks OpenAI's chat completions and Gemini's generateContent.

It answers by a script, one act a request, and holds every request against the provider's public schema: a request of
another form is answered with 400 and noted as a fault.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jsonschema

_TEXT = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
    "additionalProperties": False,
}
_IMAGE = {
    "type": "object",
    "required": ["type", "image_url"],
    "properties": {
        "type": {"const": "image_url"},
        "image_url": {
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "pattern": "^data:image/(jpeg|png);base64,[A-Za-z0-9+/]+=*$"},
                "detail": {"enum": ["auto", "low", "high"]},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_MESSAGE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"enum": ["system", "user", "assistant"]},
        "content": {
            "oneOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"anyOf": [_TEXT, _IMAGE]}}]
        },
    },
    "additionalProperties": False,
}
CHAT_COMPLETIONS = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string"},
        "messages": {"type": "array", "minItems": 1, "items": _MESSAGE},
        "max_tokens": {"type": "integer", "minimum": 1},
        "max_completion_tokens": {"type": "integer", "minimum": 1},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
        "seed": {"type": "integer"},
        "response_format": {
            "oneOf": [
                {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["text", "json_object"]}},
                 "additionalProperties": False},
                {
                    "type": "object",
                    "required": ["type", "json_schema"],
                    "properties": {
                        "type": {"const": "json_schema"},
                        "json_schema": {
                            "type": "object",
                            "required": ["name", "schema"],
                            "properties": {
                                "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                                "strict": {"type": "boolean"},
                                "schema": {"type": "object"},
                            },
                            "additionalProperties": False,
                        },
                    },
                    "additionalProperties": False,
                },
            ]
        },
    },
    "additionalProperties": False,
}  # fmt: skip
"""Of https://platform.openai.com/docs/api-reference/chat/create, what is used here and nothing else."""

_PART = {
    "oneOf": [
        {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string"}},
            "additionalProperties": False,
        },
        {
            "type": "object",
            "required": ["inlineData"],
            "properties": {
                "inlineData": {
                    "type": "object",
                    "required": ["data"],
                    "oneOf": [{"required": ["mimeType"]}, {"required": ["mime_type"]}],
                    "properties": {
                        "mimeType": {"enum": ["image/jpeg", "image/png"]},
                        "mime_type": {"enum": ["image/jpeg", "image/png"]},
                        "data": {"type": "string", "pattern": "^[A-Za-z0-9+/_-]+=*$"},
                    },
                    "additionalProperties": False,
                }
            },
            "additionalProperties": False,
        },
    ]
}
_CONTENT = {
    "type": "object",
    "required": ["parts"],
    "properties": {"role": {"enum": ["user", "model"]}, "parts": {"type": "array", "minItems": 1, "items": _PART}},
    "additionalProperties": False,
}
GENERATE_CONTENT = {
    "type": "object",
    "required": ["contents"],
    "properties": {
        "contents": {"type": "array", "minItems": 1, "items": _CONTENT},
        "systemInstruction": _CONTENT,
        "generationConfig": {
            "type": "object",
            "properties": {
                "responseMimeType": {"const": "application/json"},
                "responseJsonSchema": {"type": "object"},
                "maxOutputTokens": {"type": "integer", "minimum": 1},
                "temperature": {"type": "number", "minimum": 0, "maximum": 2},
                "seed": {"type": "integer"},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
"""Of https://ai.google.dev/api/generate-content, likewise. As in all JSON of protobuf, a field may also go by its
original name, and base64 may be of either alphabet."""


@dataclass(frozen=True)
class Act:
    """What the server does with one request.

    Attributes:
        says: the model's text; with a status other than 200 the error's message.
        finish: why the model stopped, in OpenAI's words.
        raw: bytes sent in place of a reply of the protocol.
        slow: seconds before the reply's first byte.
        cut: bytes of the body that are sent before the connection is closed.
    """

    says: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    raw: bytes | None = None
    slow: float = 0.0
    cut: int | None = None


@dataclass(frozen=True)
class Request:
    """What arrived."""

    path: str
    headers: Mapping[str, str]
    body: Any

    @property
    def pictures(self) -> list[bytes]:
        """Files of all pictures in it, in order."""
        if "messages" in self.body:
            parts = [part for message in self.body["messages"] for part in message["content"] if isinstance(part, dict)]
            data = [part["image_url"]["url"].partition(",")[2] for part in parts if part["type"] == "image_url"]
        else:
            parts = [part for content in self.body["contents"] for part in content["parts"]]
            data = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
        return [base64.b64decode(text, altchars=b"-_" if "-" in text or "_" in text else None) for text in data]

    @property
    def words(self) -> str:
        """Everything that is said in it."""
        return json.dumps(self.body)


class TalkingServer:
    """Attributes: port, connections (how many were ever opened), requests, faults (of the requests' form)."""

    def __init__(self, script: Sequence[Act]) -> None:
        self.script, self.requests, self.faults, self.connections = list(script), list[Request](), list[str](), 0
        self._release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """As OpenAI's servers are addressed."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def root(self) -> str:
        """As Gemini's are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._release.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> None:
        """Without `time.sleep`, which tests replace; it ends with the server."""
        self._release.wait(seconds)

    def act(self, request: Request) -> Act:
        """The next act; the last one is played for ever."""
        self.requests.append(request)
        openai = request.path.endswith("/chat/completions")
        schema = CHAT_COMPLETIONS if openai else GENERATE_CONTENT
        try:
            jsonschema.validate(request.body, schema)
            if not openai and not re.fullmatch(r"/v1beta/models/[\w.-]+:generateContent", request.path):
                raise jsonschema.ValidationError(f"no such address: {request.path}")
        except jsonschema.ValidationError as error:
            self.faults.append(f"{list(error.absolute_path)}: {error.message[:300]}")
            return Act(status=400, says=self.faults[-1])
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def talking(*script: Act) -> Iterator[TalkingServer]:
    """A running server; afterwards every request is known to have had the provider's form."""
    server = TalkingServer(script)
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert not server.faults, server.faults


def _handler(server: TalkingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(data))
            act = server.act(request)
            if act.slow:
                server.wait(act.slow)
            body = act.raw if act.raw is not None else _body(act, request.path)
            self.send_response(act.status)
            for name, value in {"Content-Type": "application/json", **act.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if act.cut is None else body[: act.cut])
            if act.cut is not None:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Tests need no log."""

    return Handler


def _body(act: Act, path: str) -> bytes:
    openai = path.endswith("/chat/completions")
    if act.status != 200:
        error = {"message": act.says, "type": "error", "code": None}
        return json.dumps({"error": error if openai else error | {"code": act.status, "status": "ERROR"}}).encode()
    if openai:
        message = {"role": "assistant", "content": act.says}
        choice = {"index": 0, "message": message, "finish_reason": act.finish}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        return json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
    finish = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}[act.finish]
    content = {"role": "model", "parts": [{"text": act.says}]}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}
    return json.dumps({"candidates": [{"content": content, "finishReason": finish}], "usageMetadata": usage}).encode()
