"""The assistants of docs/clients.md, the real ones, through the gateway: `make try-clients`.

Installs each from npm or PyPI into a folder that it deletes, gives it the settings of the page, and asks a model server of ours (hostile.py) to repeat a
connection string. Right is: the assistant shows the password, the model never saw it. Needs Node.js 20 or newer.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from soak import HERE, free, wait

PLANT = secrets.token_hex(6)
SECRET = f"postgresql://shop:rT8kz{PLANT}@db.internal:5432/orders"
ASKED = f"Repeat this and do nothing else. [[echo]]{SECRET}[[/echo]] [[do=stream]]"
ANSWERED = re.compile(rf"(?<!\]\]){re.escape(SECRET)}")
"""The password in the answer; in the prompt, which some repeat, it stands behind a mark."""

CODEX = """model = "gpt-5"
model_provider = "detente"
[model_providers.detente]
name = "Détente"
base_url = "BASE/v1"
env_key = "DETENTE_KEY"
wire_api = "responses"
"""
CONTINUE = """name: detente
version: 1.0.0
schema: v1
models: [{name: gpt-4o, provider: openai, model: gpt-4o, apiBase: "BASE/v1", apiKey: KEY}]
"""


@dataclass(frozen=True)
class Client:
    """How one assistant is installed, told where the gateway is, and asked. BASE and KEY stand for the gateway's own."""

    package: str
    ask: list[str]
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    npm: bool = True


CLIENTS = {
    "Claude Code": Client(
        "@anthropic-ai/claude-code",
        ["claude", "-p", ASKED],
        {"ANTHROPIC_BASE_URL": "BASE", "ANTHROPIC_AUTH_TOKEN": "KEY"},
    ),
    "Codex": Client(
        "@openai/codex",
        ["codex", "exec", "--skip-git-repo-check", ASKED],
        {"DETENTE_KEY": "KEY"},
        {".codex/config.toml": CODEX},
    ),
    "Cline": Client(
        "cline",
        ["cline", ASKED, "-P", "openai", "-m", "gpt-4o"],
        before=["cline", "auth", "-p", "openai", "-k", "KEY", "-m", "gpt-4o", "-b", "BASE/v1"],
    ),
    "Continue": Client(
        "@continuedev/cli", ["cn", "--config", "config.yaml", "-p", ASKED], files={"config.yaml": CONTINUE}
    ),
    "Aider": Client(
        "aider-chat",
        ["aider", "--model", "openai/gpt-4o", "--no-check-update", "--yes-always", "--no-git", "--message", ASKED],
        {"OPENAI_API_BASE": "BASE/v1", "OPENAI_API_KEY": "KEY", "AIDER_ANALYTICS": "false"},
        npm=False,
    ),
}


def installed(client, folder):
    """The folder of its program."""
    if client.npm:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, client.package], check=True)
        return folder / "node_modules" / ".bin"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    subprocess.run([folder / "venv/bin/pip", "install", "--quiet", client.package], check=True)
    return folder / "venv" / "bin"


def tried(client, folder, base, key):
    """The assistant's version and what it showed."""

    def told(text):
        return text.replace("BASE", base).replace("KEY", key)

    programs = installed(client, folder)
    for name, text in client.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(told(text))
    own = {"HOME": str(folder), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    env = os.environ | own | {name: told(value) for name, value in client.env.items()}

    def run(words):
        told_words = [word if word == ASKED else told(word) for word in words]
        done = subprocess.run(
            told_words,
            cwd=folder,
            env=env,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr

    version = run([client.ask[0], "--version"]).strip().splitlines()[-1]
    if client.before:
        run(client.before)
    return version, run(client.ask)


def main():
    key, up, port, failed = secrets.token_urlsafe(32), free(), free(), False
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        model = subprocess.Popen([sys.executable, HERE / "hostile.py", str(up), PLANT])
        command = [sys.executable, "-c", "from detente.edge.cli import main; main()", "gateway"]
        more = ["--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{up}"]
        gateway = subprocess.Popen(
            [*command, *more], env=os.environ | {"DETENTE_GATEWAY_KEY": key, "DETENTE_HOME": home}
        )
        wait(up), wait(port)
        print(
            "| assistant | version | asked through | its answer has the password | the model saw it |\n|---|---|---|---|---|"
        )
        for name, client in CLIENTS.items():
            if sys.argv[1:] not in ([], [name]):
                continue
            before = counted(up)
            folder = Path(tempfile.mkdtemp(prefix=".client-", dir=HERE))  # Codex refuses the system's own
            version, shown = tried(client, folder, base, key)
            after = counted(up)
            paths = [path for path in after if path.startswith("/") and after[path] != before.get(path)]
            leaked, right = after["leaked"] - before.get("leaked", 0), ANSWERED.search("".join(shown.split("\n")))
            failed |= bool(leaked) or not (right and paths)
            print(
                f"| {name} | {version} | {', '.join(paths)} | {'yes' if right else 'no'} | {'yes' if leaked else 'no'} |",
                flush=True,
            )
            shutil.rmtree(folder)
        gateway.terminate(), model.terminate()
    sys.exit(failed)


def counted(port):
    return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/count"))


if __name__ == "__main__":
    main()
