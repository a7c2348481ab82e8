"""Every Python block of the README and the guides runs, in the order of its page, against a real server on loopback.

A block sees the names of the blocks before it on the same page, as a reader does. The proxy's address in the text is that of a scripted
server; what a block prints must not be empty where it prints at all.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from muxer_core.simulation.script import Data, End, Head, Script
from muxer_core.testing.calls import DONE, FINISH, ROLE, USAGE, text_chunk
from tests.support.raw_server import RawServer, Received

ROOT = Path(__file__).resolve().parent.parent.parent
PROXY = "http://127.0.0.1:4000"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

PLAIN = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"Because of Rayleigh."},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":12,"completion_tokens":7,"total_tokens":19}}'
)


VECTORS = b'{"data":[{"index":0,"embedding":[0.5,1.0]},{"index":1,"embedding":[1.0,0.5]}],"usage":{"prompt_tokens":9,"total_tokens":9}}'


def pages() -> list[Path]:
    """Pages that hold Python blocks."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if BLOCK.search(page.read_text(encoding="utf-8"))]


def proxy(request: Received) -> Script:
    """A proxy that answers plainly or as a stream, as it is asked; with vectors, or a count of tokens."""
    for path, body in (("/embeddings", VECTORS), ("/count_tokens", b'{"input_tokens":12}')):
        if request.target.endswith(path):
            return (Head(200, (("content-type", "application/json"),)), Data(body), End())
    if b'"stream":true' in request.body:
        return (Head(), *map(Data, [ROLE, text_chunk("One, two, three."), FINISH, USAGE, DONE]), End())
    return (Head(200, (("content-type", "application/json"),)), Data(PLAIN), End())


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LITELLM_API_KEY", "sk-example")
    names: dict[str, object] = {"__name__": "__main__"}
    with RawServer(proxy) as server:
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            source = block.replace(PROXY, server.url)
            exec(compile(source, f"{page.name}, block {number}", "exec"), names)  # noqa: S102 - the documentation's own code
            printed = capsys.readouterr().out
            assert printed.strip() or "print(" not in block
