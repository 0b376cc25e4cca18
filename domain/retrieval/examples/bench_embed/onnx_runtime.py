"""Embeds with ONNX Runtime for the benchmark: a line of JSON with a request in, one with the answer out.

Arguments: the folder of the model, where the graph is to be written, and how many threads there may be.
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import graph
import numpy as np
import onnxruntime


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    model_dir, path, threads = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    graph.write(model_dir, path)
    # Either each product is spread over all threads, or each thread has texts of its own, as ours have.
    wide, narrow = session(path, threads), session(path, 1)
    pool = ThreadPoolExecutor(threads)

    def embed(session, ids):
        ids = np.array(ids, np.int64)
        inputs = {"input_ids": ids, "token_type_ids": np.zeros_like(ids)}
        return session.run(["vectors"], inputs)[0]

    def run(texts, spread, batch):
        batches = [texts[i : i + batch] for i in range(0, len(texts), batch)]
        if spread:
            return [embed(wide, batch) for batch in batches]
        return list(pool.map(lambda batch: embed(narrow, batch), batches))

    print(json.dumps({"version": onnxruntime.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        began, cpu = time.perf_counter(), cpu_seconds()
        vectors = run(request["texts"], request["spread"], request["batch"])
        answer = {"seconds": time.perf_counter() - began, "cpu_seconds": cpu_seconds() - cpu}
        if request["vectors"]:
            answer["vectors"] = np.concatenate(vectors).tolist()
        print(json.dumps(answer), flush=True)


main()
