"""Tries the running server as three users who must not see each other's objects, with requests that schemathesis makes
from docs/openapi.json: valid, invalid, and in sequences. Fails on an answer 5xx, a panic, a route that lets somebody in
without a token, an object that is still there after it was deleted, or one that another user gets."""

import argparse
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "correct horse battery"
USERS = ["ada", "bob", "carol"]
# What would end the session or the world of whoever calls it; backend/tests/api/routes tries these.
LEFT_OUT = [
    "/api/v1/auth/logout",
    "/api/v1/auth/refresh",
    "/api/v1/auth/password",
    "/api/v1/auth/mfa/.*",
    "/api/v1/auth/context",
    "/api/v1/auth/sessions.*",
    "/api/v1/auth/email",
    "/api/v1/organization/close",
    "/api/v1/organization/transfer",
    "/api/v1/organization/workspaces/.*",
]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(binary, folder):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "QDRANT_URL")}
    limits = {
        f"BOTWRIGHT_{name}_REQUESTS_PER_MINUTE": str(value)
        for name, value in [("AUTH", 10**6), ("CHAT", 10**6), ("BOT", 0), ("WORKSPACE", 0), ("CALLER", 0)]
    }
    log = open(folder / "server.log", "w")
    settings = {
        **kept,
        **limits,
        "BOTWRIGHT_LISTEN": f"127.0.0.1:{port}",
        "BOTWRIGHT_DATA_DIR": str(folder / "data"),
        "BOTWRIGHT_DEMO": "false",
    }
    server = subprocess.Popen([binary, "serve"], env=settings, stderr=log, stdout=log)
    for _ in range(600):
        try:
            if requests.get(f"{url}/readyz", timeout=1).ok:
                return server, url
        except requests.RequestException:
            pass
        if server.poll() is not None:
            break
        time.sleep(0.1)
    server.kill()
    sys.exit(f"the server did not start; see {folder / 'server.log'}")


def sign_up(url, name):
    """Makes a user with a knowledge base, a live bot, a conversation and whatever else ids are needed of."""
    email = f"{name}@example.com"
    account = {"email": email, "password": PASSWORD, "name": name.title()}
    token = call(url, None, "POST", "/auth/signup", account)["access_token"]
    draft = call(url, token, "POST", "/kb/draft", {})
    path = f"/kb/draft/{draft['id']}"
    text = {"kind": "text", "title": f"Notes of {name}", "text": f"The workshop of {name} opens at nine."}
    draft = call(url, token, "PUT", f"{path}/sources", {"sources": [text]})
    settings = {"name": f"Notes of {name}", "description": "", "chunking": draft["content"]["chunking"]}
    call(url, token, "PUT", path, {"version": draft["version"], **settings})
    kb = call(url, token, "POST", f"{path}/finalize")["knowledge_base_id"]
    bot = call(url, token, "POST", "/chatbots/draft", {})
    content = {**bot["content"], "name": f"Bot of {name}", "knowledge_base_ids": [kb]}
    call(url, token, "PUT", f"/chatbots/draft/{bot['id']}", {"version": bot["version"], "content": content})
    bot_id = call(url, token, "POST", f"/chatbots/draft/{bot['id']}/deploy")["bot_id"]
    call(url, None, "POST", f"/bots/{bot_id}/chat", {"message": "When does it open?"})
    call(url, token, "POST", "/test-sets", {"name": f"Tests of {name}"})
    call(url, token, "POST", "/api-keys", {"name": f"Key of {name}", "scopes": ["read"]})


def call(url, token, method, path, body=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = requests.request(method, f"{url}/api/v1{path}", json=body, headers=headers, timeout=60)
    assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
    return response.json() if response.content else None


def users_file(folder):
    login = {
        "endpoint": "/api/v1/auth/login",
        "verb": "POST",
        "contentType": "application/json",
        "token": {
            "extractFrom": "body",
            "extractSelector": "/access_token",
            "sendIn": "header",
            "sendName": "Authorization",
            "sendTemplate": "Bearer {token}",
        },
    }
    entries = []
    for name in USERS:
        credentials = {
            "username": f"{name}@example.com",
            "usernameField": "email",
            "password": PASSWORD,
            "passwordField": "password",
        }
        entries.append({"name": name, "loginEndpointAuth": {**login, "payloadUserPwd": credentials}})
    path = folder / "users.json"
    path.write_text(json.dumps({"auth": entries}))
    return path


def settings_file(folder):
    text = (HERE / "schemathesis.toml").read_text()
    peers = json.dumps(USERS)
    # Tokens are good for fifteen minutes.
    text += f'\n[auth.wfc]\npath = "{users_file(folder)}"\npeers = {peers}\nrefresh_interval = 600\n'
    path = folder / "schemathesis.toml"
    path.write_text(text)
    return path


def run(url, folder, cases, seed):
    document = ROOT / "docs/openapi.json"
    operations = sum(len(item) for item in json.loads(document.read_text())["paths"].values())
    command = [
        *[sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings_file(folder))],
        *["run", str(document), "--url", url, "--no-color"],
        *["--max-examples", str(max(1, cases // operations)), "--seed", str(seed)],
        *["--workers", "2", "--continue-on-failure", "--request-timeout", "60"],
        *["--suppress-health-check", "all", "--warnings", "off"],
    ]
    command += ["--exclude-path-regex", "^(" + "|".join(LEFT_OUT) + ")$"]
    return subprocess.run(command, cwd=folder).returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--cases", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server, url = start(arguments.binary, folder)
    try:
        for name in USERS:
            sign_up(url, name)
        code = run(url, folder, arguments.cases, arguments.seed)
    finally:
        server.terminate()
        server.wait(60)
    log = (folder / "server.log").read_text(errors="replace")
    unforeseen = [line for line in log.splitlines() if re.search(r"a request failed|panicked", line)]
    for line in unforeseen[:20]:
        print(line)
    sys.exit(code or (1 if unforeseen else 0))


main()
