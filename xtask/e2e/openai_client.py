"""Asks a bot with the official OpenAI client for Python; prints what it got as JSON.

Arguments: base URL, API key, bot id, question.
"""

import json
import sys

from openai import APIStatusError, OpenAI


def error_of(call):
    try:
        call()
    except APIStatusError as error:
        return type(error).__name__
    return None


def main(base_url, key, model, question):
    messages = [{"role": "user", "content": question}]
    client = OpenAI(base_url=base_url, api_key=key, max_retries=0)
    answer = client.chat.completions.create(model=model, messages=messages)
    stream = client.chat.completions.create(model=model, messages=messages, stream=True)
    pieces = [piece for chunk in stream if chunk.choices and (piece := chunk.choices[0].delta.content)]
    stranger = OpenAI(base_url=base_url, api_key="bw_wrong", max_retries=0)
    unknown = "00000000-0000-4000-8000-000000000000"
    result = {
        "answer": answer.choices[0].message.content,
        "streamed": "".join(pieces),
        "pieces": len(pieces),
        "wrong_key": error_of(lambda: stranger.chat.completions.create(model=model, messages=messages)),
        "unknown_model": error_of(lambda: client.chat.completions.create(model=unknown, messages=messages)),
    }
    json.dump(result, sys.stdout)


main(*sys.argv[1:])
